"""Band powers of an EEG window: the one extractor for training and for the box.

The window is cut into one-second segments with half overlap (Welch): band powers of a single four-second transform
scored 2 points less on the open recordings. Nothing above 45 Hz is used, and only what lies below 30 Hz is fed to a
model: the recordings it learns from are low-passed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.dsp.windows import FloatArray

BANDS_HZ = {
    "delta": (1.0, 4.0),
    "theta": (4.0, 8.0),
    "alpha_low": (8.0, 10.5),
    "alpha_high": (10.5, 13.0),
    "beta_low": (13.0, 20.0),
    "beta_high": (20.0, 30.0),
    "gamma": (30.0, 45.0),
}
"""The lower edge belongs to a band, the upper one does not."""
TOTAL_HZ = (1.0, 30.0)
FEATURES = (*BANDS_HZ, "total", "alpha_beta", "theta_beta")
"""Natural logarithms: power of each band relative to 1-30 Hz, power of 1-30 Hz in uV^2, and two ratios."""
SEGMENT_S = 1.0
TINY_UV2 = 1e-6
"""Power that is added so that a silent channel has a logarithm."""


def fill_gaps(window: NDArray[np.float32]) -> FloatArray:
    """A copy without NaN or infinity: straight lines across gaps, 0 on a channel without any sample."""
    filled = window.astype(np.float64)
    good = np.isfinite(filled)
    index = np.arange(filled.shape[1])
    for channel in np.flatnonzero(~good.all(axis=1)):
        known = good[channel]
        filled[channel] = np.interp(index, index[known], filled[channel][known]) if known.any() else 0.0
    return filled


def density(window: FloatArray, sfreq_hz: float) -> tuple[FloatArray, FloatArray]:
    """Power spectral density by Hann-windowed segments without mean and trend.

    Returns:
        Frequencies in Hz, shape (bins,), and density in uV^2/Hz, shape (channels, bins), for window (channels, n).
    """
    size = min(round(SEGMENT_S * sfreq_hz), window.shape[1])
    segments = np.lib.stride_tricks.sliding_window_view(window, size, axis=1)[:, :: max(1, size // 2)]
    ramp = np.linspace(-1.0, 1.0, size)
    centred = segments - segments.mean(axis=-1, keepdims=True)
    centred = centred - (centred @ ramp / (ramp @ ramp))[..., None] * ramp
    taper = np.hanning(size)
    power = np.abs(np.fft.rfft(centred * taper, axis=-1)) ** 2
    psd: FloatArray = power.mean(axis=1) * 2 / (sfreq_hz * (taper @ taper))
    return np.fft.rfftfreq(size, 1 / sfreq_hz).astype(np.float64), psd


def band_power(freqs_hz: FloatArray, psd: FloatArray, band_hz: tuple[float, float]) -> FloatArray:
    """Power in uV^2 per channel."""
    inside = (freqs_hz >= band_hz[0]) & (freqs_hz < band_hz[1])
    power: FloatArray = psd[:, inside].sum(axis=1) * (freqs_hz[1] - freqs_hz[0])
    return power


def log_powers(freqs_hz: FloatArray, psd: FloatArray) -> FloatArray:
    """`FEATURES` of every channel, shape (channels, features)."""
    bands = {name: band_power(freqs_hz, psd, band_hz) + TINY_UV2 for name, band_hz in BANDS_HZ.items()}
    total = band_power(freqs_hz, psd, TOTAL_HZ) + TINY_UV2
    alpha, beta = bands["alpha_low"] + bands["alpha_high"], bands["beta_low"] + bands["beta_high"]
    columns = [*(power / total for power in bands.values()), total, alpha / beta, bands["theta"] / beta]
    return np.log(np.stack(columns, axis=1))
