"""Tells whoever wants to know how the box is: the panel by a message, systemd by its socket, and who watches."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from device.box.machine import Machine
from device.messages import BoxStatus
from device.runtime.bus import Publisher
from device.runtime.systemd_notify import Notifier

STATUS_NS = 1_000_000_000
WATCHDOG_NS = 2_000_000_000
FAREWELL = "The box is being switched off."


class Board:
    """`show` is given the status at each change. Systemd's watchdog is fed for as long as the box turns."""

    def __init__(self, publisher: Publisher, show: Callable[[BoxStatus], None]) -> None:
        self._publisher, self._show = publisher, show
        self._notifier = Notifier()
        self._status: BoxStatus | None = None
        self._told_ns = self._fed_ns = 0
        self._was_up = self._is_leaving = False

    def write(self, machine: Machine, session_id: str, now_ns: int) -> None:
        status = BoxStatus(
            t_ns=0,
            state=machine.state,
            sentence=machine.sentence,
            light=machine.light,
            session_id=session_id,
            code=machine.code,
        )
        if self._is_leaving:
            status = msgspec.structs.replace(status, state="closing", sentence=FAREWELL, light="wait", code="")
        if status != self._status:
            self._show(status)
            self._tell_systemd(status)
        if status != self._status or now_ns - self._told_ns >= STATUS_NS:
            self._status, self._told_ns = status, now_ns
            self._publisher.send(msgspec.structs.replace(status, t_ns=now_ns))
        if now_ns - self._fed_ns >= WATCHDOG_NS:
            self._fed_ns = now_ns
            self._notifier.feed_watchdog()

    def _tell_systemd(self, status: BoxStatus) -> None:
        if status.state != "starting" and not self._was_up and not self._is_leaving:
            self._was_up = True
            self._notifier.ready(status.sentence)
        else:
            self._notifier.status(status.sentence)

    def close_down(self) -> None:
        """The box is about to end, and says nothing else any more."""
        self._is_leaving = True
        self._notifier.stopping()
