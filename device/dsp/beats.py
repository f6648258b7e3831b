"""Finds the moment of every beat in a pulse wave that is nearly clean.

It first follows the heart rate over time, as the best path through a spectrogram. Then it picks the beats, as the best
chain of peaks at about that rate. Then it holds each beat against the person's own pulse, which tells its moment
between the samples, its error and whether it is a beat at all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.light import EMPHASIS
from device.dsp.windows import FloatArray

RATE_BPM = (32.0, 200.0)
FRAME_S = 8.0
FRAME_HOP_S = 3.0
BINS = 512
"""Length of the transform of a frame at 16 Hz: its lines lie 1.9 beats a minute apart."""
HARMONICS = (1.0, 0.6, 0.3)
"""Weights of the pulse's rate, its double and its triple; half the true rate then wins nothing."""
NOISE_WEIGHT = 0.1
"""Weight of the movement's power where a line of the pulse is judged: the canceller leaves some of it behind."""
STEP_BINS = 5
STEP_COST = 0.35
"""The rate may change by `STEP_BINS` lines a frame; the first of them costs this, in deviations of the score."""
PEAK_MIN, PEAK_MAX = 0.2, 2.0
"""Heights of peaks in sizes (rms) of the wave: a lower one is no beat, a higher one counts no more than this."""
INTERVAL_COST = 20.0
"""Price, in heights of peaks, of the squared relative distance from the tracked period: 0.2 for breathing's 10 %."""
SKIP_COST = 1.5
"""Price of a beat left out, ..."""
GAP_COST = 4.0
"""... and of a stretch without any."""
SHIFT_MAX_S = 0.06
ERROR_SCALE = 1.8
"""Errors of beats are this many times what least squares says, which takes noise for white: measured on known beats."""
TURN_S = 5.0
TURN_SHARE = 0.4
"""A frame is turned over if its slopes are skewed the other way by this share of the window's usual skew."""
SKEW_MIN = 0.5
"""Least skew of the slopes of a pulse that is clear enough to tell which way up it is."""


class Track(NamedTuple):
    """Heart rate over a window."""

    times_s: FloatArray
    rate_hz: FloatArray


def follow(wave: FloatArray, noise: FloatArray, sfreq_hz: float) -> Track:
    """Heart rate of `wave`, shape (n,), with the spectrum of `noise` (what movement put in) held against it.

    Every second sample will do: three harmonics of any pulse lie below 8 Hz or do not matter.
    """
    half_hz = sfreq_hz / 2
    size, hop = round(FRAME_S * half_hz), round(FRAME_HOP_S * half_hz)
    frames = np.lib.stride_tricks.sliding_window_view(np.stack((wave[::2], noise[::2])), size, axis=1)[:, ::hop]
    spectrum = np.fft.rfft(frames * np.hanning(size), BINS)
    power, noise_power = spectrum.real**2 + spectrum.imag**2
    amplitude = np.sqrt(power / (power.mean(axis=1, keepdims=True) + NOISE_WEIGHT * noise_power + 1e-30))
    low, high = (round(bpm / 60 * BINS / half_hz) for bpm in RATE_BPM)
    score = HARMONICS[0] * amplitude[:, low : high + 1]
    for order, weight in enumerate(HARMONICS[1:], 2):
        harmonic = amplitude[:, order * low : order * high + 1 : order]
        score[:, : harmonic.shape[1]] += weight * harmonic
    path = _best_path(score / (score.std() + 1e-30))
    times_s = np.arange(float(len(path))) * FRAME_HOP_S + FRAME_S / 2
    rate_hz: FloatArray = (low + path).astype(np.float64) * (half_hz / BINS)
    return Track(times_s, rate_hz)


def _best_path(score: FloatArray) -> NDArray[np.intp]:
    """Viterbi: highest sum of scores with a price on changes."""
    steps = np.arange(-STEP_BINS, STEP_BINS + 1)
    price = STEP_COST * np.abs(steps) ** 1.5
    n_frames, n_bins = score.shape
    total = score[0]
    back = np.zeros((n_frames, n_bins), np.intp)
    padded = np.full(n_bins + 2 * STEP_BINS, -np.inf)
    from_bins = np.arange(n_bins)[:, None] + np.arange(2 * STEP_BINS + 1)
    for frame in range(1, n_frames):
        padded[STEP_BINS:-STEP_BINS] = total
        reached = padded[from_bins] - price
        choice = reached.argmax(axis=1)
        back[frame] = choice
        total = reached[np.arange(n_bins), choice] + score[frame]
    path = np.empty(n_frames, np.intp)
    path[-1] = total.argmax()
    for frame in range(n_frames - 1, 0, -1):
        path[frame - 1] = path[frame] + back[frame, path[frame]] - STEP_BINS
    return path


def chain(wave: FloatArray, track: Track, sfreq_hz: float) -> FloatArray:
    """Samples (fractional) of the chain of peaks that are high and about one period apart."""
    peaks = np.flatnonzero((wave[1:-1] > wave[:-2]) & (wave[1:-1] >= wave[2:])) + 1
    size = np.sqrt(wave @ wave / len(wave))
    peaks = peaks[wave[peaks] > PEAK_MIN * size]
    if len(peaks) < 2:
        return np.zeros(0)
    periods = sfreq_hz / np.interp(peaks / sfreq_hz, track.times_s, track.rate_hz)
    heights = np.minimum(wave[peaks] / size, PEAK_MAX)
    kept = _chain(peaks.tolist(), heights.tolist(), periods.tolist())
    return _vertex(wave, peaks[kept])


def _chain(peaks: list[int], heights: list[float], periods: list[float]) -> list[int]:
    """Dynamic programming over peaks: plain numbers, for there are three a second."""
    best, back = [0.0] * len(peaks), [-1] * len(peaks)
    first, before = 0, -1
    for index, (peak, period) in enumerate(zip(peaks, periods, strict=True)):
        while peak - peaks[first] > 3.5 * period:
            if before < 0 or best[first] > best[before]:
                before = first
            first += 1
        top, chosen = (0.0, -1) if before < 0 else (best[before] - GAP_COST, before)
        for earlier in range(first, index):
            ratio = (peak - peaks[earlier]) / period
            if ratio < 0.55:
                break
            beats = int(ratio + 0.5) or 1
            off = ratio / beats - 1
            total = best[earlier] - INTERVAL_COST * off * off * beats - SKIP_COST * (beats - 1)
            if total > top:
                top, chosen = total, earlier
        best[index], back[index] = top + heights[index], chosen
    index = max(range(len(peaks)), key=best.__getitem__)
    kept = []
    while index >= 0:
        kept.append(index)
        index = back[index]
    return kept[::-1]


def _vertex(wave: FloatArray, peaks: NDArray[np.intp]) -> FloatArray:
    """Top of the parabola through a peak and its neighbours."""
    left, top, right = wave[peaks - 1], wave[peaks], wave[peaks + 1]
    bend = left - 2 * top + right
    return peaks + 0.5 * (left - right) / np.where(bend < 0, bend, -1e30)


def polarity(wave: FloatArray) -> float:
    """1 where the wave rises faster than it falls, as a pulse does, else -1."""
    slope = np.diff(wave)
    return 1.0 if (slope * slope) @ slope >= 0 else -1.0


def turned_share(wave: FloatArray, sfreq_hz: float) -> float:
    """Share of the window whose pulse stands clearly the other way up than the rest."""
    n_frames = int(len(wave) / (TURN_S * sfreq_hz))
    slopes = np.diff(wave)[: n_frames * (len(wave) // n_frames - 1)].reshape(n_frames, -1)
    squares = slopes * slopes
    skew = (squares * slopes).mean(axis=1) / (squares.mean(axis=1) ** 1.5 + 1e-30)
    usual = float(np.median(skew))
    return float((skew * np.sign(usual) < -TURN_SHARE * abs(usual)).mean()) if abs(usual) > SKEW_MIN else 0.0


class Fit(NamedTuple):
    """Each beat against the mean one."""

    beats: FloatArray
    """Samples (fractional): where the systolic peak lies."""
    error: FloatArray
    """Standard deviation of that, in samples."""
    likeness: FloatArray
    """Correlation with the mean pulse, -1 to 1."""
    wave: FloatArray
    """The pulse alone: every beat by the mean one, shape (n,)."""
    clean: FloatArray
    """The wave that the beats were fitted to."""


def fit(wave: FloatArray, known: FloatArray, beats: FloatArray, sfreq_hz: float, rounds: int) -> Fit:
    """Refine `beats` (samples) by the mean pulse; `known` (n,) is 1 where `wave` was measured, else 0."""
    period = float(np.median(np.diff(beats)))
    offsets = np.arange(-round(0.4 * period), round(0.6 * period) + 1)
    likeness = np.ones(len(beats))
    for _ in range(rounds):
        at = beats[:, None] + offsets
        rows, seen = _sample(wave, known, at)
        trust = seen * np.maximum(likeness, 0.05)[:, None] ** 2
        template = (trust * rows).sum(axis=0) / (trust.sum(axis=0) + 1e-9)
        shift, error, gain, level, likeness = _align(rows, seen, template)
        reach = SHIFT_MAX_S * sfreq_hz
        beats = beats + np.clip(shift, -reach, reach)
    pulse = _train(len(wave), beats, offsets, template, gain, level)
    return Fit(beats + _systole(template) + offsets[0], ERROR_SCALE * error, likeness, pulse, wave)


def _sample(wave: FloatArray, known: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The wave between its samples, by straight lines, and whether it is known there."""
    left = np.floor(at).astype(np.intp)
    inside = (left >= 0) & (left < len(wave) - 1)
    left = np.clip(left, 0, len(wave) - 2)
    share = at - left
    return wave[left] * (1 - share) + wave[left + 1] * share, known[left] * known[left + 1] * inside


def _systole(template: FloatArray) -> float:
    """Sample (fractional) of the peak of a mean pulse as light tells it: without emphasis, and upright."""
    spectrum = np.fft.rfft(template * np.hanning(len(template)) ** 0.25)
    spectrum[1:] /= np.arange(1, len(spectrum)) ** EMPHASIS
    plain = np.fft.irfft(spectrum, len(template))
    plain *= polarity(plain)
    return float(_vertex(plain, np.array([1 + int(plain[1:-1].argmax())]))[0])


def _align(rows: FloatArray, seen: FloatArray, template: FloatArray) -> tuple[FloatArray, ...]:
    """Least squares per beat of gain, shift and level: shift, its error, gain, level and likeness, each (beats,)."""
    size = len(template)
    base = np.stack((template, -np.gradient(template), np.ones(size)))
    pairs = (base[:, None] * base[None]).reshape(9, size)
    gram = (seen @ pairs.T).reshape(-1, 3, 3) + 1e-6 * np.eye(3) * (template @ template)
    inverse = np.linalg.inv(gram)
    found = (inverse @ ((rows * seen) @ base.T)[:, :, None])[:, :, 0]
    gain, moved, level = found.T
    rest2 = ((rows - found @ base) ** 2 * seen).sum(axis=1)
    count = seen.sum(axis=1)
    error = np.sqrt(rest2 / np.maximum(count - 3, 1) * inverse[:, 1, 1]) / np.maximum(np.abs(gain), 1e-3)
    signal2 = gain**2 * (seen @ (template - template.mean()) ** 2)
    likeness = np.sign(gain) * np.sqrt(signal2 / (signal2 + rest2 + 1e-30)) * np.minimum(1, 2 * count / size)
    shift = np.where(gain > 1e-3, moved / np.maximum(gain, 1e-3), 0.0)
    return shift, error, gain, level, likeness


def _train(
    n: int, beats: FloatArray, offsets: NDArray[np.intp], template: FloatArray, gain: FloatArray, level: FloatArray
) -> FloatArray:
    """The pulse wave that the fitted beats make; between two beats the nearer part rules."""
    bounds = np.append(beats[1:] + offsets[0], np.inf)
    which = np.minimum(np.searchsorted(bounds, np.arange(n), "right"), len(beats) - 1)
    offset = np.arange(n) - beats[which]
    inside = (offset >= offsets[0]) & (offset <= offsets[-1] + 0.3 * len(offsets))
    pulse: FloatArray = inside * (np.clip(gain, 0, 3)[which] * np.interp(offset, offsets, template) + level[which])
    return pulse
