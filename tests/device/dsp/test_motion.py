"""Movement of a wrist that rests, walks, or sends nonsense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from device.dsp import motion


def told(samples: np.ndarray, sfreq_hz: float = 32.0) -> dict[str, float]:
    return dict(zip(motion.FEATURES, motion.measure(samples, sfreq_hz).values, strict=True))


def rest(seconds: float = 60.0, sfreq_hz: float = 32.0) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.array([0.1, 0.2, 0.97]) + 0.004 * rng.standard_normal((int(seconds * sfreq_hz), 3))


def walk(cadence_hz: float, size_g: float = 0.3, sfreq_hz: float = 32.0) -> np.ndarray:
    samples = rest(60.0, sfreq_hz)
    phase = 2 * np.pi * cadence_hz * np.arange(len(samples)) / sfreq_hz
    samples[:, 0] += size_g * np.sin(phase) + 0.4 * size_g * np.sin(2 * phase + 1)
    return samples


def test_a_resting_wrist_is_still_and_has_no_cadence() -> None:
    values = told(rest())
    assert values["motion.mean_g"] < 0.01
    assert values["motion.still_share"] == 1
    assert np.isnan(values["motion.cadence_hz"])
    assert values["motion.cadence_strength"] == 0


@pytest.mark.parametrize("cadence_hz", [0.9, 1.7, 2.4])
@pytest.mark.parametrize("sfreq_hz", [25.0, 32.0, 52.0])
def test_a_gait_has_its_cadence(cadence_hz: float, sfreq_hz: float) -> None:
    values = told(walk(cadence_hz, sfreq_hz=sfreq_hz), sfreq_hz)
    assert values["motion.cadence_hz"] == pytest.approx(cadence_hz, abs=0.1)
    assert values["motion.cadence_strength"] > 0.8
    assert values["motion.still_share"] == 0
    assert values["motion.mean_g"] == pytest.approx(0.3 * 0.68, rel=0.2)


def test_gestures_without_rhythm_have_no_cadence() -> None:
    rng = np.random.default_rng(2)
    values = told(rest() + 0.2 * rng.standard_normal((1920, 3)))
    assert values["motion.mean_g"] > 0.1
    assert np.isnan(values["motion.cadence_hz"])


def test_half_a_minute_of_rest_is_half_still() -> None:
    samples = walk(1.7)
    samples[960:] = rest()[960:]
    assert told(samples)["motion.still_share"] == pytest.approx(0.5, abs=0.05)


def test_how_the_arm_hangs_does_not_matter() -> None:
    turned = walk(1.7)[:, [2, 0, 1]] * np.array([-1, 1, -1])
    assert told(turned)["motion.mean_g"] == pytest.approx(told(walk(1.7))["motion.mean_g"], rel=1e-6)


def test_lost_samples_cost_quality_not_the_answer() -> None:
    samples = walk(1.7)
    samples[300:600] = np.nan
    found = motion.measure(samples, 32.0)
    assert found.quality == pytest.approx(1 - 300 / 1920)
    assert found.reasons == ("16% of the movement was lost",)
    assert found.values[2] == pytest.approx(1.7, abs=0.1)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (rest() * 9.81, "not in g"),
        (rest() * 1000, "not in g"),
        (rest(2.0), "too little"),
        (np.full((1920, 3), np.nan), "lost"),
        (np.zeros((1920, 3)), "not in g"),
    ],
)
def test_nonsense_is_refused_in_words(samples: np.ndarray, words: str) -> None:
    found = motion.measure(samples, 32.0)
    assert np.isnan(found.values).all()
    assert found.quality == 0
    assert words in found.reasons[0]


odd = st.one_of(st.floats(-4, 4), st.sampled_from([np.nan, np.inf, -np.inf, 1e300]))


@settings(max_examples=100)
@given(
    samples=arrays.arrays(np.float64, st.tuples(st.integers(0, 400), st.just(3)), elements=odd, fill=odd),
    sfreq_hz=st.sampled_from([0.0, -3.0, 25.0, 32.0, np.nan]),
)
def test_no_samples_whatever_make_it_raise(samples: np.ndarray, sfreq_hz: float) -> None:
    found = motion.measure(samples, sfreq_hz)
    assert 0 <= found.quality <= 1
    assert len(found.values) == len(motion.FEATURES)
