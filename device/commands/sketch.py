"""Composes a piece by steps: each goes on from what is there, in several takes, and the best of them is kept.

The loop of iterative prompting, with bars in the place of partial audio: every step has what was played before and what
is asked now (a point of the plane, voices that are to be silent), a judge that the composer does not know, and chance
keyed by take, so that the same words and seed give the same piece.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from device.brief.judge import Scores, judge
from device.commands.piece import Piece, Sound, Steersman, Studio, Wish
from device.config import SessionConfig
from device.control.plan.journey import Journey, Point
from device.control.plan.session_plan import State
from device.messages import Bar, MusicIntent, Transport
from device.music import FALLBACK
from device.music.form import SECTION_BARS

ARRIVES = 0.6
"""The way from how the listener feels to where the music shall go takes this share of the steps."""


class Step(NamedTuple):
    """What became of one step."""

    number: int
    target: State
    scores: tuple[Scores, ...]
    """Of every take, in order."""
    kept: int | None
    """The take that was kept; None: all were bad, and the phrasebook plays."""

    @property
    def best(self) -> Scores:
        return max(self.scores, key=lambda scores: scores.total)


class Draughtsman(Steersman):
    """A steersman who asks for one take of the bars from `begin` on, and keeps voices silent from some bar on.

    Without a take the phrasebook plays them, which cannot fail.
    """

    def __init__(
        self, config: SessionConfig, wish: Wish, begin: int, take: int | None, silenced: dict[str, int]
    ) -> None:
        super().__init__(config, wish)
        self._begin, self._silenced = begin, silenced
        self._wanted = {"generator": FALLBACK} if take is None else {"take": take}

    def answer(self, transport: Transport) -> MusicIntent:
        intent = super().answer(transport)
        silent = {voice: 0.0 for voice, since in self._silenced.items() if since <= transport.bar_index}
        wanted = self._wanted if transport.bar_index >= self._begin else {}
        return msgspec.structs.replace(intent, voice_levels=intent.voice_levels | silent, **wanted)


class Sketch:
    """A piece that grows by sections.

    Args:
        config: the session it is composed for; its seed decides everything that the takes do not.
        start: where the listener is.
        n_steps: sections in all.
        n_takes: continuations that are tried for each.
    """

    def __init__(
        self, config: SessionConfig, start: State, n_steps: int, n_takes: int, tempo_bpm: float | None
    ) -> None:
        self._config, self._n_steps, self._n_takes, self._tempo_bpm = config, n_steps, n_takes, tempo_bpm
        self.here = start
        """Where the music has got to."""
        self._points = [Point(valence=start.valence, arousal=start.arousal, bar=0.0)]
        self._kept: tuple[Bar, ...] = ()
        self._silenced: dict[str, int] = {}
        self._number = 0

    @property
    def is_whole(self) -> bool:
        return self._number == self._n_steps

    def silence(self, voices: list[str]) -> None:
        """From the next step on these voices do not play."""
        self._silenced |= {voice: self._number * SECTION_BARS for voice in voices if voice not in self._silenced}

    def go_on(self, goal: State, told: Callable[[int], None]) -> Step:
        """Compose the next section on the way to `goal` in every take and keep the best; `told` hears of each."""
        target = self._towards(goal)
        self._number += 1
        self._points.append(
            Point(valence=target.valence, arousal=target.arousal, bar=self._number * SECTION_BARS - 1.0)
        )
        pieces, scores = [], []
        for take in range(self._n_takes):
            pieces.append(self._compose(take))
            scores.append(self._judge(pieces[-1], target))
            told(take)
        best = max(range(self._n_takes), key=lambda take: scores[take].total)
        kept = best if scores[best].is_good else None
        piece = pieces[best] if kept is not None else self._compose(None)
        self._kept, self.here = piece.bars, target
        return Step(self._number, target, tuple(scores), kept)

    def play(self, sound: Sound | None, told: Callable[[int], None]) -> Piece:
        """The whole piece, once more from its first bar, with what is kept."""
        return Studio(self._config, self._wish, sound, told, self._steersman(0), self._kept).compose()

    def _towards(self, goal: State) -> State:
        """The next point on the way: it arrives after a part of the steps, wherever it stands by then."""
        left = max(1, math.ceil(ARRIVES * self._n_steps) - self._number)
        return State(*(here + (there - here) / left for here, there in zip(self.here, goal, strict=True)))

    @property
    def _wish(self) -> Wish:
        return Wish(Journey(self._points), self._n_steps * SECTION_BARS, self._tempo_bpm)

    def _steersman(self, take: int | None) -> Draughtsman:
        return Draughtsman(self._config, self._wish, len(self._kept), take, self._silenced)

    def _compose(self, take: int | None) -> Piece:
        until = self._number * SECTION_BARS
        studio = Studio(self._config, self._wish, None, lambda _: None, self._steersman(take), self._kept, until)
        return studio.compose()

    def _judge(self, piece: Piece, target: State) -> Scores:
        begin = len(self._kept)
        # Where it is in the middle of the way: a section moves.
        middle = State(*((a + b) / 2 for a, b in zip(self.here, target, strict=True)))
        return judge(piece.played[begin:], piece.played[:begin], *middle)


def voices_of(config: SessionConfig, programs: set[int]) -> Iterator[str]:
    """The voices that instruments play."""
    return (voice for voice, program in config.prescription.programs.items() if program in programs)
