"""The PCM guard stands behind all tracks, last before the card: master gain, a look-ahead limiter, dither to 16 bit.

No true peak ever exceeds the ceiling, between samples as little as at them, no gain jumps, and none rises above or
faster than the prescription allows, whatever comes in. It works on chunks of 64 frames, so that a block costs a few
numpy calls.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.audio.safety.limits import FADE_IN_S, START_DB
from device.audio.safety.onset import OnsetGuard
from device.audio.safety.true_peak import LATE_FRAMES, PAST_FRAMES, UNDER_READING_DB, true_peaks
from device.audio.samples import Samples, single, steps_of
from device.config import AudioConfig, Limits

CHUNK_FRAMES = 64
AHEAD = 3
"""Chunks that the limiter looks ahead to come down smoothly: 4 ms at 48 kHz."""
DELAY_FRAMES = (AHEAD + 1) * CHUNK_FRAMES + LATE_FRAMES
RELEASE_DB_S = 30.0
INPUT_MAX = np.float32(8.0)
"""A wild sample may not mute the music for longer than the release needs."""
FULL_SCALE = 32767
SLACK_DB = 0.1
"""A gain that moves bends the waveform a little."""
STEPS_AT_MOST = 4.5
"""Dither and rounding add up to 1.5 steps, and between samples to three times as much."""
RISE_MAX_DB = 120.0
"""Greatest rise in one block, from the softest to the loudest: nobody asks for more."""
FLOOR_DBFS = -120.0
INAUDIBLE = 1e-6
"""A thirtieth of a step: the reverb's own noise floor is below, and needs no dither."""

Gains = npt.NDArray[np.float64]


class Levels(NamedTuple):
    """Levels since the last report."""

    peak_dbfs: float
    rms_dbfs: float
    limiter_db: float


class PcmGuard:
    """One output of the house. `pass_on` is called with consecutive blocks; what comes back is `DELAY_FRAMES` late."""

    def __init__(self, audio: AudioConfig, limits: Limits, seed: int) -> None:
        self._ceiling = math.floor(_to_amplitude(audio.ceiling_dbtp) * FULL_SCALE)
        held = _to_amplitude(audio.ceiling_dbtp - UNDER_READING_DB - SLACK_DB) * FULL_SCALE
        self._limit = (held - STEPS_AT_MOST) / FULL_SCALE
        self._release_db = RELEASE_DB_S * CHUNK_FRAMES / audio.sfreq_hz
        self._onset = OnsetGuard(audio.sfreq_hz / CHUNK_FRAMES)
        self._gain_max = _to_amplitude(limits.loudness_max_db)
        self._start_gain = min(self._gain_max, _to_amplitude(START_DB))
        self._rise_per_frame = self._start_gain / (FADE_IN_S * audio.sfreq_hz)
        self._rise_db_per_frame = limits.loudness_slope_db_s / audio.sfreq_hz
        self._gain = 0.0
        self._tail: Samples = single(np.zeros((DELAY_FRAMES, 2)))
        self._needed_db = np.zeros(2 * (AHEAD + 1))
        self._rng = np.random.default_rng(seed)
        self._peak = self._square_sum = self._deepest_db = 0.0
        self._n_samples = 0

    def pass_on(self, block: Samples, gain_to: float) -> bytes:
        """16-bit little-endian interleaved stereo of the same length.

        `block` has shape (frames, 2), frames a multiple of 64; the gain (amplitude) goes in a straight line from where
        it is towards `gain_to`, as far as it may. What is no number becomes silence.
        """
        gain_from, self._gain = self._gain, self._allowed_gain(gain_to, len(block))
        gain = single(np.linspace(gain_from, self._gain, len(block) + 1)[:-1, None])
        finite = np.clip(block, -INPUT_MAX, INPUT_MAX)
        finite[np.isnan(finite)] = 0.0
        loud = finite * gain
        line = np.concatenate((self._tail, loud))
        self._tail = line[len(block) :]
        heard = self._limited(true_peaks(line[DELAY_FRAMES - PAST_FRAMES :]), line[: len(block)])
        return self._to_pcm(heard)

    def _allowed_gain(self, wanted: float, n_frames: int) -> float:
        """The gain that may be had: at most the prescribed one, up no faster than prescribed, and down at once."""
        if math.isnan(wanted):
            return 0.0
        if self._gain < self._start_gain:
            reach = min(self._start_gain, self._gain + self._rise_per_frame * n_frames)
        else:
            reach = self._gain * _to_amplitude(min(RISE_MAX_DB, self._rise_db_per_frame * n_frames))
        return max(0.0, min(wanted, reach, self._gain_max))

    def _limited(self, coming_peaks: Samples, going: Samples) -> Samples:
        """`going` with the gain that it and what is coming need."""
        boundaries: Gains = 10.0 ** (self._boundaries_db(coming_peaks) / 20.0)
        along = np.arange(CHUNK_FRAMES) / CHUNK_FRAMES
        gain = boundaries[:-1, None] + np.diff(boundaries)[:, None] * along
        self._deepest_db = min(self._deepest_db, 20.0 * math.log10(np.min(gain)))
        limited: Samples = going * single(gain.ravel()[:, None])
        return limited

    def _boundaries_db(self, coming_peaks: Samples) -> Gains:
        """Gain at the boundaries of the chunks that go out: never above what the chunks on both sides need."""
        peaks = coming_peaks.reshape(len(coming_peaks) // CHUNK_FRAMES, CHUNK_FRAMES).max(axis=1)
        ceiling_db: Gains = 20.0 * np.log10(self._limit / np.maximum(peaks, self._limit))
        # What the ceiling takes away is not heard, and no fright.
        onset_db = self._onset.needed_db(20.0 * np.log10(np.clip(peaks, INAUDIBLE, self._limit)))
        needed = np.concatenate((self._needed_db, self._release(ceiling_db + onset_db)))
        self._needed_db = needed[-2 * (AHEAD + 1) :]
        smooth: Gains = np.mean(_shifted(np.min(_shifted(needed), axis=0)), axis=0)
        return np.minimum(smooth[:-1], smooth[1:])

    def _release(self, needs_db: Gains) -> Gains:
        """Gain that falls at once and rises by the release, without a loop: r[i] = min(need[i], r[i - 1] + step)."""
        line = self._release_db * np.arange(len(needs_db) + 1)
        chain = np.concatenate((self._needed_db[-1:], needs_db)) - line
        released: Gains = np.minimum.accumulate(chain) + line
        return released[1:]

    def _to_pcm(self, heard: Samples) -> bytes:
        peak = float(np.abs(heard).max())
        self._peak = max(self._peak, peak)
        self._square_sum += float(np.vdot(heard, heard))
        self._n_samples += heard.size
        if peak < INAUDIBLE:
            return bytes(2 * heard.size)
        up, down = self._rng.random((2, *heard.shape), np.float32)
        steps: Samples = np.rint(heard * FULL_SCALE + up - down)
        return np.clip(steps, -self._ceiling, self._ceiling).astype("<i2").tobytes()

    def levels(self) -> Levels:
        """Peak, mean power and deepest limiting since the last call."""
        rms = math.sqrt(self._square_sum / self._n_samples) if self._n_samples else 0.0
        levels = Levels(_to_db(self._peak), _to_db(rms), self._deepest_db)
        self._peak = self._square_sum = self._deepest_db = 0.0
        self._n_samples = 0
        return levels


def _shifted(line: Gains) -> list[Gains]:
    """The line with each chunk's `AHEAD` followers, as rows below one another."""
    return [line[ahead : len(line) - AHEAD + ahead] for ahead in range(AHEAD + 1)]


def fade_out(pcm: bytes, n_frames: int) -> bytes:
    """16-bit stereo that reaches silence within `n_frames`, as long as what was given."""
    samples = steps_of(pcm)
    length = min(n_frames, len(samples))
    gain = np.zeros((len(samples), 1))
    gain[:length, 0] = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, length + 1) / max(1, length))
    return np.rint(samples * gain).astype("<i2").tobytes()


def _to_db(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20.0 * math.log10(amplitude)) if amplitude > 0.0 else FLOOR_DBFS


def _to_amplitude(level_db: float) -> float:
    return float(10.0 ** (level_db / 20.0))
