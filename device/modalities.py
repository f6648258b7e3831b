"""TABLE 3: modality -> its channels with units and possible values, and who makes features of it.

A source may send several at once: a wristband sends beats, light, movement, conductance and temperature, a headband EEG
besides. So whatever follows the samples of a listener is kept by source and modality, never by source alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from device.messages import FeatureKind, SignalKind


class Channel(NamedTuple):
    """What the samples of one channel are."""

    unit: str
    possible: tuple[float, float]
    """A value outside is no measurement, whichever sensor says so."""
    held_s: float = math.inf
    """A sensor that tells exactly the same for longer is stuck; infinite: another check finds that."""
    coarse_step: float = 0.0
    """A sensor that tells whole multiples of this only may well tell the same for `held_coarse_s`."""
    held_coarse_s: float = 0.0

    def held_longest_s(self, value: float) -> float:
        """How long a body may give exactly this value."""
        is_coarse = self.coarse_step > 0 and abs(value / self.coarse_step - round(value / self.coarse_step)) < 1e-3
        return max(self.held_s, self.held_coarse_s) if is_coarse else self.held_s


class Modality(NamedTuple):
    """One kind of signal that a source may send."""

    channels: dict[str, Channel]
    """Channels by name and in order; `*` stands for any number of them under the sensor's own names."""
    features: FeatureKind
    """The kind of frame it goes into."""
    extractor: str
    """`module:Class` of what turns chunks into frames, built with the first chunk; one serves all that share frames."""
    is_irregular: bool = False
    """Whether it is events at times of their own, as heartbeats are, instead of samples at a rate."""

    @property
    def ch_names(self) -> tuple[str, ...]:
        """Names of its channels; empty where the sensor names them."""
        return tuple(name for name in self.channels if name != "*")


NUMBERS = (-1e30, 1e30)
"""Larger ones are broken."""
EEG, WRIST = "device.dsp.features:EegExtractor", "device.dsp.wrist:WristExtractor"
GRAVITY = Channel("g", (-1000.0, 1000.0), held_s=60.0)
RATE = Channel("1/min", (30.0, 220.0), held_s=45.0, coarse_step=1.0, held_coarse_s=120.0)
INTERVAL = Channel("ms", (300.0, 2000.0), held_s=150.0)
CONDUCTANCE = Channel("uS", (0.0, 100.0), held_s=30.0, coarse_step=0.01, held_coarse_s=120.0)
DEGREES = Channel("degrees Celsius", (5.0, 50.0), held_s=60.0, coarse_step=0.1, held_coarse_s=300.0)
"""How long one value was held at most in 46 h of two wristbands at rest and under stress (Stress-Predict, n-back with
music): heart rate 12 s (in whole beats 173 s, of which 0.05 % of the time lies beyond 120 s), intervals 12 beats,
conductance 5 s, temperature 25 s, all three axes of acceleration 26 s."""

MODALITIES: dict[SignalKind, Modality] = {
    "eeg": Modality({"*": Channel("uV", NUMBERS)}, "eeg", EEG),
    "heart": Modality({"hr_bpm": RATE, "rr_ms": INTERVAL}, "wrist", WRIST, is_irregular=True),
    "ppg": Modality({"*": Channel("", NUMBERS)}, "wrist", WRIST),
    "motion": Modality({"acc_x": GRAVITY, "acc_y": GRAVITY, "acc_z": GRAVITY}, "wrist", WRIST),
    "eda": Modality({"eda_us": CONDUCTANCE}, "wrist", WRIST),
    "temperature": Modality({"temperature_c": DEGREES}, "wrist", WRIST),
}
"""Heart is told as rate and interval of each beat or second (NaN: absent); light (`ppg`) has no unit in common."""


def name_signals(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What a person reads for each (source, kind): the source alone where it sends one kind, else `muse eeg`."""
    ordered = list(dict.fromkeys(keys))
    sources = [source for source, _ in ordered]
    return {(source, kind): source if sources.count(source) == 1 else f"{source} {kind}" for source, kind in ordered}
