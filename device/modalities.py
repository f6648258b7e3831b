"""TABLE 3: modality -> its channels with units and possible values, and who makes features of it.

A source may send several at once: a wristband sends beats, light, movement, conductance and temperature, a headband EEG
besides. So whatever follows the samples of a listener is kept by source and modality, never by source alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from device.messages import FeatureKind, SignalKind


class Channel(NamedTuple):
    """What the samples of one channel are."""

    unit: str
    possible: tuple[float, float]
    """A value outside is no measurement, whichever sensor says so."""


class Modality(NamedTuple):
    """One kind of signal that a source may send."""

    channels: dict[str, Channel]
    """By name and in order; `*` stands for any number of channels under the sensor's own names."""
    features: FeatureKind
    """The kind of frame it goes into."""
    extractor: str
    """`module:Class` of what turns chunks into frames, built with the first chunk; one serves all that share frames."""
    is_irregular: bool = False
    """Events at times of their own, as heartbeats are, instead of a rate."""

    @property
    def ch_names(self) -> tuple[str, ...]:
        """Names of its channels; empty where the sensor names them."""
        return tuple(name for name in self.channels if name != "*")

    def possible(self, ch_name: str) -> tuple[float, float]:
        """Least and greatest value of a channel."""
        return self.channels.get(ch_name, self.channels.get("*", ANY)).possible


ANY = Channel("", (-1e30, 1e30))
EEG, WRIST = "device.dsp.features:EegExtractor", "device.dsp.wrist:WristExtractor"
GRAVITY = Channel("g", (-1000.0, 1000.0))

MODALITIES: dict[SignalKind, Modality] = {
    "eeg": Modality({"*": Channel("uV", (-1e6, 1e6))}, "eeg", EEG),
    "heart": Modality(
        {"hr_bpm": Channel("1/min", (30.0, 220.0)), "rr_ms": Channel("ms", (300.0, 2000.0))},
        "wrist",
        WRIST,
        is_irregular=True,
    ),
    "ppg": Modality({"*": ANY}, "wrist", WRIST),
    "motion": Modality({"acc_x": GRAVITY, "acc_y": GRAVITY, "acc_z": GRAVITY}, "wrist", WRIST),
    "eda": Modality({"eda_us": Channel("uS", (0.0, 100.0))}, "wrist", WRIST),
    "temperature": Modality({"temperature_c": Channel("degrees Celsius", (5.0, 50.0))}, "wrist", WRIST),
}
"""Heart is told as rate and interval of each beat or second (NaN: absent); light (`ppg`) has no unit in common."""


def name_signals(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What a person reads for each (source, kind): the source alone where it sends one kind, else `muse eeg`."""
    ordered = list(dict.fromkeys(keys))
    sources = [source for source, _ in ordered]
    return {(source, kind): source if sources.count(source) == 1 else f"{source} {kind}" for source, kind in ordered}
