"""Keeps in the listeners' file what the ears had, each second as audio tells it, so that a power cut costs one second.

The session's log holds it too; but sessions can be moved away, and what ears had must stay.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from device.clock import Clock, moment
from device.config import SessionConfig
from device.errors import IsotoneError
from device.listeners.hearing import hear
from device.listeners.store import Store, open_store
from device.messages import Exposure, Fault

PATIENCE_NS = 60_000_000_000
"""A session whose exposure cannot be kept for so long ends: the next one would not know of it."""


class HeardAccount:
    """Writes the exposure of one session; it opens the file at the first second and again after trouble."""

    def __init__(self, config: SessionConfig, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._opened = contextlib.ExitStack()
        self._store: Store | None = None
        self._kept_ns = clock.now_ns()

    def keep(self, exposure: Exposure) -> Fault | None:
        """Keep what a session had until now; returns why it must end, where that could not be kept for too long."""
        if not self._config.listeners_dir:
            return None
        try:
            self._write(exposure)
        except (IsotoneError, sqlite3.Error) as error:
            self.close()
            return self._refusal(error)
        self._kept_ns = self._clock.now_ns()
        return None

    def _write(self, exposure: Exposure) -> None:
        if self._store is None:
            self._store = self._opened.enter_context(open_store(Path(self._config.listeners_dir)))
        config = self._config
        hear(self._store, config.session_id, config.listener_id, exposure.session_pa2h, exposure.heard_s, moment())

    def _refusal(self, error: Exception) -> Fault | None:
        # Where nobody knew what was heard before, the session is soft enough without being counted.
        now_ns = self._clock.now_ns()
        if self._config.hearing.week_pa2h is None or now_ns - self._kept_ns < PATIENCE_NS:
            return None
        sentence = f"What the ears have had can no longer be kept: {error}"
        return Fault(t_ns=now_ns, process="recorder", code="dose-unkept", sentence=sentence, action="", fatal=True)

    def close(self) -> None:
        self._store = None
        with contextlib.suppress(IsotoneError, sqlite3.Error):
            self._opened.close()
