"""A pace that a listener can follow: from their own breath, and none while it cannot be told."""

from __future__ import annotations

import math

import pytest

from device.control.breath import RATES, Breath
from device.messages import FeatureFrame


def breathing(rate_bpm: float) -> FeatureFrame:
    return FeatureFrame(
        t_ns=0,
        source="wrist",
        kind="wrist",
        window_s=60.0,
        names=("heart.hr_bpm", "respiration.rate_bpm"),
        values=(70.0, rate_bpm),
        ch_names=("heart", "respiration"),
        quality=(1.0, 1.0),
    )


def test_three_quarters_of_the_listeners_own_rate() -> None:
    breath = Breath()
    for rate in (16.0, 40.0, 16.0):
        breath.hear(breathing(rate))
    assert breath.swells_per_min == pytest.approx(12.0), "one outlier is not followed"


def test_unknown_breath_has_no_pace() -> None:
    breath = Breath()
    breath.hear(breathing(math.nan))
    eeg = FeatureFrame(
        t_ns=0, source="eeg", kind="eeg", window_s=4, names=("Fp1.alpha",), values=(1,), ch_names=("Fp1",), quality=(1,)
    )
    breath.hear(eeg)
    assert breath.swells_per_min == 0.0


def test_what_the_swells_make_of_the_breath_does_not_slow_them_further() -> None:
    breath = Breath()
    for _ in range(RATES):
        breath.hear(breathing(16.0))
    for _ in range(2 * RATES):
        breath.hear(breathing(8.0))
    assert breath.swells_per_min == 12.0
