"""Tells systemd that the session is up and alive (sd_notify); silent where there is no systemd."""

from __future__ import annotations

import contextlib
import os


class Notifier:
    """Speaks to the notify socket if one is given; a socket that has vanished is no reason to stop the music."""

    def __init__(self) -> None:
        self._active = bool(os.environ.get("NOTIFY_SOCKET"))

    def ready(self, status: str = "Session running") -> None:
        """Say that all is up; `status` is what `systemctl status` shows."""
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, sentence: str) -> None:
        """Say what is new."""
        self._send(f"STATUS={sentence}")

    def feed_watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, state: str) -> None:
        if self._active:
            from systemd import daemon  # noqa: PLC0415 - only where systemd is

            with contextlib.suppress(OSError):
                daemon.notify(state)
