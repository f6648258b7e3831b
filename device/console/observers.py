"""Watchers of a running session: the live view, a plain printer for pipes, a JSON printer for programs."""

from __future__ import annotations

import contextlib
import json
import queue
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from rich.live import Live

from device.console.keyboard import Keys
from device.console.terminal import Terminal
from device.console.view import minutes, render
from device.console.wish_keys import WishKeys
from device.messages import Command
from device.runtime.board import Board
from device.runtime.bus import Received
from device.runtime.manager import Manager

VIEW_NS = 250_000_000
PLAIN_NS = 10_000_000_000
JSON_NS = 1_000_000_000
FAREWELL_S = 1.0
"""How long the end waits for a reader that is held."""
Extra = dict[str, tuple[str, Callable[[], None]]]
"""Keys beyond those of every session: key -> (what it does, doing it)."""


def can_draw() -> bool:
    """Whether standard output is a terminal that a view can be drawn on."""
    return sys.stdout.isatty() and not Terminal().is_dumb_terminal


class Watcher:
    """Base of the watchers, a context manager: keeps the board, draws every `period_ns`, turns keys into commands.

    What is drawn is written by a thread: a terminal that is held (Ctrl-S, a pipe nobody reads) must not hold the
    manager's heartbeat, or the session would end.
    """

    period_ns = PLAIN_NS
    backlog = 0
    """Drawings that may wait; beyond, new ones are dropped. 0: all wait."""

    def __init__(
        self,
        title: str,
        write: Callable[[Any], None],
        extra_keys: Extra | None = None,
    ) -> None:
        self.board = Board()
        self.title = title
        self._write = write
        self._drawings: queue.Queue[Any] = queue.Queue(self.backlog)
        self._writer = threading.Thread(target=self._write_all, name="writer", daemon=True)
        self._extra = extra_keys or {}
        self._keys, self._wishes = Keys(), WishKeys(self.board, self._wish)
        self._manager: Manager | None = None
        self._drawn_ns = 0

    def attach(self, manager: Manager) -> None:
        self._manager = manager

    def __enter__(self) -> Self:
        self._keys.__enter__()
        self._writer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(queue.Full):
            self._drawings.put(None, timeout=FAREWELL_S)
        self._writer.join(FAREWELL_S)
        self._keys.__exit__(kind, error, trace)

    def _write_all(self) -> None:
        while (drawing := self._drawings.get()) is not None:
            self._write(drawing)

    def put(self, drawing: Any) -> None:
        """Have something written, as soon as whoever reads is ready."""
        with contextlib.suppress(queue.Full):
            self._drawings.put_nowait(drawing)

    def see(self, received: Received) -> None:
        self.board.see(received)

    def refresh(self, now_ns: int) -> None:
        self.board.now_ns = now_ns
        self._obey(self._keys.pressed())
        if now_ns - self._drawn_ns >= self.period_ns:
            self._drawn_ns = now_ns
            self.draw()

    def _obey(self, keys: str) -> None:
        for key in keys:
            if key in self._extra:
                self._extra[key][1]()
            else:
                self._wishes.press(key)

    def _wish(self, command: Command) -> None:
        if self._manager:
            self._manager.wish(command)

    def keys_lines(self) -> str:
        """What each key does."""
        patient, therapist = self._wishes.lines()
        extra = [f"{key} {text}" for key, (text, _) in self._extra.items()]
        return f"{patient}\n{'  '.join([therapist, *extra])}"

    def draw(self) -> None:
        """Show the board."""
        raise NotImplementedError


class LiveWatcher(Watcher):
    """The full-screen view, four times a second."""

    period_ns = VIEW_NS
    backlog = 1

    def __init__(self, title: str, extra_keys: Extra) -> None:
        self._live = Live(console=Terminal(), auto_refresh=False, screen=True)
        super().__init__(title, lambda drawing: self._live.update(drawing, refresh=True), extra_keys)

    def __enter__(self) -> Self:
        self._live.__enter__()
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._live.__exit__(kind, error, trace)

    def draw(self) -> None:
        width, height = self._live.console.size
        self.put(render(self.board, self.title, self.keys_lines(), width, height))


class PlainWatcher(Watcher):
    """A line every ten seconds, and every event, for logs and pipes."""

    def see(self, received: Received) -> None:
        super().see(received)
        for t_ns, text in self.board.take_news():
            self.put(f"  {self._when(t_ns)}  {text}")

    def _when(self, t_ns: int) -> str:
        return minutes((t_ns - self.board.began_ns) / 1e9) if self.board.began_ns else "-:--"

    def draw(self) -> None:
        state = self.board.as_dict()
        playing = f"bar {state['bar']} {state['generator']} {state['tempo_bpm']} bpm" if self.board.played else "no bar"
        arousal = f"{state['arousal']:+.2f}±{state['arousal_sd']:.2f}" if state["known"] else "unknown"
        self.put(
            f"{minutes(state['elapsed_s'])}  {state['phase'] or 'starting'}  arousal {arousal}  "
            f"{playing}  {state['why'] or ''}".rstrip()
        )


class JsonWatcher(Watcher):
    """Prints one JSON object a second."""

    period_ns = JSON_NS

    def draw(self) -> None:
        news = [text for _, text in self.board.take_news()]
        self.put(json.dumps(self.board.as_dict() | {"events": news}))
