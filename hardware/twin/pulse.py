"""A wrist whose heartbeats are known: pulse wave and accelerometer of a person who rests, walks and gestures.

What makes a real wrist hard is here: the way from acceleration to light is an unknown filter, bent a little, drifts as
the strap shifts, and misses what only tendons do; cadence may equal the pulse; contact breaks, the converter clips,
radio loses packets, the clock is off. Truth is the moment of each systolic peak.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

PPG_HZ = 64.0
MOTION_HZ = 32.0
FINE_HZ = 256.0
"""The world runs at this rate before it is sampled."""
BAND_HZ = (0.5, 8.0)
"""Signal-to-noise ratios are powers within it."""
CADENCE_HZ = 1.7
GRAVITY_G = 1.0
BENT_SHARE = 0.08
UNSEEN_SHARE = 0.10
"""Shares of the artefact's power that are not linear in acceleration, and that the accelerometer does not feel."""
FILTER_S = 0.4
PACKET_S = 0.2
LOSS_MAX = 0.2
CLOCK_PPM = 50.0
REST_G = 0.004
"""Noise of the accelerometer."""


class Wrist(NamedTuple):
    """One recording."""

    ppg: FloatArray
    """Shape (n,), arbitrary units at `PPG_HZ` by the wristband's clock; NaN where the radio lost it."""
    motion_g: FloatArray
    """Shape (m, 3), in g with gravity, at `MOTION_HZ` by the same clock."""
    beats_s: FloatArray
    """True systolic peaks, seconds of the true clock since the first sample."""
    readable_s: FloatArray
    """Stretches with skin contact, shape (k, 2): elsewhere nobody can know a beat."""
    cadence_hz: float


def make(seed: int, snr_db: float, seconds: float = 120.0, *, faults: bool = True) -> Wrist:
    """Same arguments, same recording. Without `faults` there is no loss, clipping, contact break or clock error."""
    rng = np.random.default_rng((seed, 77))
    clock = 1 + rng.uniform(-CLOCK_PPM, CLOCK_PPM) * 1e-6 * faults
    times_s = np.arange(round((seconds + 1) * FINE_HZ)) / FINE_HZ
    breath = _breath(rng, times_s)
    hr_bpm = rng.uniform(56.0, 104.0)
    beats_s = _beats(rng, times_s, breath, hr_bpm)
    pulse = _pulse(rng, times_s, breath, beats_s)
    cadence_hz = _cadence_hz(rng, hr_bpm)
    felt = _motion(rng, times_s, cadence_hz)
    artefact = _artefact(rng, felt)
    artefact *= np.sqrt(band_power(pulse, FINE_HZ) / band_power(artefact, FINE_HZ)) * 10 ** (-snr_db / 20)
    light = pulse + artefact + 0.6 * breath + _noise(rng, len(pulse), (0.05, 0.3), 0.5)
    read = np.arange(round(seconds * PPG_HZ)) / PPG_HZ * clock
    ppg = np.interp(read, times_s, light) + 0.01 * rng.standard_normal(len(read))
    motion_g = _felt(rng, times_s, felt, np.arange(round(seconds * MOTION_HZ)) / MOTION_HZ * clock)
    readable_s = np.array([[0.0, seconds]])
    if faults:
        ppg, readable_s = _break_contact(rng, ppg, seconds)
        ppg = _lose(rng, _clip(rng, ppg), PPG_HZ)
        motion_g = _lose(rng, motion_g, MOTION_HZ)
    return Wrist(ppg, motion_g, beats_s[beats_s < seconds], readable_s, cadence_hz)


def band_power(signal: FloatArray, sfreq_hz: float) -> float:
    """Mean power within `BAND_HZ`."""
    spectrum = np.abs(np.fft.rfft(signal - signal.mean())) ** 2
    freqs_hz = np.fft.rfftfreq(len(signal), 1 / sfreq_hz)
    return float(2 * spectrum[(freqs_hz >= BAND_HZ[0]) & (freqs_hz <= BAND_HZ[1])].sum()) / len(signal) ** 2


def _noise(rng: np.random.Generator, n: int, band_hz: tuple[float, float], rms: float) -> FloatArray:
    """Within a band, and without a mean; the slowest wave that fits where the band holds none."""
    freqs_hz = np.fft.rfftfreq(n, 1 / FINE_HZ)
    low_hz, high_hz = max(band_hz[0], freqs_hz[1]), max(band_hz[1], freqs_hz[1])
    spectrum = np.fft.rfft(rng.standard_normal(n)) * ((freqs_hz >= low_hz) & (freqs_hz <= high_hz))
    noise: FloatArray = np.fft.irfft(spectrum, n)
    return noise * (rms / float(noise.std()))


def _breath(rng: np.random.Generator, times_s: FloatArray) -> FloatArray:
    rate_hz = rng.uniform(0.18, 0.33) + _noise(rng, len(times_s), (0.0, 0.1), 0.015)
    wave: FloatArray = np.sin(2 * np.pi * np.cumsum(rate_hz) / FINE_HZ)
    return wave


def _beats(rng: np.random.Generator, times_s: FloatArray, breath: FloatArray, hr_bpm: float) -> FloatArray:
    """Integral pulse frequency modulation: RSA, waves of blood pressure, slow drift, and a little chance per beat."""
    depth = rng.uniform(0.01, 0.07)
    rate_hz = hr_bpm / 60 * (1 + depth * breath + _noise(rng, len(times_s), (0.05, 0.15), rng.uniform(0.01, 0.03)))
    rate_hz += _noise(rng, len(times_s), (0.0, 0.02), rng.uniform(0.02, 0.06))
    phase = np.cumsum(rate_hz) / FINE_HZ
    beats_s = np.interp(np.arange(1, int(phase[-1])), phase, times_s)
    jittered: FloatArray = beats_s + rng.uniform(0.002, 0.008) * rng.standard_normal(len(beats_s))
    return jittered


def _pulse(rng: np.random.Generator, times_s: FloatArray, breath: FloatArray, beats_s: FloatArray) -> FloatArray:
    """Each beat has a systolic wave, steep up and slow down, and the dicrotic one behind its notch; rms of about 1."""
    notch, second = rng.uniform(0.24, 0.32), rng.uniform(0.15, 0.5)
    rise_s, fall_s = rng.uniform(0.075, 0.1), rng.uniform(0.13, 0.18)
    pulse = np.zeros(len(times_s))
    around = np.arange(-round(0.5 * FINE_HZ), round(1.0 * FINE_HZ))
    height = (1 + rng.uniform(0.03, 0.15) * np.interp(beats_s, times_s, breath)) * (
        1 + 0.05 * rng.standard_normal(len(beats_s))
    )
    for beat_s, tall in zip(beats_s.tolist(), height.tolist(), strict=True):
        first = round(beat_s * FINE_HZ)
        index = around[(around + first >= 0) & (around + first < len(times_s))] + first
        t_s = index / FINE_HZ - beat_s
        systolic = np.exp(-0.5 * (t_s / np.where(t_s < 0, rise_s, fall_s)) ** 2)
        pulse[index] += tall * (systolic + second * np.exp(-0.5 * ((t_s - notch) / 0.08) ** 2))
    return 3 * (pulse - float(pulse.mean()))


def _cadence_hz(rng: np.random.Generator, hr_bpm: float) -> float:
    """A third of the people walk in step with their pulse, or at half of it."""
    free = CADENCE_HZ + 0.15 * rng.standard_normal()
    return float(rng.choice([free, free, free, free, hr_bpm / 60, hr_bpm / 120]))


def _motion(rng: np.random.Generator, times_s: FloatArray, cadence_hz: float) -> FloatArray:
    """Movement without gravity, shape (3, n), in g: gait with four harmonics and the arm's half, and gestures."""
    n = len(times_s)
    phase = 2 * np.pi * np.cumsum(cadence_hz * (1 + _noise(rng, n, (0.0, 0.5), 0.02))) / FINE_HZ
    vigour = np.clip(1 + _noise(rng, n, (0.0, 0.1), 0.3), 0.1, 2.0)
    felt = np.zeros((3, n))
    for order, size in ((0.5, 0.4), (1, 1.0), (2, 0.6), (3, 0.3), (4, 0.15)):
        gains, turns = size * rng.normal(0, 1, 3), rng.uniform(0, 2 * np.pi, 3)
        felt += gains[:, None] * np.sin(order * phase + turns[:, None])
    felt *= 0.15 * vigour
    for start_s in rng.uniform(0, times_s[-1], rng.poisson(times_s[-1] / 12)):
        shape = np.exp(-0.5 * ((times_s - start_s) / rng.uniform(0.3, 1.0)) ** 2)
        felt += shape * np.stack([_noise(rng, n, (0.3, 5.0), rng.uniform(0.1, 0.5)) for _ in range(3)])
    return felt


def _artefact(rng: np.random.Generator, felt: FloatArray) -> FloatArray:
    """Movement becomes light: unknown filters, from one to the other as the strap shifts, a bend, and the unseen."""
    n = felt.shape[1]
    shift = 0.5 + 0.5 * np.tanh(_noise(rng, n, (0.0, 0.03), 1.5))
    main, other = _filtered(rng, felt), _filtered(rng, felt)
    linear = main + 0.5 * (shift * other + (1 - shift) * _filtered(rng, felt))
    bent = _filtered(rng, np.abs(felt) * np.sqrt(np.abs(felt) + 0.05))
    moving = np.sqrt(np.convolve((felt**2).sum(axis=0), np.ones(128) / 128, "same"))
    unseen = moving * _noise(rng, n, (0.5, 6.0), 1.0)
    parts = ((linear, 1 - BENT_SHARE - UNSEEN_SHARE), (bent, BENT_SHARE), (unseen, UNSEEN_SHARE))
    total: FloatArray = np.sum(
        [part * np.sqrt(share / band_power(part, FINE_HZ)) for part, share in parts], axis=0, dtype=float
    )
    return total


def _filtered(rng: np.random.Generator, felt: FloatArray) -> FloatArray:
    """Through one random decaying filter per axis."""
    size = round(FILTER_S * FINE_HZ)
    knots = rng.standard_normal((3, 12)) * np.exp(-np.arange(12) / 4)
    at = np.linspace(0, 11, size)
    taps = [np.interp(at, np.arange(12), row) for row in knots]
    total: FloatArray = np.sum(
        [np.convolve(axis, tap)[: felt.shape[1]] for axis, tap in zip(felt, taps, strict=True)], axis=0, dtype=float
    )
    return total


def _felt(rng: np.random.Generator, times_s: FloatArray, felt: FloatArray, read: FloatArray) -> FloatArray:
    """What the accelerometer reads: movement, gravity as the arm turns, and its own noise."""
    lean = np.stack([_noise(rng, len(times_s), (0.0, 0.05), 0.3) + rng.normal() for _ in range(3)])
    total = felt + GRAVITY_G * lean / np.linalg.norm(lean, axis=0)
    sampled = np.stack([np.interp(read, times_s, axis) for axis in total], axis=1)
    return sampled + REST_G * rng.standard_normal(sampled.shape)


def _break_contact(rng: np.random.Generator, ppg: FloatArray, seconds: float) -> tuple[FloatArray, FloatArray]:
    """The band lifts off once for 2 to 5 s in every second recording: a step, and only the ambient light is left."""
    if rng.uniform() < 0.5 or seconds < 20:
        return ppg, np.array([[0.0, seconds]])
    begin_s = rng.uniform(5, seconds - 10)
    end_s = begin_s + rng.uniform(2, 5)
    begin, end = round(begin_s * PPG_HZ), round(end_s * PPG_HZ)
    lifted = ppg.copy()
    lifted[begin:end] = rng.uniform(-8, 8) + 0.02 * rng.standard_normal(end - begin)
    return lifted, np.array([[0.0, begin_s], [end_s, seconds]])


def _clip(rng: np.random.Generator, ppg: FloatArray) -> FloatArray:
    """The converter's range is a little too small in a third of the recordings."""
    if rng.uniform() > 1 / 3:
        return ppg
    low, high = np.quantile(ppg, (0.005, 0.985))
    clipped: FloatArray = np.clip(ppg, low, high)
    return clipped


def _lose(rng: np.random.Generator, samples: FloatArray, sfreq_hz: float) -> FloatArray:
    """Packets that the radio lost are NaN: mostly few, at worst a fifth."""
    share = LOSS_MAX * rng.uniform() ** 2
    size = round(PACKET_S * sfreq_hz)
    lost = np.repeat(rng.uniform(size=-(-len(samples) // size)) < share, size)[: len(samples)]
    kept = samples.copy()
    kept[lost] = np.nan
    return kept


def main(argv: list[str] | None = None) -> int:
    """Write one recording as npz with the fields of `Wrist`."""
    parser = argparse.ArgumentParser(prog="python -m hardware.twin.pulse", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--snr-db", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    wrist = make(options.seed, options.snr_db, options.seconds)
    np.savez_compressed(options.out, **wrist._asdict(), ppg_hz=PPG_HZ, motion_hz=MOTION_HZ)
    print(f"{options.out}: {options.seconds:g} s, {len(wrist.beats_s)} beats, cadence {wrist.cadence_hz:.2f} Hz")
    return 0


if __name__ == "__main__":
    sys.exit(main())
