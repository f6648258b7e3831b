"""Two judges of what a piece expresses, valence and arousal in -1 to 1. No training uses them and no weights ship.

Both hear the notes as they were played, never what was asked for. One adds up cues with published weights. The other is
fitted, whenever it is needed, to the reader's own copy of EMOPIA (pop piano in four quadrants; CC BY-NC-SA, so for
judging only). Judges stand in for people: they tell perceived emotion of Western tonal music, and only roughly.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.errors import ConfigError
from export.music.cues import Cues
from export.music.cues import measure as measure_cues
from export.music.midi import find, read_all

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Judgement(NamedTuple):
    valence: float
    arousal: float


# -- by published weights

LEVELS: dict[str, tuple[float, float]] = {
    "modality": (-0.2, 0.2),
    "onsets": (float(np.log2(1.2)), float(np.log2(6.0))),
    "upper_register": (53.0, 83.0),
    "level_db": (-10.0, 10.0),
    "articulation": (1.0, 0.25),
}
"""What counts as -1 and 1: the lowest and highest levels that Eerola, Friberg and Bresin gave their listeners (2013,
doi 10.3389/fpsyg.2013.00487), for the mode as far as keys that are clear stand apart by their profiles."""
VALENCE_WEIGHTS = {"modality": 0.6, "onsets": 0.2, "upper_register": 0.2}
AROUSAL_WEIGHTS = {"onsets": 0.5, "level_db": 0.3, "articulation": 0.15, "upper_register": 0.05}
"""Their findings are kept: cues add up, linearly, in the order mode, tempo, register, dynamics, articulation; mode
tells no arousal. The figures themselves are ours, rounded: theirs are for four emotions, not for two axes."""
BEYOND = 1.5
"""A cue counts a little further than listeners heard it, and no further."""


def judge_by_cues(cues: Cues) -> Judgement:
    """What the cues of a piece express by published weights."""
    level = {name: _level(getattr(cues, name), *ends) for name, ends in LEVELS.items()}
    sums = (
        sum(share * level[name] for name, share in weights.items()) for weights in (VALENCE_WEIGHTS, AROUSAL_WEIGHTS)
    )
    return Judgement(*(min(1.0, max(-1.0, value)) for value in sums))


def _level(value: float, low: float, high: float) -> float:
    return min(BEYOND, max(-BEYOND, 2.0 * (value - low) / (high - low) - 1.0))


# -- by what people said about pop piano

FEATURES = (
    "onsets", "length", "level_db", "upper_register", "bass_register",
    "leap", "voices", "modality", "major_share", "key_clarity",
)  # fmt: skip
"""Those cues that mean the same for a transcribed pianist and for four voices: pedalling, the spread of transcribed
velocities and the unevenness of human time do not carry over."""
PLEASANT, EXCITED = "14", "12"
"""Quadrants of EMOPIA, as its file names begin: Q1 is pleasant and excited, counted against the clock."""
RIDGE = 10.0
OUTER_PERCENT = 2.0
"""What lies outside all but so many of EMOPIA's clips is taken for what lies at their edge."""
FOLDS = 10
NEWTON_STEPS = 12


class Axis(NamedTuple):
    """A logistic regression: `probability = 1 / (1 + exp(-(z @ weights + bias)))`."""

    weights: Floats
    bias: float
    clearest: float
    """Size of the logit that all but OUTER_PERCENT of the clips stay below."""


class Scale(NamedTuple):
    """How features are clipped and made comparable; each of shape (len(FEATURES),)."""

    low: Floats
    high: Floats
    mean: Floats
    sd: Floats

    def apply(self, features: Floats) -> Floats:
        scaled: Floats = (np.clip(features, self.low, self.high) - self.mean) / self.sd
        return scaled


class Accuracy(NamedTuple):
    """Shares of clips judged rightly by judges that never heard the song."""

    valence: float
    arousal: float
    quadrant: float
    n_clips: int
    n_songs: int


class EmopiaJudge(NamedTuple):
    """Judges on the scale of the logit, on which evidence adds up as cues do for listeners.

    The sign is the likelier class, and 1 is as clear a case as the clearest of EMOPIA's own clips. Probabilities would
    bunch up at both ends.
    """

    scale: Scale
    valence: Axis
    arousal: Axis

    def judge(self, cues: Cues) -> Judgement:
        z = self.scale.apply(features_of([cues]))
        said = (float(_logit(z, axis)[0]) / axis.clearest for axis in (self.valence, self.arousal))
        return Judgement(*(min(1.0, max(-1.0, value)) for value in said))

    def probabilities(self, cues: Cues) -> tuple[float, float]:
        """Evidence of being pleasant and of being excited."""
        z = self.scale.apply(features_of([cues]))
        pleasant, excited = (1.0 / (1.0 + float(np.exp(-_logit(z, axis)[0]))) for axis in (self.valence, self.arousal))
        return pleasant, excited

    def contributions(self, cues: Cues) -> dict[str, tuple[float, float]]:
        """What each feature adds to the logits of valence and of arousal."""
        z = self.scale.apply(features_of([cues]))[0]
        pairs = zip(FEATURES, (z * self.valence.weights).tolist(), (z * self.arousal.weights).tolist(), strict=True)
        return {name: (valence, arousal) for name, valence, arousal in pairs}


class Clips(NamedTuple):
    """EMOPIA, clip by clip."""

    features: Floats
    is_pleasant: Flags
    is_excited: Flags
    song: npt.NDArray[np.str_]


def read_emopia(folder: Path) -> Clips:
    """The clips of a folder of EMOPIA: `Q1_0vLPYiPN7qY_0.mid` is quadrant, song, clip.

    Raises:
        ConfigError: there are no such files.
    """
    paths = [path for path in find(folder) if path.name[:1] == "Q" and path.name[1:2] in "1234" and "_" in path.name]
    pieces, _ = read_all(paths)
    songs = [piece.name[3:].rpartition("_")[0] for piece in pieces]
    if len(set(songs)) < FOLDS:
        raise ConfigError(
            f"{folder} does not hold EMOPIA: {len(set(songs))} songs named like Q1_0vLPYiPN7qY_0.mid were found.",
            "Name the folder with its MIDI files, or judge by published weights alone.",
        )
    quadrant = [piece.name[1] for piece in pieces]
    features = features_of([measure_cues(piece) for piece in pieces])
    pleasant, excited = (np.array([name in kind for name in quadrant]) for kind in (PLEASANT, EXCITED))
    return Clips(features, pleasant, excited, np.array(songs))


def features_of(cues: Sequence[Cues]) -> Floats:
    """Shape (len(cues), len(FEATURES))."""
    return np.array([[getattr(piece, name) for name in FEATURES] for piece in cues], float).reshape(-1, len(FEATURES))


def fit(clips: Clips) -> EmopiaJudge:
    low, high = np.percentile(clips.features, (OUTER_PERCENT, 100.0 - OUTER_PERCENT), axis=0)
    inside = np.clip(clips.features, low, high)
    scale = Scale(low, high, inside.mean(axis=0), inside.std(axis=0) + 1e-9)
    z = scale.apply(clips.features)
    return EmopiaJudge(scale, _regress(z, clips.is_pleasant), _regress(z, clips.is_excited))


def cross_validate(clips: Clips) -> Accuracy:
    """Ten judges, each fitted without a tenth of the songs and asked about their clips."""
    fold = np.array([zlib.crc32(song.encode()) % FOLDS for song in clips.song.tolist()])
    right = np.zeros((len(fold), 2), bool)
    for number in range(FOLDS):
        kept, asked = fold != number, fold == number
        judge = fit(Clips(*(array[kept] for array in clips)))
        z = judge.scale.apply(clips.features[asked])
        right[asked, 0] = (_logit(z, judge.valence) > 0) == clips.is_pleasant[asked]
        right[asked, 1] = (_logit(z, judge.arousal) > 0) == clips.is_excited[asked]
    valence, arousal = right.mean(axis=0).tolist()
    return Accuracy(valence, arousal, float(right.all(axis=1).mean()), len(fold), len(set(clips.song.tolist())))


def _logit(z: Floats, axis: Axis) -> Floats:
    return np.asarray(z @ axis.weights + axis.bias)


def _regress(z: Floats, label: Flags) -> Axis:
    """Logistic regression with a ridge on the weights, by Newton's method."""
    design = np.column_stack((z, np.ones(len(z))))
    ridge = np.diag([RIDGE] * z.shape[1] + [0.0])
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30.0, 30.0)))
        gradient = design.T @ (probability - label) + ridge @ weights
        curvature = (design * (probability * (1.0 - probability))[:, None]).T @ design + ridge
        weights = weights - np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), gradient)
    clearest = np.percentile(np.abs(design @ weights), 100.0 - OUTER_PERCENT)
    return Axis(weights[:-1], float(weights[-1]), float(clearest))


def judge_all(cues: Sequence[Cues], emopia: EmopiaJudge | None) -> dict[str, list[Judgement]]:
    """What each judge says of each piece: `cues`, and `emopia` where that judge is there."""
    judged = {"cues": [judge_by_cues(piece) for piece in cues]}
    return judged | ({"emopia": [emopia.judge(piece) for piece in cues]} if emopia else {})
