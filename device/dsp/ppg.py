"""Finds heartbeats in the light of a wristband, with the truth about how well they are known.

At rest any detector does. In motion the heart rate survives long after the moments of single beats are lost, and no
published detector says so. Here movement is taken out with the accelerometer's help, every beat brings its certainty
and its error, and RMSSD is told only where these leave it right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp import beats as rhythm
from device.dsp import hrv
from device.dsp.cancel import Canceller
from device.dsp.light import Light, prepare
from device.dsp.windows import FloatArray

BEATS_MIN = 8
LIKENESS = (0.3, 0.9)
"""Correlation with the mean pulse at which a beat is certainly none, and certainly one."""
CERTAIN = 0.5
QUALITY_MIN = 0.2
"""Quality that chains in noise do not reach, by `IRREGULAR`."""
HR_SD_MAX_BPM = 2.5
IRREGULAR = (0.06, 0.10)
"""Median distance of intervals from the tracked period at which the chain may be, and is, one of noise, ..."""
CLEAN_EXCUSE = 0.05
"""... more where all beats look alike: then it is the heart that is irregular."""
HR_SD_MIN_BPM = 0.25
"""Error of a clean minute, which begins and ends somewhere within a beat."""
JUMP_SHARE = 0.3
"""An interval this far from the tracked period lies over a gap or beside a beat that is none."""
TURNED_MIN = 0.12
"""Share of a window that is told to be upside down: more than one frame."""
RMSSD_ERROR_MS = 20.0
SURE = 2.0
"""Standard deviations that hold in 99 of 100 cases: the doubts below are wide."""
STEPS_MIN = 12
"""Steps between intervals that RMSSD needs, ..."""
STEPS_SHARE_MIN = 0.4
"""... and the share of the window's that have to be good."""
JITTER_MAX_MS = 30.0
"""A beat whose time is less sure says nothing about variability."""
NOISE_DOUBT = 0.25
"""How far the noise that the fits tell may be from the true one, as a share of it, ..."""
BLIND_DOUBT = 1.0
"""... and without an accelerometer: steps can look as regular as a pulse."""
RESPONSE = 0.8
"""Share of the true power of steps that is seen: a beat is fitted in a stretch that holds part of its neighbours."""
RESPONSE_DOUBT = 0.1
POWER_MIN_MS2 = 25.0
TAIL_FROM, TAIL_USUAL = 0.95, 0.757
"""The smaller 95 % of squared normal numbers have this mean: more in the last 5 % are beats that slipped through."""


class Beats(NamedTuple):
    times_s: FloatArray
    """Systolic peak of each beat in seconds since the window's first sample, rising."""
    certainty: FloatArray
    """How sure it is that each is a beat, 0 to 1."""
    error_s: FloatArray
    """Standard deviation of its time."""


class Pulse(NamedTuple):
    beats: Beats
    hr_bpm: float
    """Mean over the window; NaN: not known."""
    hr_sd_bpm: float
    """Its own error, as a standard deviation."""
    rmssd_ms: float
    """NaN unless it can be right: within 20 ms in 99 of 100 cases. Freed of what the error of the beats' times adds."""
    rmssd_sd_ms: float
    """Its own error; also told where RMSSD is not, if it could be estimated."""
    quality: float
    """Share of the window, 0 to 1, that lies between certain beats."""
    reasons: tuple[str, ...]
    """What was left out and why something is NaN, in words."""


NO_BEATS = Beats(np.zeros(0), np.zeros(0), np.zeros(0))


def find_beats(
    ppg: FloatArray, sfreq_hz: float, motion_g: FloatArray | None = None, motion_sfreq_hz: float = 32.0
) -> Beats:
    """Beats of a window of 10 to 300 s, shape (n,), any unit, either polarity, NaN for lost samples.

    `motion_g`, shape (m, 3), begins at the same moment. Stretches without signal have no beats.
    """
    return measure(ppg, sfreq_hz, motion_g, motion_sfreq_hz).beats


def measure(
    ppg: FloatArray, sfreq_hz: float, motion_g: FloatArray | None = None, motion_sfreq_hz: float = 32.0
) -> Pulse:
    """Beats, heart rate and RMSSD of a window; arguments as for `find_beats`. Never raises on any samples."""
    light = prepare(np.asarray(ppg, np.float64).ravel(), sfreq_hz, motion_g, motion_sfreq_hz)
    if not isinstance(light, Light):
        return _unknown(light)
    found = _search(light)
    return _unknown((*light.reasons, "no pulse found")) if found is None else _judge(light, *found)


def _unknown(reasons: tuple[str, ...]) -> Pulse:
    return Pulse(NO_BEATS, np.nan, np.nan, np.nan, np.nan, 0.0, reasons)


def _search(light: Light) -> tuple[rhythm.Track, rhythm.Fit] | None:
    """Cancel, follow, chain and fit; then cancel, chain and fit with what is known of the pulse by now."""
    wave = light.wave * light.known
    canceller = None if light.felt is None else Canceller(light.felt)
    artefact = np.zeros(len(wave)) if canceller is None else canceller.artefact(wave, follow_strap=False)
    clean = wave - artefact * light.known
    track = rhythm.follow(clean, artefact, light.rate_hz)
    fit = _fit(light, clean, track, 1 if canceller else 2)
    if canceller is not None and fit is not None:
        artefact = canceller.artefact(wave - fit.wave * light.known, follow_strap=True)
        fit = _fit(light, wave - artefact * light.known, track, 2)
    return None if fit is None else (track, fit)


def _fit(light: Light, clean: FloatArray, track: rhythm.Track, rounds: int) -> rhythm.Fit | None:
    beats = rhythm.chain(rhythm.polarity(clean) * clean, track, light.rate_hz)
    return rhythm.fit(clean, light.known, beats, light.rate_hz, rounds) if len(beats) >= BEATS_MIN else None


def _judge(light: Light, track: rhythm.Track, fit: rhythm.Fit) -> Pulse:
    beats = _beats(light, fit)
    turned = rhythm.turned_share(fit.clean, light.rate_hz)
    reasons = light.reasons + ((f"{turned:.0%} of the pulse wave upside down",) if turned > TURNED_MIN else ())
    if len(beats.times_s) < BEATS_MIN:
        return _unknown((*reasons, "no pulse found"))
    intervals_s = np.diff(beats.times_s)
    middle_s = beats.times_s[:-1] + intervals_s / 2 + light.begin / light.rate_hz
    off = np.abs(intervals_s * np.interp(middle_s, track.times_s, track.rate_hz) - 1)
    follows = off < JUMP_SHARE
    sure = follows & (np.minimum(beats.certainty[1:], beats.certainty[:-1]) > CERTAIN)
    quality = min(1.0, float(intervals_s[sure].sum()) / light.span_s) * (1 - _chance(off, beats.certainty))
    if quality < QUALITY_MIN:
        return _unknown((*reasons, "no pulse found"))._replace(beats=beats, quality=quality)
    hr_bpm = 60 / float(intervals_s[follows].mean())
    spread_bpm = hr_bpm * float(intervals_s[sure].std() / intervals_s[sure].mean())
    doubts_bpm = (HR_SD_MIN_BPM, (60 * track.rate_hz.mean() - hr_bpm) / 2, spread_bpm * (1 - quality) / 2)
    hr_sd_bpm = float(np.linalg.norm(doubts_bpm))
    if hr_sd_bpm > HR_SD_MAX_BPM:
        return _unknown((*reasons, "two ways to count the pulse disagree"))._replace(beats=beats, quality=quality)
    told = _rmssd(beats, follows, BLIND_DOUBT if light.felt is None else NOISE_DOUBT)
    return Pulse(beats, hr_bpm, hr_sd_bpm, told.rmssd_ms, told.sd_ms, quality, (*reasons, *told.reasons))


def _beats(light: Light, fit: rhythm.Fit) -> Beats:
    """The fitted beats within the window that may be beats, in rising order."""
    times_s = (fit.beats - light.begin) / light.rate_hz
    certainty = np.clip((fit.likeness - LIKENESS[0]) / (LIKENESS[1] - LIKENESS[0]), 0, 1)
    inside = (times_s >= 0) & (times_s < light.span_s) & (certainty > 0)
    inside[1:] &= np.diff(times_s) > 0
    return Beats(times_s[inside], certainty[inside], fit.error[inside] / light.rate_hz)


def _chance(off: FloatArray, certainty: FloatArray) -> float:
    """How likely the chain is one of noise, by the intervals' distance from the tracked period, 0 to 1."""
    excused = CLEAN_EXCUSE * np.clip((float(np.median(certainty)) - 0.8) / 0.2, 0, 1)
    return float(np.clip((float(np.median(off)) - excused - IRREGULAR[0]) / (IRREGULAR[1] - IRREGULAR[0]), 0, 1))


class _Variability(NamedTuple):
    rmssd_ms: float
    sd_ms: float
    reasons: tuple[str, ...]


def _rmssd(beats: Beats, follows: NDArray[np.bool_], noise_doubt: float) -> _Variability:
    """Mean power of the steps between intervals without what the error of three beats' times adds to each."""
    intervals_ms = 1000 * np.diff(beats.times_s)
    clean = follows & hrv.find_clean(intervals_ms)
    noise = 1e6 * beats.error_s**2
    kept = clean[1:] & clean[:-1] & (noise[1:-1] < JITTER_MAX_MS**2) & (beats.certainty[1:-1] > CERTAIN)
    if np.count_nonzero(kept) < max(STEPS_MIN, STEPS_SHARE_MIN * len(intervals_ms)):
        return _Variability(np.nan, np.nan, ("RMSSD not known: too few beats in a row are certain",))
    power, sd = _power(np.diff(intervals_ms)[kept] ** 2, (noise[:-2] + 4 * noise[1:-1] + noise[2:])[kept], noise_doubt)
    rmssd_ms = float(np.sqrt(power))
    high, low = np.sqrt(power + SURE * sd), np.sqrt(max(power - SURE * sd, 0.0))
    off_ms = float(max(high - rmssd_ms, rmssd_ms - low))
    if off_ms > RMSSD_ERROR_MS:
        return _Variability(np.nan, off_ms / SURE, (f"RMSSD not known: it may be off by {off_ms:.0f} ms",))
    return _Variability(rmssd_ms, off_ms / SURE, ())


def _power(steps_ms2: FloatArray, noise_ms2: FloatArray, noise_doubt: float) -> tuple[float, float]:
    """Mean square of true steps and its error, from measured squares and the noise in each, weighted by their worth."""
    power = max(float(steps_ms2.mean() - noise_ms2.mean()) / RESPONSE, 0.0)
    weight = np.ones(len(steps_ms2))
    for _ in range(2):
        weight = 1 / (max(power, POWER_MIN_MS2) + noise_ms2) ** 2
        weight /= weight.sum()
        power = max(float(weight @ (steps_ms2 - noise_ms2)) / RESPONSE, 0.0)
    floor = max(power, POWER_MIN_MS2)
    chance = float(weight**2 @ (4 * noise_ms2**2 + 5 * floor * noise_ms2))
    total_ms2 = RESPONSE * floor + noise_ms2
    tail = _tail(steps_ms2 / total_ms2) * float(weight @ total_ms2)
    doubt = noise_doubt * float(weight @ noise_ms2) + RESPONSE_DOUBT * floor + tail
    return power, float(np.hypot(np.sqrt(chance), doubt)) / RESPONSE


def _tail(worth: FloatArray) -> float:
    """How much larger the mean of squares is than the smaller ones let expect: what the largest few make up."""
    usual = float(np.sort(worth)[: max(1, int(TAIL_FROM * len(worth)))].mean()) / TAIL_USUAL
    return max(0.0, float(worth.mean()) / max(usual, 1e-9) - 1)
