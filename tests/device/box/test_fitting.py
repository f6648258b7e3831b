"""Simulated people put on the headset: the worst electrode first, thanks when it sits, and an end in ninety seconds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.box.contact import CAUSES, Contact
from device.box.fitting import SPEECH_NS, Fitting
from device.dsp import eeg, quality
from device.messages import FeatureFrame, Marker, SourceState
from device.voice.prompts import PROMPTS
from tests.device.box.wearer import MONTAGE, S, Wearer, fit, pressing

GOOD = dict.fromkeys(MONTAGE, 0.95)
BAND = "C0:FF:EE:15:07:0E"


def test_what_sits_well_is_praised_within_five_seconds_and_nothing_is_asked() -> None:
    course = fit(Wearer(GOOD))
    assert course.names == ["headset-good"]
    assert course.done_s is not None
    assert course.done_s <= 5


def test_the_worst_electrode_is_asked_for_first_by_a_name_that_everybody_understands() -> None:
    loose = GOOD | {"C3": 0.2, "O2": 0.0}
    course = fit(Wearer(loose, does=pressing("C3", "O2")))
    assert course.names == ["fit-back-right", "fit-top-left", "headset-good"]
    assert course.done_s is not None
    assert course.done_s < 45


def test_what_is_mended_before_it_was_asked_is_not_asked() -> None:
    loose = GOOD | {"C3": 0.2, "O2": 0.0}
    both = {"fit-back-right": {"O2": 0.95, "C3": 0.95}}
    assert fit(Wearer(loose, does=both)).names == ["fit-back-right", "headset-good"]


def test_an_electrode_that_never_touches_is_asked_for_once_then_it_goes_on_with_the_others() -> None:
    course = fit(Wearer(GOOD | {"P7": 0.0}))
    assert course.names == ["fit-behind-ear-left", "fit-sensor", "fit-goes-on"]


def test_a_headset_that_is_put_on_late_is_asked_for_and_then_praised() -> None:
    course = fit(Wearer(GOOD, headset_from_s=25))
    assert course.names == ["fit-headset", "headset-good"]


def test_without_a_signal_it_says_that_it_goes_on_without() -> None:
    course = fit(Wearer(GOOD, headset_from_s=1e9))
    assert course.names == ["fit-headset", "fit-without"]


def test_all_loose_at_once_means_the_headset_and_the_clips() -> None:
    course = fit(Wearer(dict.fromkeys(MONTAGE, 0.0), does={"fit-clips": GOOD}))
    assert course.names == ["fit-headset", "fit-clips", "headset-good"]


def test_a_headset_that_goes_silent_is_no_headset_that_sits_well() -> None:
    course = fit(Wearer(GOOD | {"C3": 0.1}, headset_until_s=8.0))
    assert course.names[-1] == "fit-without"


@pytest.mark.parametrize(
    ("reason", "asked"),
    [("muscle on all channels", "fit-still"), ("50 Hz hum on Fp1, Fp2, C3", "fit-hum"), ("Fp1 railed", "fit-sensor")],
)
def test_what_no_pressing_mends_is_asked_for_by_its_cause(reason: str, asked: str) -> None:
    course = fit(Wearer(GOOD | dict.fromkeys(("Fp1", "Fp2", "C3"), 0.3), reasons=(reason,)))
    assert asked in course.names


def test_a_quality_that_wavers_around_the_threshold_changes_no_mind() -> None:
    contact = Contact()
    verdicts = set()
    for step in range(200):
        value = 0.95 if step < 20 else 0.5 + 0.12 * (-1) ** step
        frame = FeatureFrame(t_ns=0, source="head", kind="eeg", window_s=4, names=(), values=(), ch_names=("C3",),
                             quality=(value,))  # fmt: skip
        contact.hear(frame, step * S // 4)
        verdicts.add(tuple(contact.poor(step * S // 4)))
    assert verdicts == {()}


def test_a_wristband_that_is_not_heard_is_asked_for_once_and_waited_for() -> None:
    missing = fit(Wearer(GOOD, band="connecting"))
    assert missing.names == ["wristband-missing", "headset-good"]
    found = fit(Wearer(GOOD, band="streaming", band_from_s=10))
    assert found.names == ["headset-good"]


def test_a_wristband_that_is_not_this_listeners_is_told() -> None:
    worn = Wearer(GOOD | {"C3": 0.1}, band="streaming", band_address="AA:BB:CC:DD:EE:FF", does=pressing("C3"))
    assert "wristband-other" in fit(worn, known={"wrist": BAND}).names
    assert "wristband-other" not in fit(worn, known={}).names
    assert "wristband-other" not in fit(worn, known={"wrist": "AA:BB:CC:DD:EE:FF"}).names


def test_a_box_without_a_headset_has_nothing_to_praise() -> None:
    fitting = Fitting({}, 0)
    assert not fitting.step(Marker(t_ns=0, text=""), 0).is_done
    end = fitting.step(Marker(t_ns=0, text=""), 4 * S)
    assert end.is_done
    assert end.say == ""


LEVEL = st.floats(0, 1) | st.just(float("nan"))
HEADSET = st.dictionaries(st.sampled_from([*MONTAGE, "T7", "Cz", "EXG 9", ""]), LEVEL, max_size=10)
STATES: tuple[SourceState, ...] = ("connecting", "streaming", "silent", "lost", "failed")
WEARERS = st.builds(
    Wearer,
    quality=HEADSET,
    reasons=st.lists(st.sampled_from(["muscle on all channels", "50 Hz hum on C3", "Fp1 railed"]), max_size=3).map(
        tuple
    ),
    headset_from_s=st.floats(0, 120),
    headset_until_s=st.floats(0, 120),
    band=st.sampled_from([None, *STATES]),
    band_from_s=st.floats(0, 100),
    band_address=st.sampled_from(["", BAND, "AA:BB:CC:DD:EE:FF"]),
    does=st.dictionaries(st.sampled_from(sorted(PROMPTS)), HEADSET, max_size=8),
    after_s=st.floats(0, 30),
    says_when_spoken=st.booleans(),
)
UNTIL_NS = 90 * S
SILENCE_S = 50.0
"""Two waits of half a minute for a switch, less what passes in both."""


@settings(max_examples=300, deadline=None)
@given(WEARERS)
def test_it_is_over_within_ninety_seconds_nothing_is_asked_twice_and_nobody_waits_in_silence(wearer: Wearer) -> None:
    course = fit(wearer, known={"wrist": BAND})
    assert course.done_s is not None
    last_said_s = max((at_s for at_s, _ in course.said), default=0.0)
    assert max(course.done_s, last_said_s) * S + 8 * S <= UNTIL_NS
    assert len(set(course.names)) == len(course.names)
    assert set(course.names) <= set(PROMPTS)
    times = [0.0, *(at_s for at_s, _ in course.said), course.done_s]
    assert max(later - earlier for earlier, later in pairwise(times)) <= SILENCE_S
    spoken = [at_s for at_s, _ in course.said]
    pauses = [later - earlier for earlier, later in pairwise(spoken)]
    assert all(pause * S >= SPEECH_NS - 4 * S for pause in pauses), "one thing at a time"


def test_the_causes_are_told_in_the_words_of_the_judge() -> None:
    rng, sfreq_hz = np.random.default_rng(1), 250.0
    t_s = np.arange(1000) / sfreq_hz
    background = np.cumsum(rng.normal(0, 3, 1000)) + np.cumsum(rng.normal(0, 1, (4, 1000)), axis=1)
    troubles = {
        "Hz hum on": background + 400 * np.sin(2 * np.pi * 50 * t_s),
        "muscle on": background + rng.normal(0, 30, (4, 1000)),
        "blinks or movement on": background + 900 * np.sin(2 * np.pi * 0.5 * t_s),
    }
    assert set(troubles) == set(CAUSES)
    for words, data in troubles.items():
        window = data.astype(np.float32)
        filled = eeg.fill_gaps(window)
        freqs_hz, psd = eeg.density(filled, sfreq_hz)
        told = quality.judge(window, filled, freqs_hz, psd, ("C3", "C4", "O1", "O2")).reasons
        assert any(words in reason for reason in told), (words, told)
