"""The policy that was trained: a small net that sees the estimate with its uncertainty and what is known of the person.

What it answers is a correction over the plan and nothing else: moves within `bounds`, and whether the music rests. How
it was trained, and what was tried beside it, stands in its card (`export.control.train`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from device.affect.runtimes import open_runtime
from device.config import ControlConfig
from device.control.bounds import BOUNDS
from device.control.policies.person import Person
from device.control.policies.view import Proposal, View
from device.control.policies.ways import Wave
from device.control.real import Real, at_least, where
from device.files.models import ModelFolder
from device.messages import Moves

FloatRows = npt.NDArray[np.float32]
Net = Callable[[FloatRows], FloatRows]
"""From features (n, `FEATURES`) to answers (n, `ANSWERS`), each -1 to 1."""
FEATURES = (
    "arousal_gap",
    "valence_gap",
    "arousal_owed",
    "certainty",
    "valence_certainty",
    "arousal",
    "gain",
    "gain_sd",
    "trust",
    "shown",
    "skill",
    "too_much",
    "target_arousal",
    "target_valence",
    "held",
    "left",
    "wave",
)
"""What it sees, in this order."""
ANSWERS = (*BOUNDS, "rest")
"""What it says: each move as a share of its bound, and how much it wishes for silence."""
OWED_S = 300.0
"""The gap is summed up over so long."""
TOO_MUCH_S = 180.0
"""For so long "too much" is remembered."""
RESTS_ABOVE, PLAYS_BELOW = 0.2, -0.2
"""A rest begins above the first and ends below the second, so that music does not come and go."""
SEEN_MOST = np.float32(2.0)
"""No feature is seen beyond this."""
LONG_S = 1200.0
"""A session about so long counts as 1."""


class Learned:
    """Asks the net of the folder that `control.model` names; `net` takes its place in training."""

    version = "1"
    takes_model = True

    def __init__(
        self,
        control: ControlConfig,
        model: ModelFolder | None = None,
        remembered: Mapping[str, Real] = {},
        net: Net | None = None,
    ) -> None:
        del control
        self._net = net or open_runtime(_file_of(model)).run
        self._person = Person(remembered)
        self._owed: Real = 0.0
        self._too_much: Real = 0.0
        self._wave, self._side = Wave(), 1.0
        self._would_rest: Real = False

    def decide(self, view: View, random: np.random.Generator) -> Proposal:
        del random
        self._person.hear(view, np.logical_or(view.rests, view.moment.silent))
        gaps = view.arousal_gap, view.valence_gap
        self._follow(view, gaps[0])
        if not view.leads:
            return Proposal()
        answers = self._net(self._features(view, gaps))
        moves, rest = self._answer(answers, np.ndim(view.feeling.arousal) == 0)
        self._would_rest = where(rest > RESTS_ABOVE, True, np.logical_and(self._would_rest, rest > PLAYS_BELOW))
        return Proposal(moves, silent=self._would_rest)

    def memory(self) -> Mapping[str, Real]:
        return self._person.memory()

    def _follow(self, view: View, gap: Real) -> None:
        """Sum up what is missing, and remember complaints for a while."""
        share = 1.0 - math.exp(-view.since_s / OWED_S)
        self._owed = self._owed + where(view.feeling.known, share * (gap - self._owed), 0.0)
        self._side = self._wave.after(view.since_s, leads=view.leads)
        kept = math.exp(-view.since_s / TOO_MUCH_S)
        self._too_much = kept * self._too_much + where(view.wished < 0, 1.0 - kept * self._too_much, 0.0)

    def _features(self, view: View, gaps: tuple[Real, Real]) -> FloatRows:
        """Everything it sees, each about -1 to 1, shape (listeners, features)."""
        feeling, moment, person = view.feeling, view.moment, self._person.features()
        columns = (
            *gaps,
            2.0 * self._owed,
            view.certainty,
            where(feeling.known, at_least(1.0 - feeling.valence_sd**2, 0.0), 0.0),
            person["level"],
            person["gain"],
            2.0 * person["gain_sd"],
            person["trust"],
            person["shown"],
            person["skill"],
            self._too_much,
            moment.setpoint.arousal,
            moment.setpoint.valence,
            float(moment.phase != "shift"),
            moment.session_left_s / LONG_S,
            self._side,
        )
        if np.ndim(feeling.arousal) == 0:
            rows = np.array([columns], np.float32)
        else:
            rows = np.empty((len(feeling.arousal), len(FEATURES)), np.float32)
            for place, column in enumerate(columns):
                rows[:, place] = column
        return np.minimum(np.maximum(rows, -SEEN_MOST), SEEN_MOST)

    def _answer(self, answers: FloatRows, is_one: bool) -> tuple[Moves, Real]:
        columns: list[Real] = answers[0].tolist() if is_one else list(answers.T)
        moves = {name: bound.most * share for (name, bound), share in zip(BOUNDS.items(), columns, strict=False)}
        return Moves(**moves), columns[-1]


def _file_of(model: ModelFolder | None) -> Path:
    assert model is not None, "`choose_policy` sees to that"
    return model.path("model.onnx")
