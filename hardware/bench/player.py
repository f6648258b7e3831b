"""Conductor and composer under a virtual clock in which only composing takes time: who is late, and by how much.

The conductor asks and waits exactly as in the box; a bar comes to it after the time that composing really took, and a
request waits while the bar before is still being composed.

    python -m hardware.bench.player starts|play AMOUNT FIRST_SEED SLOWDOWN     # a line of JSON now and then
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import msgspec

from device.audio.conductor import Conductor
from device.commands.piece import Steersman, Wish
from device.config import SessionConfig
from device.messages import Bar, Message, PlayedBar, Start, Tick, Transport
from device.music.composer import Composer
from hardware.bench.intents import config_of, wandering

SECOND_NS = 1_000_000_000
FIRST_BARS = 2
"""A start is this long: these bars must be there in time."""
AHEAD_BARS = 8
"""A piece is longer than what is played of it, so that no bar is the last."""
SLOWEST_BPM = 120.0
"""The fastest music is no slower than this, so no stretch of play has more bars."""
TELL_S = 2.0


class Outcome(msgspec.Struct):
    """What a stretch of play, or many starts, came to."""

    bars: int = 0
    late: int = 0
    replaced: int = 0
    """Composed by another generator than the one asked for."""
    music_s: float = 0.0
    shares: list[float] = []
    """Time to compose each bar over the time it sounds."""
    spare_s: list[float] = []
    """How long before its deadline each bar was there."""
    opening_s: list[float] = []
    """Time that each start takes to load the generator, which is done before anything may play."""


class Watch:
    """Seconds that work takes: by the wall, or as processor time times a slowdown."""

    def __init__(self, slowdown: float) -> None:
        self._slowdown = slowdown

    def now_s(self) -> float:
        return time.process_time() * self._slowdown if self._slowdown else time.perf_counter()


class Player:
    """One session from its start on; what it did is added to `outcome`."""

    def __init__(self, config: SessionConfig, n_bars: int, watch: Watch, outcome: Outcome) -> None:
        self._watch, self._outcome = watch, outcome
        self._sfreq_hz = config.device.audio.sfreq_hz
        self._steersman = Steersman(config, Wish(wandering(config.seed, n_bars), n_bars + AHEAD_BARS))
        self._conductor = Conductor(config)
        began_s = watch.now_s()
        self._composer = Composer(config)
        outcome.opening_s.append(watch.now_s() - began_s)
        self._free_ns = 0
        """The time at which the composer is done with what it was asked before."""
        (self._asked,) = self._conductor.step(Start(t_ns=0, author="manager"), 0)

    def play_bar(self) -> None:
        """Compose the bar that is asked for, take it or the phrasebook's, and come to the next request."""
        assert isinstance(self._asked, Transport)
        bar, there_ns = self._compose(self._asked)
        if there_ns <= self._asked.deadline_ns:
            self._conductor.step(bar, there_ns)
        played, *_, asked = self._tick()
        assert isinstance(played, PlayedBar)
        self._composer.step(played, played.t_ns)
        self._note(self._asked, played, bar, there_ns)
        self._asked = asked

    def _compose(self, asked: Transport) -> tuple[Bar, int]:
        """The bar, and when it is there."""
        intent = self._steersman.answer(asked)
        self._conductor.step(intent, intent.t_ns)
        began_ns, began_s = max(asked.t_ns, self._free_ns), self._watch.now_s()
        (bar,) = self._composer.step(intent, intent.t_ns)
        assert isinstance(bar, Bar)
        self._free_ns = began_ns + round((self._watch.now_s() - began_s) * SECOND_NS)
        return bar, self._free_ns

    def _tick(self) -> list[Message]:
        frame = self._conductor.next_tick_frame
        assert frame is not None
        now_ns = frame * SECOND_NS // self._sfreq_hz
        return list(self._conductor.step(Tick(t_ns=now_ns, frame=frame), now_ns))

    def _note(self, asked: Transport, played: PlayedBar, bar: Bar, there_ns: int) -> None:
        outcome, bar_s = self._outcome, played.beats * 60.0 / played.tempo_bpm
        outcome.bars += 1
        outcome.late += there_ns > asked.deadline_ns
        outcome.replaced += bar.generator != "transformer"
        outcome.music_s += bar_s
        outcome.shares.append((there_ns - asked.t_ns) / SECOND_NS / bar_s)
        outcome.spare_s.append((asked.deadline_ns - there_ns) / SECOND_NS)


def start(count: int, first_seed: int, slowdown: float) -> Iterator[Outcome]:
    """Play this many sessions, each with a seed and a way of its own, to the end of the second bar."""
    outcome, watch = Outcome(), Watch(slowdown)
    for seed in range(first_seed, first_seed + count):
        player = Player(config_of(seed), FIRST_BARS, watch, outcome)
        for _ in range(FIRST_BARS):
            player.play_bar()
        yield outcome


def play(seconds: int, first_seed: int, slowdown: float) -> Iterator[Outcome]:
    """One session of so many seconds of music, wandering over the plane."""
    outcome = Outcome()
    n_bars = int(seconds * SLOWEST_BPM / 240.0) + 1
    player = Player(config_of(first_seed), n_bars, Watch(slowdown), outcome)
    while outcome.music_s < seconds:
        player.play_bar()
        yield outcome


WORK: dict[str, Callable[[int, int, float], Iterator[Outcome]]] = {"starts": start, "play": play}


def main(argv: list[str] | None = None) -> None:
    """Do the work of a child; a line now and then says how many bars there are."""
    work, amount, seed, slowdown = argv or sys.argv[1:]
    outcome, told_s = Outcome(), time.perf_counter()
    for outcome in WORK[work](int(amount), int(seed), float(slowdown)):
        if time.perf_counter() - told_s > TELL_S:
            told_s = time.perf_counter()
            print(msgspec.json.encode(Outcome(outcome.bars, outcome.late, 0, outcome.music_s)).decode(), flush=True)
    print(msgspec.json.encode(outcome).decode(), flush=True)


if __name__ == "__main__":
    main()
