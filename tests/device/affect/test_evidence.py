"""Evidence of one source: calibration told in seconds, coverage, staleness, another headset."""

from __future__ import annotations

import pytest

from device.affect.evidence import MAX_AGE_S, Evidence, Source
from device.affect.reader import Reader
from device.models import MODELS_DIR
from tests.device.affect.frames import EIGHT, LOAD, REST, S, eeg_frame, eeg_frames


@pytest.fixture
def source() -> Source:
    return Source("cyton", Reader(MODELS_DIR, "eeg-load-0.1.0"), 60.0)


def after(source: Source, begin_s: float, end_s: float, state: dict[str, float], **more: object) -> Evidence:
    for frame in eeg_frames(begin_s, end_s, state, **more):
        source.take(frame)
    return source.evidence(round(end_s * S))


def test_calibration_is_told_in_seconds(source: Source) -> None:
    found = after(source, 4, 34, REST)
    assert found.reasons == ("cyton: calibrating: 34 s of 60 s",)
    assert not found.usable
    assert not found.calibrated
    assert found.coverage == 0


def test_evidence_grows_after_calibration_and_falls_silent_within_its_greatest_age(source: Source) -> None:
    after(source, 4, 60.25, REST)
    young, full = after(source, 60.25, 62, REST), after(source, 62, 120, REST)
    assert not young.usable
    assert full.usable
    assert full.coverage > 0.95
    weights = [source.evidence(round((120 + age_s) * S)).opinion.precision for age_s in (0, 1, 2, 2.5, MAX_AGE_S)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > weights[-1] == 0
    assert "no data for 10 s" in source.evidence(130 * S).reasons[0]


def test_a_bad_channel_is_named_and_the_others_go_on(source: Source) -> None:
    after(source, 4, 90, REST)
    found = after(source, 90, 120, REST, quality=[1, 1, 0, 1, 1, 1, 1, 1])
    assert found.usable
    assert found.reasons == ("cyton: C3 railed",)


def test_all_channels_bad_is_not_usable(source: Source) -> None:
    after(source, 4, 90, REST)
    found = after(source, 90, 120, LOAD, quality=[0] * 8)
    assert not found.usable
    assert "are usable" in found.reasons[0]


def test_an_old_or_repeated_frame_changes_nothing(source: Source) -> None:
    before = after(source, 4, 90, REST)
    source.take(eeg_frame(50, LOAD))
    assert source.evidence(90 * S) == before


def test_another_headset_is_calibrated_anew(source: Source) -> None:
    after(source, 4, 90, REST)
    found = after(source, 90, 100, REST, ch_names=EIGHT[:2])
    assert not found.calibrated


def test_unnamed_electrodes_are_asked_for(source: Source) -> None:
    found = after(source, 4, 90, REST, ch_names=("CH1", "CH2"))
    assert "name its electrodes" in found.reasons[0]
    assert not found.usable
