"""How fast the transformer composes, end to end on one thread: sampling, grammar, memory of the music, all of it.

Beside it in the same run, turn by turn, MIDI-GPT's architecture (`rivals.py`), where an interpreter has it. Speed is
tokens per second of processor time, so that a busy machine wrongs nobody; bars are timed by the clock on the wall.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from device.config import SessionConfig
from device.messages import Bar, MusicIntent
from device.music.composer import HISTORY_BARS
from device.music.transformer import Transformer
from device.stage import keyed_random
from hardware.bench.figures import Figure
from hardware.bench.intents import CALM, DENSE, config_of, intents_of, standing
from hardware.bench.memory import SURROUNDINGS

TOKENS_S, RATIO, BAR_SHARE = 1500.0, 8.0, 1 / 8
SETTINGS = {"dense": DENSE, "calm": CALM}
BARS, TURNS = 160, 9
QUICK_BARS, QUICK_TURNS = 48, 3
REWINDS = 100
RIVALS = Path(__file__).with_name("rivals.py")
SEED = 1

Progress = Callable[[str], None]
Ask = Callable[[], dict[str, list[float]]]


class Turn(NamedTuple):
    """Bars of one setting in a row."""

    tokens: int
    wall_s: float
    cpu_s: float
    shares: tuple[float, ...]
    """Time to compose each bar over the time it sounds."""

    @property
    def tokens_s(self) -> float:
        return self.tokens / self.cpu_s


class Desk:
    """A transformer and what it has written so far."""

    def __init__(self, config: SessionConfig, intents: Sequence[MusicIntent]) -> None:
        self._config, self._intents = config, intents
        self._transformer = Transformer(config)
        self.bars: list[Bar] = []

    def write(self, n_bars: int) -> Turn:
        """Compose the next bars."""
        tokens, began_cpu_s, began_s = self._transformer.tokens_written, time.process_time(), time.perf_counter()
        shares = []
        for index in range(len(self.bars), len(self.bars) + n_bars):
            share, bar = self.decide(index)
            shares.append(share)
            self.bars.append(bar)
        spent_s, spent_cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        return Turn(self._transformer.tokens_written - tokens, spent_s, spent_cpu_s, tuple(shares))

    def decide(self, index: int) -> tuple[float, Bar]:
        """Compose one bar after those before it, as if the later ones had never been; its share, and the bar."""
        rng, history = keyed_random(self._config.seed, "bars", index), self.bars[max(0, index - HISTORY_BARS) : index]
        began_s = time.perf_counter()
        bar = self._transformer.generate(self._intents[index], history, rng)
        return (time.perf_counter() - began_s) * bar.tempo_bpm / (60.0 * bar.beats), bar


def measure(progress: Progress, *, quick: bool, peers_python: str = "") -> list[Figure]:
    """Speed in both settings, after going back, and beside the rival where `peers_python` has it."""
    n_bars, n_turns = (QUICK_BARS, QUICK_TURNS) if quick else (BARS, TURNS)
    desks = {name: _desk(place, n_turns * n_bars) for name, place in SETTINGS.items()}
    turns: dict[str, list[Turn]] = {name: [] for name in desks}
    peers: list[dict[str, list[float]]] = []
    with _rivals(peers_python) as ask:
        for number in range(n_turns):
            progress(f"speed, turn {number + 1} of {n_turns}")
            for name, desk in desks.items():
                turns[name].append(desk.write(n_bars))
            peers += [ask()] if ask else []
    figures = [figure for name, done in turns.items() for figure in _figures(name, done)]
    figures += [_rewind_figure(name, desk) for name, desk in desks.items()]
    return figures + (_ratio_figures(turns, peers) if peers else [])


def _desk(place: tuple[float, float], n_bars: int) -> Desk:
    config = config_of(SEED)
    return Desk(config, intents_of(config, standing(*place), n_bars))


def _figures(name: str, turns: Sequence[Turn]) -> list[Figure]:
    shares = [share for turn in turns for share in turn.shares]
    wall = float(np.median([turn.tokens / turn.wall_s for turn in turns]))
    note = f"median of {len(turns)} turns, {sum(turn.tokens for turn in turns) / len(shares):.0f} tokens a bar; "
    return [
        Figure(
            f"speed, {name}",
            _speed(turns),
            TOKENS_S,
            unit="tokens/s",
            note=note + f"{wall:.0f} by the clock on the wall",
        ),
        Figure(f"a bar, {name}: share of its duration, median", float(np.median(shares)), BAR_SHARE, "at most"),
        Figure(f"a bar, {name}: share of its duration, 99 %", float(np.percentile(shares, 99)), BAR_SHARE, "at most"),
    ]


def _speed(turns: Sequence[Turn]) -> float:
    return float(np.median([turn.tokens_s for turn in turns]))


def _rewind_figure(name: str, desk: Desk) -> Figure:
    """Going back to any bar and deciding it anew, between goings-back to anywhere."""
    places = np.random.default_rng(SEED).integers(0, len(desk.bars), REWINDS).tolist()
    shares = [desk.decide(index)[0] for index in places]
    note = f"{REWINDS} bars anywhere in {len(desk.bars)}; median {np.median(shares):.3g}"
    value = float(np.percentile(shares, 99))
    return Figure(f"a bar decided anew, {name}: share of its duration, 99 %", value, BAR_SHARE, "at most", note=note)


def _ratio_figures(turns: dict[str, list[Turn]], peers: Sequence[dict[str, list[float]]]) -> list[Figure]:
    """Ours in its slower setting over the rival, turn by turn."""
    slower = min(turns.values(), key=_speed)
    figures = []
    for kind in peers[0]:
        theirs = [tokens / cpu_s for tokens, _, cpu_s in (peer[kind] for peer in peers)]
        ratios = [turn.tokens_s / speed for turn, speed in zip(slower, theirs, strict=True)]
        note = f"theirs {np.median(theirs):.0f} tokens/s; ratios {min(ratios):.1f} to {max(ratios):.1f}"
        figures.append(Figure(f"times as fast as MIDI-GPT's {kind}", float(np.median(ratios)), RATIO, note=note))
    return figures


@contextmanager
def _rivals(python: str) -> Iterator[Ask | None]:
    """Something to call for one measurement of each rival; None without an interpreter."""
    if not python:
        yield None
        return
    if not shutil.which(python):
        raise RivalMissingError(f"There is no interpreter {python}.")
    with subprocess.Popen(
        [python, "-P", str(RIVALS)], env=os.environ | SURROUNDINGS, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, bufsize=1,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout
        if not stdout.readline():
            raise RivalMissingError(f"{python} has no PyTorch with midigpt: see the extra `peers-music`.")

        def ask() -> dict[str, list[float]]:
            stdin.write("go\n")
            answer: dict[str, list[float]] = json.loads(stdout.readline())
            return answer

        yield ask
        stdin.close()


class RivalMissingError(Exception):
    """The interpreter that was named cannot run the rival."""
