"""Checks that a recording can be what it says it is: units, rate, channel names, and that anything was recorded at all.

Only recordings that are read afterwards are checked: they can be refused and mended. A live session refuses nothing;
there `device.dsp.quality` marks what is bad. So the limits lie far outside what all 596 real recordings at hand show
(the figures beside them). What cannot be told is not guessed: a wrong rate without hum in the signal, the left side in
place of the right, the front of the head in place of all of its back.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from device.errors import RecordingError
from device.recordings.signals import Recording
from device.recordings.wrist_plausibility import refuse_implausible_wrist

RATES_HZ = (100.0, 2000.0)
SHORTEST_S = 5.0
"""One window of EEG features and a second; the shortest real recording has 5.4 s."""
UNITS_UV = ((3e-4, "volts"), (0.3, "millivolts"))
"""A spread of the slow part within a second below this means another unit; real recordings have 2 uV and more."""
SPREAD_MAX_UV = 3000.0
"""The greatest such spread; real recordings have 1900 uV at most, on a loose electrode."""
CLIPPED_SHARE = 0.02
"""Share of samples pressed against the channel's own extremes; 0.2 % at most on the best channel."""
RAILED_S = 1.0
"""A longer stay at the extreme is a loose electrode and no clipping."""
SLOW_MEAN_S = 0.04
"""Two periods of mains hum: a mean over it is free of hum."""
WINDOW_S = 4.0
WINDOWS_MAX = 60
LINE_MIN_HZ = 15.0
"""A strong line below may be the alpha rhythm."""
LINE_SHARE = 0.8
"""Share of the power above the alpha rhythm in one line; without hum 0.65 at most."""
MAINS_HZ = (50.0, 60.0)
USUAL_RATES_HZ = (100, 125, 128, 160, 200, 220, 250, 256, 300, 400, 500, 512, 600, 1000, 1024, 2000, 2048)
FRONT = (("FP1", "FP2"), ("AF7", "AF8"), ("AF3", "AF4"), ("F3", "F4"), ("F7", "F8"), ("C3", "C4"))
BACK = ("O1", "O2")
SWAP_MARGIN = 0.2
"""Gain in correlation between left and right once two names are exchanged: 0.02 at most where they are right."""
BOUND = 7.0
"""Limit of steps, in their median size: a larger one is a blink or a bump."""
TINY = 1e-30

Rows = NDArray[np.float32]


def check_names(ch_names: Sequence[str], where: str) -> None:
    """Channel names must tell channels apart. Raises RecordingError."""
    names = [name.strip().upper() for name in ch_names]
    double = sorted({name for name in names if names.count(name) > 1})
    if double or "" in names:
        said = f"several channels are called {', '.join(double)}" if any(double) else "a channel has no name"
        raise RecordingError(f"{where}: {said}.", "Name each channel by its electrode.")


def refuse_implausible(pieces: Sequence[Recording], where: str, *, is_timed: bool = False) -> None:
    """Look at one recording, in one piece or several; `is_timed` as our own sessions are, by a clock.

    Raises:
        RecordingError: it cannot be what it says it is, in a sentence that begins with `where`.
    """
    eeg = [piece.eeg for piece in pieces if piece.eeg]
    lengths_s = [(sum(len(part.data) / part.sfreq_hz for part in eeg), "EEG")] if eeg else []
    lengths_s += [(sum(piece.wrist_end_s for piece in pieces), "wrist signals")] if pieces and not eeg else []
    for length_s, name in lengths_s:
        if length_s < SHORTEST_S:
            raise RecordingError(
                f"{where} holds {length_s:.1f} s of {name}; less than {SHORTEST_S:.0f} s say nothing.",
                "Give a longer recording.",
            )
    if eeg:
        _refuse_implausible_eeg(np.concatenate([part.data for part in eeg]), eeg[0].sfreq_hz, eeg[0].ch_names, where)
    for piece in pieces:
        if piece.has_wrist:
            refuse_implausible_wrist(piece, where, is_timed=is_timed)


def _refuse_implausible_eeg(data_uv: Rows, sfreq_hz: float, ch_names: Sequence[str], where: str) -> None:
    sentence = (
        _odd_rate(sfreq_hz)
        or _nothing(data_uv)
        or _wrong_units(data_uv, sfreq_hz)
        or _clipped(data_uv, sfreq_hz)
        or _wrong_rate(data_uv, sfreq_hz)
        or _swapped(data_uv, sfreq_hz, ch_names)
    )
    if sentence:
        raise RecordingError(f"{where}: {sentence[0]}.", sentence[1])


Finding = tuple[str, str] | None
"""What is wrong and what to do."""


def _odd_rate(sfreq_hz: float) -> Finding:
    if RATES_HZ[0] <= sfreq_hz <= RATES_HZ[1]:
        return None
    return f"{sfreq_hz:g} Hz is no rate for EEG ({RATES_HZ[0]:g} to {RATES_HZ[1]:g} Hz)", "Mend its rate `fs`."


def _nothing(data_uv: Rows) -> Finding:
    known = np.isfinite(data_uv)
    if not known.any():
        return "its EEG holds no number, only NaN", "Use another recording."
    lowest = np.where(known, data_uv, np.inf).min(axis=0)
    highest = np.where(known, data_uv, -np.inf).max(axis=0)
    if (lowest >= highest).all():
        return "its EEG is constant on every channel", "Use another recording."
    return None


def _wrong_units(data_uv: Rows, sfreq_hz: float) -> Finding:
    spread_uv = _slow_spread(data_uv, sfreq_hz)
    spread_uv = spread_uv[spread_uv > 0]
    if not len(spread_uv):
        return None
    for below_uv, unit in UNITS_UV:
        if spread_uv.max() < below_uv:
            return f"its EEG swings by {spread_uv.max():.2g} uV only and looks like {unit}", "Give it in microvolts."
    if np.median(spread_uv) > SPREAD_MAX_UV:
        said = f"its EEG swings by {np.median(spread_uv):.2g} uV and looks like nanovolts or raw counts"
        return said, "Give it in microvolts."
    return None


def _slow_spread(data_uv: Rows, sfreq_hz: float) -> NDArray[np.float64]:
    """Median over the seconds of the standard deviation without hum, shape (channels,); 0 where nothing is whole."""
    means = _slow(data_uv, sfreq_hz)
    per_second = round(1 / SLOW_MEAN_S)
    seconds = means[: len(means) // per_second * per_second].reshape(-1, per_second, means.shape[1])
    spread = seconds.std(axis=1)
    whole = np.isfinite(spread)
    return np.array(
        [np.median(column[mask]) if mask.any() else 0.0 for column, mask in zip(spread.T, whole.T, strict=True)]
    )


def _slow(data_uv: Rows, sfreq_hz: float) -> NDArray[np.float64]:
    """Means over two mains periods, shape (n, channels)."""
    size = max(1, round(SLOW_MEAN_S * sfreq_hz))
    whole = data_uv[: len(data_uv) // size * size].reshape(-1, size, data_uv.shape[1])
    means: NDArray[np.float64] = whole.mean(axis=1, dtype=np.float64)
    return means


def _clipped(data_uv: Rows, sfreq_hz: float) -> Finding:
    shares = [_clipped_share(column[np.isfinite(column)], sfreq_hz) for column in data_uv.T]
    if min(shares) < CLIPPED_SHARE:
        return None
    return f"its EEG is clipped: {min(shares):.0%} of it and more are pressed against its limits", "Record it anew."


def _clipped_share(values: Rows, sfreq_hz: float) -> float:
    """Share at the own extremes, without what stays there like a loose electrode."""
    if not len(values):
        return 1.0
    at_limit = (values == values.max()) | (values == values.min())
    edges = np.flatnonzero(np.diff(np.concatenate(([False], at_limit, [False]))))
    lengths = edges[1::2] - edges[::2]
    railed = lengths[lengths >= RAILED_S * sfreq_hz].sum()
    return float((lengths.sum() - railed) / max(1, len(values) - int(railed)))


def _wrong_rate(data_uv: Rows, sfreq_hz: float) -> Finding:
    """Hum that stands where no mains can put it, but would stand right at another usual rate."""
    lines_hz = _lines(data_uv, sfreq_hz)
    if not len(lines_hz) or np.isnan(lines_hz).any() or np.ptp(lines_hz) > 1:
        return None
    line_hz = float(np.median(lines_hz))
    possible = [*MAINS_HZ, *(abs(sfreq_hz - mains_hz) for mains_hz in MAINS_HZ)]
    if line_hz < LINE_MIN_HZ or min(abs(line_hz - hz) for hz in possible) <= 1:
        return None
    better = [rate for rate in USUAL_RATES_HZ if min(abs(line_hz * rate / sfreq_hz - hz) for hz in MAINS_HZ) <= 0.5]
    if not better:
        return None
    said = f"it says {sfreq_hz:g} Hz, but its hum stands at {line_hz:.1f} Hz, as if it were {better[0]} Hz"
    return said, "Mend its rate `fs`."


def _lines(data_uv: Rows, sfreq_hz: float) -> NDArray[np.float64]:
    """Frequency of the line that outweighs all else above alpha, per channel; NaN where there is none."""
    size = round(WINDOW_S * sfreq_hz)
    windows = data_uv[: len(data_uv) // size * size].reshape(-1, size, data_uv.shape[1])
    windows = windows[np.isfinite(windows).all(axis=(1, 2))]
    windows = windows[:: max(1, -(-len(windows) // WINDOWS_MAX))].astype(np.float64)
    if not len(windows):
        return np.empty(0)
    taper = np.hanning(size)[:, None]
    power = np.mean(np.abs(np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * taper, axis=1)) ** 2, axis=0)
    freqs_hz = np.fft.rfftfreq(size, 1 / sfreq_hz)
    power = np.where(freqs_hz[:, None] >= 8.0, power, 0.0)
    peaks = power.argmax(axis=0)
    near = np.abs(np.arange(len(power))[:, None] - peaks) <= 3
    shares = np.where(near, power, 0.0).sum(axis=0) / np.maximum(power.sum(axis=0), TINY)
    return np.where(shares >= LINE_SHARE, freqs_hz[peaks], np.nan)


def _swapped(data_uv: Rows, sfreq_hz: float, ch_names: Sequence[str]) -> Finding:
    """Left and right of one place go together; where a left one goes with the other place's right, names are wrong."""
    position = {name.strip().upper(): index for index, name in enumerate(ch_names)}
    pairs = [pair for pair in FRONT if set(pair) <= set(position)]
    if not pairs or not set(BACK) <= set(position):
        return None
    alike = _likeness(_slow(data_uv, sfreq_hz))
    for pair in pairs:
        for (first, second), (third, fourth) in ((pair, back) for back in permutations(BACK)):
            i, j, k, m = position[first], position[second], position[third], position[fourth]
            if min(alike[i, m], alike[j, k]) - max(alike[i, j], alike[k, m]) > SWAP_MARGIN:
                said = f"{first} goes with {fourth} and {second} with {third}: two of these names are exchanged"
                return said, "Mend its `channels`."
    return None


def _likeness(slow_uv: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of the changes between channels, with outliers bounded; 0 where a channel is flat."""
    steps = np.diff(slow_uv, axis=0)
    steps = steps[np.isfinite(steps).all(axis=1)]
    if not len(steps):
        return np.zeros((slow_uv.shape[1], slow_uv.shape[1]))
    scale = np.median(np.abs(steps), axis=0)
    bounded = np.clip(steps / np.where(scale > 0, scale, np.inf), -BOUND, BOUND)
    centred = bounded - bounded.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=0))
    likeness: NDArray[np.float64] = centred.T @ centred / np.maximum(np.outer(size, size), TINY)
    return likeness
