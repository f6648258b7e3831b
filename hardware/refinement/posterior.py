"""Which virtual people the sessions would have looked the same with: approximate Bayesian computation.

People are drawn from all families, live through the very music that was played, and are read by sensors of drawn
skill. What is compared is not the noisy course but what best predicts what matters (semi-automatic summaries: Fearnhead
& Prangle 2012, doi 10.1111/j.1467-9868.2011.01010.x); the nearest share of the people is the posterior.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.config import AffectConfig
from device.control.policies.view import Feeling
from hardware.refinement.bank import patients_of
from hardware.refinement.evidence import Evidence, Sign
from hardware.simulation.closed_loop import DECISION_S
from hardware.simulation.patients import Patients
from hardware.twin.behaviour import Acts
from hardware.twin.hearing import Music
from hardware.twin.people import AROUSAL, People

Floats = NDArray[np.float64]
ACCEPTED = 0.05
"""Share of the people that is the posterior."""
RESPONSE_S = 90.0
"""Music is followed about so fast: the summaries look for an answer to its running mean."""
SLOW_S = 400.0
RIDGE = 0.03
WORDS = 4.0
"""So many words count half."""


def replayed(people: People, sessions: Sequence[Evidence], seed: int) -> Floats:
    """Summaries of the people, had they heard the same music; shape (people, summaries)."""
    kept = patients_of(people, seed)
    answers = Answers()
    for number, session in enumerate(sessions):
        if number:
            kept.next_session()
        answers.hear(session, _lived(kept, session.music))
    return answers.summaries()


def observed(sessions: Sequence[Evidence]) -> Floats:
    """The same of the listener's own sessions; shape (summaries,)."""
    answers = Answers()
    for session in sessions:
        answers.hear(session, (Sign(*(part[None] for part in row)) for row in zip(*session.signs, strict=True)))
    return np.asarray(answers.summaries()[0])


def _lived(kept: Patients, music: Music) -> Iterator[Sign]:
    n_steps = len(np.asarray(music.tempo_bpm))
    for bar in zip(*(np.broadcast_to(cue, n_steps) for cue in music), strict=True):
        feeling, acts = kept.live(Music(*bar), DECISION_S)
        yield sign_of(feeling, acts)


def sign_of(feeling: Feeling, acts: Acts) -> Sign:
    """What is seen of people who are known so and did that."""
    return Sign(np.where(feeling.known, feeling.arousal, np.nan), acts.arousal, acts.valence, acts.wished)


class _Line:
    """The regression of something on what the music expressed, where it is known; sums over time for n people."""

    def __init__(self) -> None:
        self._sums: list[Floats | float] = [0.0] * 6

    def add(self, x: float, y: Floats) -> None:
        known = np.isfinite(y)
        value = np.where(known, y, 0.0)
        parts = (known, known * x, known * x * x, value, x * value, value**2)
        self._sums = [total + part for total, part in zip(self._sums, parts, strict=True)]

    def told(self) -> tuple[Floats, Floats, Floats, Floats]:
        """How often it was known, its mean, slope and deviation from the line."""
        n, x, xx, y, xy, yy = (np.asarray(total, float) for total in self._sums)
        count = np.maximum(n, 1.0)
        mean, spread = y / count, xx - x * x / count
        # A slope is drawn to 0 where the music hardly moved.
        slope = (xy - x * y / count) / (spread + 1.0)
        left = np.maximum(0.0, (yy - y * y / count - slope * (xy - x * y / count)) / count)
        return n, mean, slope, np.sqrt(left)


class Answers:
    """How often and how people answered the music, session after session.

    The first minute is rest against which the listener is read, and tells nothing.
    """

    def __init__(self) -> None:
        self._near, self._quick, self._said, self._liked = _Line(), _Line(), _Line(), _Line()
        self._halves = (_Line(), _Line())
        self._more: Any = 0.0
        self._too_much: Any = 0.0
        self._steps = self._sessions = 0

    def hear(self, session: Evidence, course: Iterable[Sign]) -> None:
        """Take in a session."""
        arousal, valence = session.expresses
        fast, slow, pleasant = float(arousal[0]), float(arousal[0]), float(valence[0])
        rest = round(AffectConfig().baseline_s / DECISION_S)
        for step, sign in enumerate(course):
            fast += (arousal[step] - fast) * (1 - math.exp(-DECISION_S / RESPONSE_S))
            slow += (arousal[step] - slow) * (1 - math.exp(-DECISION_S / SLOW_S))
            pleasant += (valence[step] - pleasant) * (1 - math.exp(-DECISION_S / RESPONSE_S))
            if step >= rest:
                self._near.add(fast, sign.arousal)
                self._quick.add(fast - slow, sign.arousal)
                self._said.add(fast, sign.told_arousal)
                self._liked.add(pleasant, sign.told_valence)
                self._halves[step > (rest + len(arousal)) / 2].add(0.0, sign.arousal)
                self._more = self._more + (sign.wished > 0)
                self._too_much = self._too_much + (sign.wished < 0)
                self._steps += 1
        self._sessions += 1

    def summaries(self) -> Floats:
        """What they come to; shape (people, summaries)."""
        n, mean, slope, scatter = self._near.told()
        rise = self._halves[1].told()[1] - self._halves[0].told()[1]
        rows = [n / max(1, self._steps), mean, slope, self._quick.told()[2], scatter, rise]
        for line in (self._said, self._liked):
            n_words, word, word_slope, _ = line.told()
            spoke = n_words / (n_words + WORDS)
            rows += [spoke, spoke * word, spoke * word_slope]
        rows += [np.log1p(wishes / max(1, self._sessions)) for wishes in (self._more, self._too_much)]
        return np.stack(rows, axis=-1)


class Posterior(NamedTuple):
    """The people whom the sessions would have looked the same with."""

    rows: NDArray[np.intp]
    """Their places in the bank."""
    gain: Floats
    """How music moves their arousal, shape (accepted,)."""

    def interval(self) -> tuple[float, float]:
        """The middle 90 % of that."""
        low, high = np.quantile(self.gain, (0.05, 0.95))
        return float(low), float(high)


Predict = Callable[[Floats], Floats]


def accept(people: People, theirs: Floats, values: Floats, seen: Floats, share: float = ACCEPTED) -> Posterior:
    """The nearest of the bank.

    `theirs` are the summaries of the bank, shape (people, summaries), and `seen` the listener's; `values` is what each
    policy does for each of the people, shape (people, policies).
    """
    matters = np.column_stack((people.gain[AROUSAL], people.home[AROUSAL], values))
    matters = (matters - matters.mean(axis=0)) / np.maximum(matters.std(axis=0), 1e-9)
    predict = fit(theirs, matters)
    away = np.linalg.norm(predict(theirs) - predict(seen[None]), axis=1)
    rows = np.argsort(away, kind="stable")[: max(20, round(share * len(away)))]
    return Posterior(rows, people.gain[AROUSAL][rows])


def fit(inputs: Floats, targets: Floats) -> Predict:
    """Ridge regression on the summaries, their squares and products."""
    mean, sd = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), 1e-9)
    upper = np.triu_indices(inputs.shape[1])

    def features(rows: Floats) -> Floats:
        z = np.clip((rows - mean) / sd, -4.0, 4.0)
        return np.column_stack((np.ones(len(z)), z, z[:, upper[0]] * z[:, upper[1]]))

    x = features(inputs)
    penalty = RIDGE * len(x) * np.eye(x.shape[1])
    penalty[0, 0] = 0.0
    weights = np.linalg.solve(x.T @ x + penalty, x.T @ targets)
    return lambda rows: np.asarray(features(rows) @ weights)
