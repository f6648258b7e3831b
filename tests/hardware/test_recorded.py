from __future__ import annotations

import numpy as np
import pytest

from device.recordings.signals import Heart, Recording, Samples
from hardware.recorded import RecordedPerson
from hardware.twin.brain import MONTAGE
from hardware.twin.patient import Patient
from hardware.twin.profiles import PROFILES
from tests.hardware.music import CALM


def person(*, eeg: Samples | None = None, heart: Heart | None = None) -> RecordedPerson:
    return RecordedPerson(Recording(eeg, heart), Patient(1, PROFILES["guest"]))


def recorded_eeg(ch_names: tuple[str, ...], sfreq_hz: float = 250.0, n_samples: int = 1000) -> Samples:
    data_uv = np.arange(n_samples)[:, None] + 1000.0 * np.arange(len(ch_names))
    return Samples(data_uv.astype(np.float32), sfreq_hz, ch_names)


def beats(rr_ms: list[float], hr_bpm: float = 60.0) -> Heart:
    times_s = np.arange(1.0, 1.0 + len(rr_ms))
    return Heart(times_s, np.full(len(rr_ms), hr_bpm, np.float32), np.array(rr_ms, np.float32))


def test_channels_go_to_the_montage_by_name() -> None:
    eeg = recorded_eeg(("Fz", *reversed(MONTAGE)))
    recorded = person(eeg=eeg)
    assert recorded.montage == MONTAGE
    assert recorded.eeg(5, 2)[:, 0].tolist() == [8005.0, 8006.0]


def test_missing_channels_are_unused_and_flat() -> None:
    recorded = person(eeg=recorded_eeg(("TP9", "AF7", "AF8", "TP10")))
    assert recorded.montage[:5] == ("TP9", "AF7", "AF8", "TP10", "unused5")
    assert not recorded.eeg(0, 100)[:, 4:].any()


def test_a_recording_of_another_rate_is_resampled() -> None:
    recorded = person(eeg=recorded_eeg(MONTAGE, sfreq_hz=500.0, n_samples=2000))
    assert recorded.eeg(500, 1)[0, 0] == pytest.approx(1000.0, rel=0.01)


def test_at_its_end_it_begins_again() -> None:
    recorded = person(eeg=recorded_eeg(MONTAGE))
    assert recorded.eeg(998, 4)[:, 0].tolist() == [998.0, 999.0, 0.0, 1.0]


def test_heartbeats_come_at_their_time_and_loop() -> None:
    recorded = person(heart=beats([800.0, 810.0, 820.0, 830.0]))
    assert recorded.heartbeats(2.5) == [800.0, 810.0]
    assert recorded.heartbeats(4.0) == [820.0, 830.0]
    laps = [beat for second in range(5, 25) for beat in recorded.heartbeats(float(second))]
    assert 15 <= len(laps) <= 20
    assert set(laps) == {800.0, 810.0, 820.0, 830.0}


def test_without_intervals_the_rate_stands_for_them_and_is_known_not_to_be_rr() -> None:
    recorded = person(heart=beats([np.nan] * 5, hr_bpm=75.0))
    assert not recorded.has_rr
    assert recorded.heartbeats(3.0) == pytest.approx([800.0] * 3)


def test_what_the_recording_lacks_comes_from_the_patient() -> None:
    recorded, patient = person(eeg=recorded_eeg(MONTAGE)), Patient(1, PROFILES["guest"])
    recorded.hear(CALM)
    patient.hear(CALM)
    assert recorded.heartbeats(20.0) == patient.heartbeats(20.0)
    only_heart = person(heart=beats([800.0]))
    np.testing.assert_array_equal(only_heart.eeg(0, 500), Patient(1, PROFILES["guest"]).eeg(0, 500))
