"""Band powers: right in size and place, whatever the number of channels and the offset."""

from __future__ import annotations

import numpy as np
import pytest

from device.dsp import eeg
from tests.device.dsp.signals import SFREQ_HZ, pink


def powers(window: np.ndarray, sfreq_hz: float = SFREQ_HZ) -> dict[str, np.ndarray]:
    values = eeg.log_powers(*eeg.density(eeg.fill_gaps(window.astype(np.float32)), sfreq_hz))
    return dict(zip(eeg.FEATURES, values.T, strict=True))


@pytest.mark.parametrize("sfreq_hz", [125.0, 200.0, 250.0, 256.0])
@pytest.mark.parametrize(
    ("hz", "band"), [(2.5, "delta"), (6, "theta"), (9, "alpha_low"), (12, "alpha_high"), (25, "beta_high")]
)
def test_a_sine_stands_in_its_band_with_its_power(sfreq_hz: float, hz: float, band: str) -> None:
    t_s = np.arange(round(4 * sfreq_hz)) / sfreq_hz
    found = powers(20 * np.sin(2 * np.pi * hz * t_s)[None] + 5000, sfreq_hz)
    assert max(eeg.BANDS_HZ, key=lambda name: found[name][0]) == band
    assert np.exp(found["total"][0]) == pytest.approx(200, rel=0.1)


@pytest.mark.parametrize("n_channels", [2, 4, 8, 16])
def test_any_number_of_channels(n_channels: int) -> None:
    found = powers(pink(4.0, n_channels).T)
    assert found["alpha_beta"].shape == (n_channels,)
    assert all(np.isfinite(values).all() for values in found.values())


def test_mains_hum_and_offset_leave_the_models_features_alone() -> None:
    clean = pink(4.0, 2).T
    hum = 50 * np.sin(2 * np.pi * 50 * np.arange(1000) / SFREQ_HZ)
    before, after = powers(clean), powers(clean + hum + 3000)
    for name in ("delta", "theta", "alpha_low", "alpha_high", "beta_low", "beta_high", "total"):
        assert after[name] == pytest.approx(before[name], abs=0.03)


def test_a_short_gap_changes_little_and_a_silent_channel_is_finite() -> None:
    clean = pink(4.0, 2).T
    holed = clean.copy()
    holed[:, 400:420] = np.nan
    assert powers(holed)["theta"] == pytest.approx(powers(clean)["theta"], abs=0.2)
    for value in (np.nan, 0.0, np.inf):
        assert all(np.isfinite(values).all() for values in powers(np.full((2, 1000), value)).values())
