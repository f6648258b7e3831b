"""Gives a dead sound card back and looks for a living one, in a thread of its own.

PortAudio may block for minutes when it closes a card that is gone (measured with a killed JACK server), and looking for
cards takes a tenth of a second; neither may hold up the music.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from threading import Thread

import msgspec

from device.audio.player import CardSink, Sink
from device.clock import Clock
from device.config import AudioConfig
from device.errors import SoundError

RETRY_NS = 1_000_000_000
OWN_NS = 5_000_000_000
"""For so long only the card of the configuration is looked for; then any will do rather than none."""


class Mender:
    """Starts with a dead card; `attempt` answers with a living one as soon as there is one."""

    def __init__(self, config: AudioConfig, clock: Clock, dead: Sink) -> None:
        self._config, self._clock = config, clock
        self._found: Sink | None = None
        self._lost_ns = clock.now_ns()
        self._begin(dead.close)

    def attempt(self) -> Sink | None:
        """The card, once it is found; otherwise look again, at most once a second and never twice at a time."""
        if self._found is None and not self._thread.is_alive() and self._clock.now_ns() - self._begun_ns >= RETRY_NS:
            self._begin(self._look)
        return self._found

    def _begin(self, work: Callable[[], None]) -> None:
        self._begun_ns = self._clock.now_ns()
        self._thread = Thread(target=work, name="mender", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        with contextlib.suppress(SoundError):
            self._found = CardSink(self._config, self._clock)
        if self._found is None and self._config.device and self._clock.now_ns() - self._lost_ns >= OWN_NS:
            with contextlib.suppress(SoundError):
                self._found = CardSink(msgspec.structs.replace(self._config, device=""), self._clock)
