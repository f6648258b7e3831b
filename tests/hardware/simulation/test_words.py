"""What listeners say counts for a cohort as it counts on the box."""

from __future__ import annotations

import math

import numpy as np
import pytest

from device.affect import fusion, words
from device.control.people.own_words import OwnWords
from device.control.policies.view import Feeling
from device.messages import SelfReport
from hardware.simulation.words import Words

SAYS = {3: (0.5, -0.25), 20: (-0.5, 0.5), 60: (0.25, 0.0)}
STEP_S = 4.0


def read_at(number: int) -> Feeling:
    """What the sensors say of one listener: nothing now and then, and never anything of valence."""
    known = number % 7 != 0
    return Feeling(known, 0.4 * math.sin(number / 9) * known, 0.6 if known else 1.0, 0.0, 1.0)


def on_the_box() -> list[Feeling]:
    """Estimator and control with one listener's messages."""
    said, own, told = words.Words(), OwnWords(), []
    for number in range(100):
        now_ns = round((number + 1) * STEP_S * 1e9)
        own.pass_time(STEP_S)
        if number in SAYS:
            report = SelfReport(t_ns=now_ns, author="patient", value=SAYS[number][0], valence=SAYS[number][1])
            said.take(report)
            own.take(report)
        read = read_at(number)
        opinion = fusion.opinion_of(read.arousal, read.arousal_sd, 1.0) if read.known else fusion.SILENCE
        views = [fusion.View(arousal=opinion), *said.views(now_ns)]
        is_told = read.known or said.is_heard(now_ns)
        found = fusion.fuse(views) if is_told else fusion.Estimate()
        seen = Feeling(is_told, found.arousal, found.arousal_sd, found.valence, found.valence_sd)
        told.append(own.over(seen if is_told else Feeling()))
    return told


def test_a_cohort_is_heard_as_one_listener_is() -> None:
    heard, nothing = Words(2), np.array([math.nan, math.nan])
    for number, expected in enumerate(on_the_box()):
        arousal, valence = SAYS.get(number, (math.nan, math.nan))
        read = Feeling(*(np.array([value, value]) for value in read_at(number)))
        told = heard.over(
            read, np.where([True, False], arousal, nothing), np.where([True, False], valence, nothing), STEP_S
        )
        for name, value in told._asdict().items():
            assert value[0] == pytest.approx(float(getattr(expected, name)), abs=1e-9), (number, name)
        assert told.arousal[1] == pytest.approx(read.arousal[1])
