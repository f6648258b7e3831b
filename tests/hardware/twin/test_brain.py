"""The patient's EEG: powers, artefacts and hum as real recordings have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from hardware.twin.brain import BANDS_HZ, LOAD_UV2, MONTAGE, REST_UV2, SFREQ_HZ, Brain
from hardware.twin.mood import Mood
from hardware.twin.profiles import PROFILES

BACK = [MONTAGE.index(name) for name in ("T5", "T6", "O1", "O2")]


def brain_at(arousal: float, seed: int = 1, blinks_per_min: float = 0.0) -> Brain:
    profile = PROFILES["guest"]._replace(
        arousal=arousal, resting_arousal=arousal, restlessness=0.0, blinks_per_min=blinks_per_min
    )
    return Brain(seed, profile, Mood(seed, profile))


def band_powers(eeg: np.ndarray) -> dict[str, np.ndarray]:
    """Power per band and channel in uV^2."""
    hz, density = welch(eeg - eeg.mean(0), SFREQ_HZ, nperseg=2 * SFREQ_HZ, axis=0)
    return {band: density[(hz >= low) & (hz < high)].sum(0) * hz[1] for band, (low, high) in BANDS_HZ.items()}


@pytest.fixture(scope="module")
def powers() -> dict[float, dict[str, np.ndarray]]:
    """Median over eight people, at rest and under load."""
    found = {}
    for arousal in (-0.4, 0.6):
        people = [band_powers(brain_at(arousal, seed).samples(0, 60 * SFREQ_HZ)) for seed in range(8)]
        found[arousal] = {band: np.median([person[band] for person in people], axis=0) for band in BANDS_HZ}
    return found


def test_band_powers_are_those_of_real_people(powers: dict[float, dict[str, np.ndarray]]) -> None:
    for arousal, table in ((-0.4, REST_UV2), (0.6, LOAD_UV2)):
        for band, real in table.items():
            ratio = powers[arousal][band] / np.array(real)
            assert np.all((ratio > 0.6) & (ratio < 1.8)), (arousal, band, ratio)


def test_alpha_falls_at_the_back_under_load(powers: dict[float, dict[str, np.ndarray]]) -> None:
    assert np.all(powers[0.6]["alpha"][BACK] < 0.75 * powers[-0.4]["alpha"][BACK])


def test_the_share_of_beta_and_frontal_theta_rise_under_load(powers: dict[float, dict[str, np.ndarray]]) -> None:
    rest, load = ({band: value / sum(state.values()) for band, value in state.items()} for state in powers.values())
    assert np.all(load["beta"][BACK] > rest["beta"][BACK])
    assert np.all(load["theta"][:2] > rest["theta"][:2])


def test_alpha_stands_out_at_the_listeners_own_frequency() -> None:
    hz, density = welch(brain_at(-0.4).samples(0, 60 * SFREQ_HZ)[:, 6], SFREQ_HZ, nperseg=4 * SFREQ_HZ)
    alpha = (hz > 7) & (hz < 14)
    assert hz[alpha][density[alpha].argmax()] == pytest.approx(PROFILES["guest"].alpha_hz, abs=1.0)


def test_neighbours_correlate_more_than_strangers() -> None:
    correlation = np.corrcoef(brain_at(-0.4).samples(0, 60 * SFREQ_HZ).T)
    assert correlation[6, 7] > correlation[0, 7] + 0.1


def test_mains_hum_is_there_and_small() -> None:
    hz, density = welch(brain_at(0.0).samples(0, 20 * SFREQ_HZ), SFREQ_HZ, nperseg=2 * SFREQ_HZ, axis=0)
    hum_uv2 = density[(hz >= 49) & (hz <= 51)].sum(0) * hz[1]
    assert np.all((hum_uv2 > 0.05) & (hum_uv2 < 10))


def test_blinks_show_at_the_forehead_only() -> None:
    quiet = brain_at(0.0).samples(0, 60 * SFREQ_HZ)
    blinking = brain_at(0.0, blinks_per_min=20.0).samples(0, 60 * SFREQ_HZ)
    peaks = [np.ptp(eeg - np.median(eeg, 0), axis=0) for eeg in (quiet, blinking)]
    assert np.all(peaks[1][:2] > peaks[0][:2] + 30)
    assert np.all(peaks[1][6:] < peaks[0][6:] + 15)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=12))
def test_samples_do_not_depend_on_how_they_are_asked_for(sizes: list[int]) -> None:
    whole, brain, first = brain_at(0.2).samples(0, sum(sizes)), brain_at(0.2), 0
    for size in sizes:
        np.testing.assert_array_equal(brain.samples(first, size), whole[first : first + size])
        first += size


def test_skipped_samples_go_by_and_do_not_come_back() -> None:
    whole, brain = brain_at(0.2).samples(0, 5000), brain_at(0.2)
    np.testing.assert_array_equal(brain.samples(4000, 100), whole[4000:4100])
    with pytest.raises(ValueError, match="gone by"):
        brain.samples(0, 1)


def test_the_tables_are_the_medians_of_the_recordings(data_dir: Path) -> None:
    files = sorted((data_dir / "open" / "eeg_eegmat").glob("*_rest.npz"))
    powers = []
    for file in files:
        with np.load(file) as npz:
            rows = [list(npz["channels"]).index(name) for name in MONTAGE]
            powers.append(band_powers((npz["eeg"][rows] * npz["scale_uV"]).T))
    for band, table in REST_UV2.items():
        np.testing.assert_allclose(np.median([person[band] for person in powers], axis=0), table, rtol=0.02)
