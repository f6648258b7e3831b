from __future__ import annotations

import numpy as np

from hardware.twin.patient import Patient
from hardware.twin.profiles import PROFILES
from tests.hardware.music import CALM


def live(seed: int, name: str = "responder", *, music: bool = True) -> tuple[np.ndarray, list[float], float]:
    """Four minutes of a patient: EEG, RR intervals and the last arousal."""
    patient, eeg, rr_ms = Patient(seed, PROFILES[name]), [], []
    for second in range(240):
        if music and second % 4 == 0:
            patient.hear(CALM)
        eeg.append(patient.eeg(second * 250, 250))
        rr_ms += patient.heartbeats(second + 1.0)
    return np.concatenate(eeg), rr_ms, patient.feeling(239).arousal


def test_the_same_seed_is_the_same_person_and_another_is_not() -> None:
    (eeg, rr_ms, _), (eeg_again, rr_again, _), (eeg_other, rr_other, _) = live(3), live(3), live(4)
    assert rr_ms == rr_again
    np.testing.assert_array_equal(eeg, eeg_again)
    assert rr_ms != rr_other
    assert not np.array_equal(eeg, eeg_other)


def test_calm_music_shows_in_heart_and_brain() -> None:
    (eeg, rr_ms, arousal), (eeg_unmoved, rr_unmoved, arousal_unmoved) = live(3), live(3, music=False)
    assert arousal < arousal_unmoved - 0.2
    assert np.mean(rr_ms[-60:]) > np.mean(rr_unmoved[-60:]) + 15
    assert alpha(eeg[-60 * 250 :]) > 1.2 * alpha(eeg_unmoved[-60 * 250 :])


def alpha(eeg: np.ndarray) -> float:
    """Power at O1 and O2 from 8 to 13 Hz."""
    power = np.abs(np.fft.rfft(eeg[:, 6:], axis=0)) ** 2
    hz = np.fft.rfftfreq(len(eeg), 1 / 250)
    return float(power[(hz >= 8) & (hz < 13)].sum())


def test_every_named_listener_lives() -> None:
    for name in PROFILES:
        patient = Patient(0, PROFILES[name])
        assert patient.eeg(0, 500).shape == (500, len(patient.montage))
        assert patient.heartbeats(10.0)


def test_the_restless_listeners_headset_and_band_tell_nothing_now_and_then() -> None:
    restless, guest = (Patient(3, PROFILES[name]) for name in ("restless", "guest"))
    swings = [
        [np.abs(np.diff(one.eeg(250 * second, 250), axis=0)).max() for second in range(120)]
        for one in (restless, guest)
    ]
    assert max(swings[0]) > 5 * np.median(swings[0])
    touched = [restless.is_touched(second) for second in range(1200)]
    assert 0.1 < 1 - np.mean(touched) < 0.6
    assert touched == [restless.is_touched(second) for second in range(1200)]
    assert all(guest.is_touched(second) for second in range(1200))


def test_named_listeners_of_one_seed_have_chances_of_their_own() -> None:
    noise = [Patient(5, PROFILES[name]).eeg(0, 500) for name in PROFILES]
    assert all(not np.array_equal(noise[0], other) for other in noise[1:])
    assert len({profile.number for profile in PROFILES.values()}) == len(PROFILES)
