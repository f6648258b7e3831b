"""What is published on music and affect, null results too, and each study's design repeated at its own sample size.

A study gives one value per replication: an effect size, or 1 where what was reported came out and 0 where it did not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from export.twin.studies import Piece, Session, between, listen, standardised
from hardware.twin.people import AROUSAL, Floats

Study = Callable[[np.random.Generator, int], Floats]
T_CRITICAL = 2.0
"""Of a t-test at 5 %, two-sided, with 20 people and more."""
RESTED, PATIENT, STRESSED, SAD = (0.1, 0.1), (0.4, -0.15), (0.6, -0.3), (0.0, -0.5)
"""Arousal and valence in which a study finds or leaves people before the music."""
BEFORE = Piece(2.0, is_silent=True)
CALM, HAPPY, SORROWFUL = (-0.5, 0.3), (0.4, 0.6), (-0.4, -0.6)
"""Arousal and valence that the music suggests."""


class Finding(NamedTuple):
    """One published result."""

    name: str
    source: str
    n: str
    study: Study
    published: float | None = None
    """The effect; None: that something came out, or did not."""
    interval: tuple[float, float] | None = None
    """As published; None: the published value must lie in the central 95 % of the replications."""
    is_pooled: bool = False
    """Whether a replication is a whole meta-analysis, of which fewer are simulated."""
    is_fitted: bool = False
    """Whether the families' gains and the heart's error were set so that this holds; all others are predictions."""


def _t_groups(treated: Floats, control: Floats) -> Floats:
    return np.asarray(between(treated, control) * np.sqrt(treated.shape[-1] / 2))


def _t_change(difference: Floats) -> Floats:
    return np.asarray(standardised(difference) * np.sqrt(difference.shape[-1]))


def _is_null(t: Floats) -> Floats:
    return np.asarray(np.abs(t) < T_CRITICAL, np.float64)


def _is_above(t: Floats) -> Floats:
    return np.asarray(t > T_CRITICAL, np.float64)


# -- trials, many pooled


class Trials(NamedTuple):
    """A meta-analysis: trials of music against silence, each with music of its own."""

    trials: int
    n_group: int
    minutes: float
    arousal: tuple[float, float]
    """Mean and standard deviation over trials of what the music suggests."""
    start: tuple[float, float]
    is_at_rest: bool = False
    """Whether nothing strained them before."""

    def arms(self, random: np.random.Generator) -> tuple[Session, Session]:
        """Music and silence, shape (pieces, trials, n_group)."""
        shape = (self.trials, self.n_group)
        arousal, valence = (
            np.clip(random.normal(mean, sd, (self.trials, 1)), -1, 1) + np.zeros(shape)
            for mean, sd in (self.arousal, (0.3, 0.25))
        )
        music = Piece(self.minutes, arousal, valence)
        silence = Piece(self.minutes, is_silent=True)
        arms = ((BEFORE, music), (BEFORE, silence))
        heard, rested = (listen(random, shape, arm, self.start, is_at_rest=self.is_at_rest) for arm in arms)
        return heard, rested


STRESS = Trials(104, 46, 20.0, (-0.45, 0.2), PATIENT)
RECOVERY = Trials(14, 25, 10.0, (-0.15, 0.35), STRESSED)
"""Of all kinds of music, often the listeners' own."""
HEALTHY = Trials(19, 30, 15.0, (-0.45, 0.2), RESTED, is_at_rest=True)


def _anxiety(session: Session) -> Floats:
    return np.asarray(session.anxiety[-1])


def _heart_change(session: Session) -> Floats:
    return np.asarray(session.heart_bpm[-1] - session.heart_bpm[0])


def _pool(trials: Trials, measure: Callable[[Session], Floats]) -> Study:
    """Mean d over the trials of each replication."""

    def study(random: np.random.Generator, replications: int) -> Floats:
        return np.array([between(*(measure(arm) for arm in trials.arms(random))).mean() for _ in range(replications)])

    return study


def _recovery_null(random: np.random.Generator, replications: int) -> Floats:
    """Whether the pooled effect of self-report and heart rate is indistinguishable from none, between trials."""
    told = []
    for _ in range(replications):
        music, silence = RECOVERY.arms(random)
        both = (between(measure(music), measure(silence)) for measure in (_anxiety, _heart_change))
        told.append(_is_null(_t_change(np.mean(list(both), axis=0)))[()])
    return np.array(told)


def _recovery(random: np.random.Generator, replications: int) -> Floats:
    parts = (_pool(RECOVERY, measure)(random, replications) for measure in (_anxiety, _heart_change))
    return np.asarray(np.mean(list(parts), axis=0))


def _healthy_heart_null(random: np.random.Generator, replications: int) -> Floats:
    told = []
    for _ in range(replications):
        music, silence = HEALTHY.arms(random)
        told.append(_is_null(_t_change(between(_heart_change(music), _heart_change(silence))))[()])
    return np.array(told)


# -- order: match first, or lead at once


def _way(kind: str, random: np.random.Generator, shape: tuple[int, int]) -> Session:
    """Fifteen minutes of five pieces: from the mood to calm, calm at once, or any music."""
    begin, end = np.array(STRESSED), np.array(CALM)
    steps = {"iso": np.linspace(0, 1, 5), "compensatory": np.ones(5), "unguided": np.zeros(5)}[kind]
    cues = begin + steps[:, None] * (end - begin)
    pieces = [Piece(3.0, *cue) for cue in cues]
    if kind == "unguided":
        pieces = [Piece(3.0, *random.uniform(-0.7, 0.7, (2, *shape))) for _ in range(5)]
    return listen(random, shape, pieces, STRESSED)


def _orders(random: np.random.Generator, replications: int) -> Floats:
    iso, compensatory = (_anxiety(_way(kind, random, (replications, 64))) for kind in ("iso", "compensatory"))
    return _is_null(_t_groups(iso, compensatory))


def _guided(random: np.random.Generator, replications: int) -> Floats:
    """Calmness alone: arousal as told, of both guided groups against the unguided."""
    groups = [_way(kind, random, (replications, 64)).calmness[-1] for kind in ("iso", "compensatory", "unguided")]
    guided = np.concatenate(groups[:2], axis=-1)
    spread = np.sqrt(guided.var(axis=-1, ddof=1) / 128 + groups[2].var(axis=-1, ddof=1) / 64)
    return _is_above((guided.mean(axis=-1) - groups[2].mean(axis=-1)) / spread)


def _sequences(random: np.random.Generator, replications: int) -> list[Floats]:
    """Valence as told after two pieces: sad-happy, happy-happy, happy-sad, sad-sad; 30 each (our assumption)."""
    orders = ((SORROWFUL, HAPPY), (HAPPY, HAPPY), (HAPPY, SORROWFUL), (SORROWFUL, SORROWFUL))
    return [
        listen(random, (replications, 30), [Piece(4.0, *cue) for cue in order], SAD).happiness[-1] for order in orders
    ]


def _sad_happy_best(random: np.random.Generator, replications: int) -> Floats:
    means = [group.mean(axis=-1) for group in _sequences(random, replications)]
    return np.asarray(means[0] > np.max(means[1:], axis=0), np.float64)


def _not_all_differ(random: np.random.Generator, replications: int) -> Floats:
    first, *others = _sequences(random, replications)
    return np.asarray(np.max([_is_null(_t_groups(other, first)) for other in others], axis=0))


# -- crossover and within people


def _crossover(random: np.random.Generator, replications: int) -> Session:
    """Twenty people (our assumption) after rest and after calm music."""
    return listen(random, (replications, 20), (BEFORE, Piece(15.0, is_silent=True), Piece(15.0, *CALM)), PATIENT)


def _crossover_anxiety(random: np.random.Generator, replications: int) -> Floats:
    session = _crossover(random, replications)
    return standardised(session.anxiety[1] - session.anxiety[2])


def _crossover_valence(random: np.random.Generator, replications: int) -> Floats:
    session = _crossover(random, replications)
    return standardised(session.happiness[2] - session.happiness[1])


def _styles(random: np.random.Generator, replications: int) -> Session:
    """Bernardi's 24: rest, slow and fast tracks of two and four minutes, a pause of two."""
    slow, fast = (-0.5, 0.1), (0.7, 0.1)
    tracks = [Piece(2.0, *cue) for cue in (slow, fast)] + [Piece(4.0, *cue) for cue in (slow, fast, slow, fast)]
    pause = Piece(2.0, is_silent=True)
    return listen(random, (replications, 24), (Piece(5.0, is_silent=True), *tracks, pause), RESTED, is_at_rest=True)


def _faster_rouses(random: np.random.Generator, replications: int) -> Floats:
    heart = _styles(random, replications).heart_bpm
    return _is_above(_t_change((heart[4] + heart[6]) / 2 - (heart[3] + heart[5]) / 2))


def _pause_below(random: np.random.Generator, replications: int) -> Floats:
    """Whether the mean lies below that of the rest before, as reported without a figure."""
    heart = _styles(random, replications).heart_bpm
    return np.asarray((heart[7] - heart[0]).mean(axis=-1) < 0, np.float64)


def _no_habituation(random: np.random.Generator, replications: int) -> Floats:
    heart = _styles(random, replications).heart_bpm
    return _is_null(_t_change((heart[4] - heart[3]) - (heart[6] - heart[5])))


def _slowing(random: np.random.Generator, replications: int) -> Session:
    """Bretherton's 58: rest, then a sequence that slows to 60 bpm and quickens again."""
    cues = (0.3, 0.0, -0.4, 0.0, 0.3)
    return listen(
        random, (replications, 58), (BEFORE, *(Piece(2.0, cue, 0.2) for cue in cues)), RESTED, is_at_rest=True
    )


def _slow_calms(random: np.random.Generator, replications: int) -> Floats:
    heart = _slowing(random, replications).heart_bpm
    return _is_above(_t_change(heart[1] - heart[3]))


def _whole_null(random: np.random.Generator, replications: int) -> Floats:
    heart = _slowing(random, replications).heart_bpm
    return _is_null(_t_change(heart[1:].mean(axis=0) - heart[0]))


def _rest_predicts(random: np.random.Generator, replications: int) -> Floats:
    """Whether the heart at rest predicts how it answers, r beyond chance for 58."""
    heart = _slowing(random, replications).heart_bpm
    answer, rest = heart[1] - heart[3], heart[0]
    pairs = zip(answer, rest, strict=True)
    return np.array([abs(np.corrcoef(one, other)[0, 1]) > 0.259 for one, other in pairs], float)


def _ambient(random: np.random.Generator, replications: int) -> Session:
    """Van Dyck's 32: silence, then music at the tempo of their own heart, and 45 % slower and faster."""
    cues = RESTED[0] + np.array((0.0, -0.5, 0.5))
    pieces = [Piece(3.0, cue, 0.2) for cue in cues]
    return listen(random, (replications, 32), (BEFORE, *pieces), RESTED, is_at_rest=True)


def _music_is_not_silence(random: np.random.Generator, replications: int) -> Floats:
    heart = _ambient(random, replications).heart_bpm
    return 1 - _is_null(_t_change(heart[1] - heart[0]))


def _much_slower_shows(random: np.random.Generator, replications: int) -> Floats:
    heart = _ambient(random, replications).heart_bpm
    return 1 - _is_null(_t_change(heart[2] - heart[1]))


def _faster_null(random: np.random.Generator, replications: int) -> Floats:
    heart = _ambient(random, replications).heart_bpm
    return _is_null(_t_change(heart[3] - heart[1]))


# -- people


def _non_responders(random: np.random.Generator, replications: int) -> Floats:
    """Share of 100 people whom music does not move."""
    people = listen(random, (replications, 100), (BEFORE,)).people
    return np.asarray((people.gain[AROUSAL] == 0).reshape(replications, 100).mean(axis=-1))


def _homes_differ(random: np.random.Generator, replications: int) -> Floats:
    """Whether the arousal of two hours apart correlates over 80 people (our assumption): each has a home base."""
    arousal = listen(random, (replications, 80), (Piece(60.0, is_silent=True), Piece(60.0, is_silent=True))).arousal
    pairs = zip(arousal[0], arousal[1], strict=True)
    return np.array([np.corrcoef(one, other)[0, 1] > 0.3 for one, other in pairs], float)


def _two_moods(random: np.random.Generator, replications: int) -> Floats:
    """Whether the distances from the mean are bimodal in people of two moods and not in those of one (80 each)."""
    spread = []
    for family in ("ising", "ornstein-uhlenbeck"):
        session = listen(random, (replications, 80), (Piece(20.0, is_silent=True),), (0.2, 0.05), (family,))
        beside = session.arousal[0] - session.people.home[AROUSAL].reshape(replications, 80)
        centred = beside - beside.mean(axis=-1, keepdims=True)
        spread.append((centred**4).mean(axis=-1) / (centred**2).mean(axis=-1) ** 2)
    return np.asarray((spread[0] < 2.2) & (spread[1] > 2.2), np.float64)


DE_WITTE = "de Witte 2020, doi 10.1080/17437199.2019.1627897"
ADIASTO = "Adiasto 2022, doi 10.1371/journal.pone.0270031"
ISO = "iso and compensatory order 2026, doi 10.1177/10298649261421187"
STARCKE = "Starcke 2021, doi 10.3390/ijerph182312486"
LI = "Li 2025, doi 10.1016/j.biopsycho.2025.109132"
BERNARDI = "Bernardi 2006, doi 10.1136/hrt.2005.064600"
BRETHERTON = "Bretherton 2019, doi 10.1177/2059204319858281"
VAN_DYCK = "van Dyck 2017, doi 10.1177/1029864917700706"

FINDINGS = (
    Finding(
        "music lowers stress as told",
        DE_WITTE,
        "104 x 92",
        _pool(STRESS, _anxiety),
        0.545,
        is_pooled=True,
        is_fitted=True,
    ),
    Finding(
        "music lowers heart rate",
        DE_WITTE,
        "104 x 92",
        _pool(STRESS, _heart_change),
        0.456,
        is_pooled=True,
        is_fitted=True,
    ),
    Finding("recovery from stress", ADIASTO, "14 x 50", _recovery, 0.15, (-0.21, 0.52), is_pooled=True),
    Finding("recovery from stress: not significant", ADIASTO, "14 x 50", _recovery_null, is_pooled=True),
    Finding("anxiety of healthy people, as told", "19 RCTs", "19 x 60", _pool(HEALTHY, _anxiety), 0.30, is_pooled=True),
    Finding("heart rate of healthy people: not significant", "19 RCTs", "19 x 60", _healthy_heart_null, is_pooled=True),
    Finding("iso and compensatory order do not differ", ISO, "193", _orders),
    Finding("guided beats unguided music in calmness", ISO, "193", _guided),
    Finding("sad then happy ends best of four orders", STARCKE, "4 x 30", _sad_happy_best),
    Finding("but not all differences are significant", STARCKE, "4 x 30", _not_all_differ),
    Finding("neurofeedback and music: anxiety", LI, "20", _crossover_anxiety, 1.05),
    Finding("neurofeedback and music: valence", LI, "20", _crossover_valence, 0.63),
    Finding("faster tempo raises heart rate", BERNARDI, "24", _faster_rouses),
    Finding("a pause falls below baseline", BERNARDI, "24", _pause_below),
    Finding("no habituation within half an hour", BERNARDI, "24", _no_habituation),
    Finding("60 bpm in a slowing sequence calms", BRETHERTON, "58", _slow_calms),
    Finding("the whole stimulus does little", BRETHERTON, "58", _whole_null),
    Finding("rest predicts the response", BRETHERTON, "58", _rest_predicts),
    Finding("heart rate differs from silence", VAN_DYCK, "32", _music_is_not_silence),
    Finding("a tempo cut by 45 % shows", VAN_DYCK, "32", _much_slower_shows),
    Finding("a tempo raised by 45 % does not", VAN_DYCK, "32", _faster_null),
    Finding("a tenth does not respond", "Boucsein 2012, of electrodermal responses", "100", _non_responders, 0.10),
    Finding("people differ in their home base", "DynAffect 2010, doi 10.1037/a0020962", "80", _homes_differ),
    Finding("affect of some has two attractors", "Affective Ising Model, PMC9537408", "80", _two_moods),
)
NOT_REPRESENTED = (
    ("blood pressure (d 0.343) and hormones (0.349)", DE_WITTE, "the twin has brain and heart only"),
    ("no entrainment by a heart-rate-coupled beat", "doi 10.1177/1029864918817805", "no beat reaches the heart"),
    ("electrodermal onset 1-5 s, rise 0.5-5 s", "Boucsein 2012", "no skin conductance, and a step of four seconds"),
    ("ventilation rises with tempo", BERNARDI, "breathing follows arousal in the full form only"),
    ("anxiety: 12 sessions and more -0.59, fewer -0.24; not at follow-up", "Lu 2021", "home moves by chance only"),
)
