"""Evidence of one source: calibration told in seconds, coverage, staleness, another headset."""

from __future__ import annotations

import math

import msgspec
import pytest

from device.affect.evidence import Evidence, SourceEvidence
from device.affect.model_evidence import MAX_AGE_S, Mean
from device.affect.reader import Reader
from device.config import AffectConfig
from device.files.models import MODELS_DIR
from device.messages import FeatureFrame
from tests.device.affect.frames import EIGHT, LOAD, REST, S, eeg_frame, eeg_frames, heart_frame


@pytest.fixture
def source() -> SourceEvidence:
    return make_source()


def make_source(window_s: float = 0.0) -> SourceEvidence:
    return SourceEvidence("cyton", [Reader(MODELS_DIR, AffectConfig().eeg_models[0])], 60.0, window_s)


def after(source: SourceEvidence, begin_s: float, end_s: float, state: dict[str, float], **more: object) -> Evidence:
    for frame in eeg_frames(begin_s, end_s, state, **more):
        source.take(frame)
    return source.evidence(round(end_s * S))


def test_calibration_is_told_in_seconds(source: SourceEvidence) -> None:
    found = after(source, 4, 34, REST)
    assert found.reasons == ("calibrating: 34 s of 60 s",)
    assert not found.usable
    assert not found.calibrated
    assert found.coverage == 0


def test_evidence_grows_after_calibration_and_falls_silent_within_its_greatest_age(source: SourceEvidence) -> None:
    after(source, 4, 60.25, REST)
    young, full = after(source, 60.25, 62, REST), after(source, 62, 120, REST)
    assert not young.usable
    assert full.usable
    assert full.coverage > 0.95
    weights = [source.evidence(round((120 + age_s) * S)).opinion.precision for age_s in (0, 1, 2, 2.5, MAX_AGE_S)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > weights[-1] == 0
    assert "no data for 10 s" in source.evidence(130 * S).reasons[0]


def test_a_bad_channel_is_named_and_the_others_go_on(source: SourceEvidence) -> None:
    after(source, 4, 90, REST)
    found = after(source, 90, 120, REST, quality=[1, 1, 0, 1, 1, 1, 1, 1])
    assert found.usable
    assert found.reasons == ("C3 railed",)


def test_all_channels_bad_is_not_usable(source: SourceEvidence) -> None:
    after(source, 4, 90, REST)
    found = after(source, 90, 120, LOAD, quality=[0] * 8)
    assert not found.usable
    assert "are usable" in found.reasons[0]


def test_an_old_or_repeated_frame_changes_nothing(source: SourceEvidence) -> None:
    before = after(source, 4, 90, REST)
    source.take(eeg_frame(50, LOAD))
    assert source.evidence(90 * S) == before


def test_another_headset_is_calibrated_anew(source: SourceEvidence) -> None:
    after(source, 4, 90, REST)
    found = after(source, 90, 100, REST, ch_names=EIGHT[:2])
    assert not found.calibrated


def test_unnamed_electrodes_are_asked_for(source: SourceEvidence) -> None:
    found = after(source, 4, 90, REST, ch_names=("CH1", "CH2"))
    assert "name its electrodes" in found.reasons[0]
    assert not found.usable


def test_a_window_limits_the_evidence(source: SourceEvidence) -> None:
    del source
    short, long = make_source(4.0), make_source(30.0)
    for one in (short, long):
        after(one, 4, 120, REST)
    assert short.evidence(120 * S).log_odds < 0
    fresh, slow = after(short, 120, 126, LOAD, seed=1), after(long, 120, 126, LOAD, seed=1)
    assert fresh.log_odds > 0
    assert slow.log_odds < fresh.log_odds


@pytest.mark.parametrize(("window_s", "count"), [(4.0, 1), (8.0, 17), (30.0, 105)])
def test_the_mean_of_a_window_holds_the_frames_that_lie_in_it(window_s: float, count: int) -> None:
    mean = Mean(10.0, window_s)
    for index in range(500):
        mean.add(float(index), 0.25, 4.0)
    assert mean.value == pytest.approx(499 - (count - 1) / 2)
    assert mean.coverage == pytest.approx(1.0)
    assert mean.evidence_s(4.0) == pytest.approx(window_s, abs=0.3)


def test_an_unusable_half_of_the_window_halves_its_coverage() -> None:
    mean = Mean(10.0, 24.0)
    for index in range(500):
        mean.add(1.0 if index % 2 else math.nan, 0.25, 4.0)
    assert mean.coverage == pytest.approx(0.5, abs=0.02)
    assert mean.value == 1.0


def test_what_no_head_shows_is_not_read_and_says_so(source: SourceEvidence) -> None:
    after(source, 4, 90, REST)
    strange = REST | {"alpha_low": 4.0, "delta": -9.0}
    found = after(source, 90, 120, strange)
    assert not found.usable
    assert any("like no signal the model has learnt" in reason for reason in found.reasons)


def test_a_strange_signal_is_no_rest_either(source: SourceEvidence) -> None:
    found = after(source, 4, 90, REST | {"alpha_low": 4.0, "delta": -9.0})
    assert not found.calibrated


def shifted(frame: FeatureFrame, channel: str, by: float) -> FeatureFrame:
    values = [
        value + by * name.startswith(f"{channel}.") for name, value in zip(frame.names, frame.values, strict=True)
    ]
    return msgspec.structs.replace(frame, values=tuple(values))


def test_a_channel_that_drifts_is_named_and_the_source_is_heard_less(source: SourceEvidence) -> None:
    steady = after(source, 4, 200, REST)
    for frame in eeg_frames(200, 400, REST):
        source.take(shifted(frame, "C3", 0.8))
    drifted = source.evidence(400 * S)
    assert steady.reasons == ()
    assert any(reason.startswith("C3: drifted from rest") for reason in drifted.reasons)
    assert 0 < drifted.weight < steady.weight


def test_a_source_that_no_model_is_chosen_for_says_so() -> None:
    source = SourceEvidence("band", [], 60.0, 0.0)
    source.take(eeg_frame(4, REST))
    found = source.evidence(4 * S)
    assert not found.usable
    assert found.reasons == ("no model reads it without rest at the start",)


def test_a_band_that_sends_beats_alone_is_told_of_its_own_calibration() -> None:
    readers = [Reader(MODELS_DIR, name) for name in AffectConfig().wrist_models]
    band = SourceEvidence("band", readers, 300.0, 0.0)
    for second in range(61, 91):
        band.take(heart_frame(second, 65.0))
    (reason,) = band.evidence(90 * S).reasons
    assert reason.startswith("calibrating: ")
    assert not reason.startswith("calibrating: 0 s")
