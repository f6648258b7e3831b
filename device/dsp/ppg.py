"""Heartbeats from the light of a wristband, with the truth about how well they are known.

At rest any detector does. In motion heart rate survives long after the variability of single beats is lost, and no
published detector says so. Here movement is taken out by the accelerometer, every beat brings its certainty, and RMSSD
is told only where the error of the beats' moments leaves it right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp import beats as rhythm
from device.dsp import hrv
from device.dsp.cancel import RATE_HZ, SEGMENT_S, Canceller
from device.dsp.motion import fill
from device.dsp.windows import FloatArray

BAND_HZ = (0.5, 8.0)
SPAN_MIN_S = 10.0
SPAN_MAX_S = 300.0
SFREQ_HZ = (20.0, 1000.0)
EDGE_S = 1.0
FLAT_S = 0.3
"""Equal samples for so long are no pulse."""
CLIP_MIN = 3
WEAK_SHARE = 0.12
"""Of the window's median swing: less in a second means that light no longer passes through skin."""
STRONG_SHARE = 8.0
CERTAIN = 0.5
RMSSD_ERROR_MS = 20.0
RMSSD_SPAN_MIN_S = 20.0
ROUNDS = 1


class Beats(NamedTuple):
    times_s: FloatArray
    """Systolic peak of each beat in seconds since the first sample, rising."""
    certainty: FloatArray
    """0 to 1 per beat."""
    error_s: FloatArray
    """Standard deviation of each time as the fit to the person's own pulse sees it."""


class Pulse(NamedTuple):
    beats: Beats
    hr_bpm: float
    """Mean over the window; NaN: not known."""
    hr_sd_bpm: float
    """Its own error."""
    rmssd_ms: float
    """NaN unless it can be right: within 20 ms in 99 of 100 cases."""
    quality: float
    """0 to 1: share of the window in which beats are certain."""
    reasons: tuple[str, ...]


class _Signal(NamedTuple):
    wave: FloatArray
    """Band-passed, of unit size, at about `RATE_HZ`."""
    known: FloatArray
    """1 where there was a sample worth the name, else 0."""
    rate_hz: float
    felt: FloatArray | None
    """Acceleration likewise, shape (channels, n)."""
    begin: int
    """Index of the window's first sample."""
    span_s: float
    reasons: tuple[str, ...]


NOTHING = Beats(np.zeros(0), np.zeros(0), np.zeros(0))


def find_beats(
    ppg: FloatArray, sfreq_hz: float, motion_g: FloatArray | None = None, motion_sfreq_hz: float = 32.0
) -> Beats:
    """Beats of a window of 10 to 300 s, shape (n,), any unit, either polarity, NaN for lost samples.

    `motion_g`, shape (m, 3), begins at the same moment. Beats in stretches without signal are left out.
    """
    return measure(ppg, sfreq_hz, motion_g, motion_sfreq_hz).beats


def measure(
    ppg: FloatArray, sfreq_hz: float, motion_g: FloatArray | None = None, motion_sfreq_hz: float = 32.0
) -> Pulse:
    """Beats, heart rate and RMSSD of a window; arguments like `find_beats`."""
    signal = _prepare(np.asarray(ppg, np.float64).ravel(), sfreq_hz, motion_g, motion_sfreq_hz)
    if isinstance(signal, str):
        return _unknown(signal)
    fitted = _beats(signal)
    if fitted is None:
        return _unknown(*signal.reasons, "no pulse found")
    return _judge(signal, fitted)


def _unknown(*reasons: str) -> Pulse:
    return Pulse(NOTHING, np.nan, np.nan, np.nan, 0.0, reasons)


def _prepare(ppg: FloatArray, sfreq_hz: float, motion_g: FloatArray | None, motion_sfreq_hz: float) -> _Signal | str:
    """Everything on one grid and in one band, or why not."""
    span_s = len(ppg) / sfreq_hz if SFREQ_HZ[0] <= sfreq_hz <= SFREQ_HZ[1] else 0.0
    if not SPAN_MIN_S <= span_s <= SPAN_MAX_S:
        return f"a pulse wave of {SPAN_MIN_S:.0f} to {SPAN_MAX_S:.0f} s at {SFREQ_HZ[0]:.0f} samples a second is needed"
    usable, reasons = _usable(ppg, sfreq_hz)
    if usable.mean() * span_s < SPAN_MIN_S:
        return ", ".join(reasons) or "no pulse wave"
    total_s = SEGMENT_S * np.ceil((span_s + 2 * EDGE_S) / SEGMENT_S)
    n_out = round(total_s * RATE_HZ)
    n_in = round(total_s * sfreq_hz)
    rate_hz = n_out * sfreq_hz / n_in
    begin = round(EDGE_S * rate_hz)
    times_s = (np.arange(n_out) - begin) / rate_hz
    wave = _resample(fill(ppg[:, None], usable)[:, 0], sfreq_hz, n_in, n_out, begin / rate_hz)
    known = np.interp(times_s, np.arange(len(ppg)) / sfreq_hz, usable, 0.0, 0.0)
    size = np.sqrt((wave**2 * known).sum() / known.sum())
    if not size > 0:
        return "no pulse wave"
    felt = None if motion_g is None else _felt(motion_g, motion_sfreq_hz, times_s, rate_hz)
    if felt is None:
        reasons = (*reasons, "no movement data: beats in motion cannot be told from steps")
    return _Signal(wave / size, known, rate_hz, felt, begin, span_s, reasons)


def _usable(ppg: FloatArray, sfreq_hz: float) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Which samples are measurements, and names for those that are not."""
    heard = np.isfinite(ppg) & (np.abs(ppg) < 1e15)
    if not heard.any():
        return heard, ("all samples lost",)
    same = np.diff(ppg, prepend=np.nan) == 0
    low, high = ppg[heard].min(), ppg[heard].max()
    flat = _long_runs(same, round(FLAT_S * sfreq_hz))
    clipped = _long_runs(same & ((ppg == low) | (ppg == high)), CLIP_MIN) & ~flat
    shares = {"lost": ~heard, "flat": flat, "clipped": clipped}
    reasons = tuple(
        f"{share.mean():.0%} of the pulse wave {name}" for name, share in shares.items() if share.mean() > 0.02
    )
    return heard & ~flat & ~clipped, reasons


def _long_runs(same: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Where at least so many in a row are true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    long = np.zeros(len(same) + 1, np.int8)
    begins, ends = edges[::2], edges[1::2]
    kept = ends - begins >= least
    np.add.at(long, begins[kept], 1)
    np.add.at(long, ends[kept], -1)
    return np.cumsum(long[:-1]) > 0


def _resample(samples: FloatArray, sfreq_hz: float, n_in: int, n_out: int, begin_s: float) -> FloatArray:
    """Band-pass and resample in one transform; both ends are mirrored through their last value."""
    front = round(begin_s * sfreq_hz)
    back = n_in - len(samples) - front
    extended = np.concatenate(
        (2 * samples[0] - samples[front:0:-1], samples, 2 * samples[-1] - samples[-2 : -2 - back : -1])
    )
    ramp = np.linspace(extended[0], extended[-1], n_in)
    spectrum = np.fft.rfft(extended - ramp)[: n_out // 2 + 1]
    freqs_hz = np.arange(len(spectrum)) * sfreq_hz / n_in
    rise = np.clip((freqs_hz - 0.7 * BAND_HZ[0]) / (0.3 * BAND_HZ[0]), 0, 1)
    fall = np.clip((1.25 * BAND_HZ[1] - freqs_hz) / (0.25 * BAND_HZ[1]), 0, 1)
    padded = np.zeros(n_out // 2 + 1, np.complex128)
    padded[: len(spectrum)] = spectrum * rise * fall
    wave: FloatArray = np.fft.irfft(padded, n_out)
    return wave


def _felt(motion_g: FloatArray, sfreq_hz: float, times_s: FloatArray, rate_hz: float) -> FloatArray | None:
    """Dynamic acceleration of three axes, and what is bent in it, on the grid of the pulse wave."""
    samples = np.asarray(motion_g, np.float64).reshape(-1, 3)
    heard = np.isfinite(samples).all(axis=1) & (np.abs(samples) < 1e3).all(axis=1)
    if not sfreq_hz > 0 or not len(samples) or heard.mean() < 0.5:
        return None
    filled = fill(samples, heard)
    at_s = np.arange(len(samples)) / sfreq_hz
    axes = np.stack([np.interp(times_s, at_s, axis) for axis in filled.T])
    spectrum = np.fft.rfft(axes - axes.mean(axis=1, keepdims=True))
    freqs_hz = np.fft.rfftfreq(len(times_s), 1 / rate_hz)
    spectrum *= np.clip((freqs_hz - 0.2) / 0.15, 0, 1) * np.clip(
        (1.25 * BAND_HZ[1] - freqs_hz) / (0.25 * BAND_HZ[1]), 0, 1
    )
    return np.fft.irfft(spectrum, len(times_s))


def _beats(signal: _Signal) -> rhythm.Fit | None:
    """Cancel, follow, chain and fit; once more with what is then known of the pulse."""
    canceller = None if signal.felt is None else Canceller(signal.felt)
    wave = signal.wave * signal.known
    artefact = np.zeros(len(wave)) if canceller is None else canceller.artefact(wave, follow_strap=False)
    fitted = None
    for last in range(ROUNDS, -1, -1) if canceller else (0,):
        clean = (signal.wave - artefact) * signal.known
        sign = _polarity(clean)
        clean *= sign
        track = rhythm.follow(clean, artefact, signal.rate_hz)
        found = rhythm.chain(clean, track, signal.rate_hz)
        if len(found) < 5:
            return fitted
        fitted = rhythm.fit(clean, signal.known, found, signal.rate_hz, 2)
        if canceller and last:
            artefact = canceller.artefact((signal.wave - sign * fitted.wave) * signal.known, follow_strap=True)
    return fitted


def _polarity(wave: FloatArray) -> float:
    """1 where the wave rises faster than it falls, as a pulse does, else -1."""
    return 1.0 if (np.diff(wave) ** 3).sum() >= 0 else -1.0


def _judge(signal: _Signal, fitted: rhythm.Fit) -> Pulse:
    times_s = (fitted.beats - signal.begin) / signal.rate_hz
    error_s = fitted.error / signal.rate_hz
    certainty = np.clip((fitted.likeness - 0.3) / 0.6, 0, 1)
    inside = (times_s >= 0) & (times_s < signal.span_s) & (certainty > 0)
    beats = Beats(times_s[inside], certainty[inside], error_s[inside])
    if len(beats.times_s) < 5:
        return _unknown(*signal.reasons, "no pulse found")
    hr_bpm = 60 / float(np.median(np.diff(beats.times_s)))
    return Pulse(beats, hr_bpm, np.nan, np.nan, float(beats.certainty.mean()), signal.reasons)
