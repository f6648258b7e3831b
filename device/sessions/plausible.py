"""Checks that a recorded message can be what it says: a changed bit often leaves one that decodes, with odd numbers.

Fields carry their units in their names, so one table of limits by name serves all messages, those of tomorrow too. The
limits lie far outside what the runtime writes; whoever reads the log need not fear numbers beyond them.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from device.messages import Message, SampleChunk

HOUR_NS = 3_600_000_000_000
"""No time in a message lies further from when it was sent; 0 is a time that was not known."""
CHANNELS_MAX = 64
VALUE_MAX = 1e9
COUNT_MAX = 2**63
LENGTH_MAX = 100_000
"""Length of any list in a message but these."""
LENGTHS_MAX = {"notes": 4096, "programs": CHANNELS_MAX, "coverage": CHANNELS_MAX, "reasons": 1000, "guarded": 1000}
LIMITS: dict[str, tuple[float, float]] = {
    "tempo_bpm": (4, 1000), "tempo_from_bpm": (4, 1000), "tempo_to_bpm": (4, 1000),
    "beats": (1, 64), "onset_tick": (0, 10_000), "duration_tick": (0, 100_000),
    "pitch": (0, 127), "velocity": (0, 127), "programs": (0, 127), "tonic_pc": (0, 11), "register_midi": (0, 127),
    "bar_index": (-1, 1e6), "revision": (0, 1e6), "intent_revision": (0, 1e6), "frame": (0, 1e13),
    "start_frame": (-1e13, 1e13), "from_frame": (-1e13, 1e13), "n_frames": (0, 1e9), "first_frame": (0, 1e13),
    "first_sample": (-1e18, 1e18), "n_lost": (0, 1e9), "sfreq_hz": (0, 1e5), "seq": (0, 1e13),
    "underruns": (0, 1e9), "late_bars": (0, 1e9), "battery_percent": (-1, 100),
    "loudness_db": (-1000, 100), "limiter_db": (-1000, 100), "peak_dbfs": (-1000, 100), "rms_dbfs": (-1000, 100),
    "density": (-10, 10), "brightness": (-10, 10), "articulation": (-10, 10), "quality": (-10, 10),
    "valence": (-10, 10), "arousal": (-10, 10), "target_valence": (-10, 10), "target_arousal": (-10, 10),
}  # fmt: skip
UNKNOWN_ALLOWED = frozenset({"values"})
"""Features that could not be known are NaN."""


def implausible(message: Message, sent_ns: int, log_ns: int) -> str:
    """What cannot be, in words; empty where all can."""
    if abs(sent_ns - log_ns) > HOUR_NS:
        return "it was sent at another time than it was written down"
    if isinstance(message, SampleChunk):
        return _odd_samples(message) or _odd_fields(message, sent_ns)
    return _odd_fields(message, sent_ns)


def _odd_samples(chunk: SampleChunk) -> str:
    n_channels = len(chunk.ch_names)
    if not 0 < n_channels <= CHANNELS_MAX:
        return f"it has {n_channels} channels"
    n_rows, rest = divmod(len(chunk.data), 4 * n_channels)
    if rest:
        return "its samples are not whole"
    if chunk.sfreq_hz == 0 and len(chunk.times_ns) != n_rows:
        return "its events and their times differ in number"
    return ""


def _odd_fields(message: msgspec.Struct, sent_ns: int) -> str:
    reasons = (_odd(name, getattr(message, name), sent_ns) for name in message.__struct_fields__)
    return next(filter(None, reasons), "")


def _odd(name: str, value: Any, sent_ns: int) -> str:
    """What cannot be in the field `name`, at any depth."""
    if isinstance(value, str | bytes | bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return "" if _fits(name, value, sent_ns) else f"its {name} is {value:.6g}"
    if isinstance(value, msgspec.Struct):
        return _odd_fields(value, sent_ns)
    if len(value) > LENGTHS_MAX.get(name, LENGTH_MAX):
        return f"its {name} has {len(value)} entries"
    entries = value.values() if isinstance(value, dict) else value
    return next((why for entry in entries if (why := _odd(name, entry, sent_ns))), "")


def _fits(name: str, value: float, sent_ns: int) -> bool:
    if name.endswith("_ns"):
        return value == 0 or abs(value - sent_ns) <= HOUR_NS
    if name in LIMITS:
        low, high = LIMITS[name]
        return low <= value <= high
    if isinstance(value, int):
        return abs(value) <= COUNT_MAX
    return abs(value) <= VALUE_MAX or (name in UNKNOWN_ALLOWED and math.isnan(value))
