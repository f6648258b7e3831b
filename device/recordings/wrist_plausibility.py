"""Checks that a wristband's recording can be what it says it is: the other half of `plausibility`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.errors import RecordingError
from device.messages import SignalKind
from device.modalities import MODALITIES
from device.recordings.signals import Heart, Recording, Samples

LENGTHS_DIFFER = 0.1
LENGTHS_DIFFER_S = 30.0
"""Signals of one band end together: within 20 s in real recordings, as its heart rate begins 10 s late."""
HEART_RATES_BPM = MODALITIES["heart"].channels["hr_bpm"].possible
"""Range of the median rate, which is 64 to 102 in real recordings."""
INTERVALS_AGREE = (0.7, 1.45)
"""Range of the intervals' median rate over the median heart rate, which is 0.91 to 1.19 in real recordings."""
USUAL: dict[SignalKind, tuple[float, float, str]] = {
    "motion": (0.3, 3.0, "g (gravity alone is 1 g)"),
    "eda": (*MODALITIES["eda"].channels["eda_us"].possible, "microsiemens"),
    "temperature": (*MODALITIES["temperature"].channels["temperature_c"].possible, "degrees Celsius"),
}
"""Range and unit of the median; real ones are 1.0 g, 0.1 to 5 uS, 28 to 35 degrees."""
STEADY_S = 60.0
"""A heart rate in whole beats may well stay the same for a shorter time."""
EDA_MIN_US = 1e-4
"""A greatest value below is in siemens."""


def refuse_implausible_wrist(recording: Recording, where: str, *, is_timed: bool) -> None:
    """Look at one band's recording; where `is_timed` its clock and not a rate says when its signals end.

    Raises:
        RecordingError: its wrist signals cannot be what they say, in a sentence that begins with `where`.
    """
    sentence = (
        _nothing(recording)
        or ("" if is_timed else _lengths_differ(recording))
        or (_odd_heart(recording.heart) if recording.heart else "")
        or next(filter(None, (_odd_units(kind, samples) for kind, samples in recording.wrist.items())), "")
    )
    if sentence:
        raise RecordingError(f"{where}: {sentence}.", "Mend the recording, or use another.")


def _nothing(recording: Recording) -> str:
    columns: list[NDArray[np.float32]] = [column for samples in recording.wrist.values() for column in samples.data.T]
    if recording.heart:
        columns += [recording.heart.hr_bpm, recording.heart.rr_ms]
    known = [column[np.isfinite(column)] for column in columns]
    known = [column for column in known if len(column)]
    if not known:
        return "its wrist signals hold no number, only NaN"
    may_be_steady = not recording.wrist and recording.wrist_end_s < STEADY_S
    if not may_be_steady and all(np.ptp(column) == 0 for column in known):
        return "its wrist signals are constant"
    return ""


def _lengths_differ(recording: Recording) -> str:
    ends_s = {str(kind): samples.end_s for kind, samples in recording.wrist.items()}
    if recording.heart and np.isfinite(recording.heart.hr_bpm).any():
        ends_s["heart"] = recording.heart.end_s
    usual_s = float(np.median(list(ends_s.values()))) if ends_s else 0.0
    for name, end_s in ends_s.items():
        if abs(end_s - usual_s) > max(LENGTHS_DIFFER_S, LENGTHS_DIFFER * usual_s):
            return f"its {name} signal ends at {end_s:.0f} s and the others at {usual_s:.0f} s, so a rate is wrong"
    return ""


def _odd_heart(heart: Heart) -> str:
    rate_bpm, interval_ms = (_median(values) for values in (heart.hr_bpm, heart.rr_ms))
    lowest, highest = HEART_RATES_BPM
    if rate_bpm and not lowest <= rate_bpm <= highest:
        return f"a heart rate of {rate_bpm:.3g} per minute is none"
    if interval_ms and not 60_000 / highest <= interval_ms <= 60_000 / lowest:
        return f"{interval_ms / 1000:.3g} s between heartbeats is no such interval; `ibi` and `rr` are in seconds"
    if rate_bpm and interval_ms and not INTERVALS_AGREE[0] <= 60_000 / interval_ms / rate_bpm <= INTERVALS_AGREE[1]:
        said = f"its intervals say {60_000 / interval_ms:.0f} beats per minute and its heart rate {rate_bpm:.0f}"
        return f"{said}, so one of them is wrong"
    return ""


def _odd_units(kind: SignalKind, samples: Samples) -> str:
    if kind not in USUAL:
        return ""
    size = np.sqrt(np.sum(samples.data.astype(np.float64) ** 2, axis=1)) if kind == "motion" else samples.data[:, 0]
    known = size[np.isfinite(size)]
    if not len(known):
        return ""
    lowest, highest, unit = USUAL[kind]
    middle = float(np.median(known))
    if not lowest <= middle <= highest or (kind == "eda" and 0 < known.max() < EDA_MIN_US):
        return f"its {kind} of {middle:.3g} is not in {unit}"
    return ""


def _median(values: NDArray[np.float32]) -> float:
    """Median of the known values; 0 without any."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0
