"""The stage that turns samples into features: 4 frames a second of EEG, 1 a second of all a wristband sends.

Which extractor reads a signal stands in `modalities`; a source that sends EEG and light has one of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from device.config import SessionConfig
from device.dsp import eeg, quality
from device.dsp.windows import SampleWindows, Window
from device.imports import import_name
from device.messages import FeatureFrame, FeatureKind, Message, SampleChunk, SensorStatus
from device.modalities import MODALITIES

EEG_WINDOW_S = 4.0
EEG_HOP_S = 0.25


class Extractor(Protocol):
    """Makes the frames of one kind of one source. Built as `Class(chunk)`, with the first of what it is to read."""

    def reads(self, chunk: SampleChunk) -> bool:
        """Whether the chunk goes on with what was read; else an extractor is begun anew."""
        ...

    def frames(self, chunk: SampleChunk) -> Iterator[FeatureFrame]:
        """The frames that become due within the chunk."""
        ...


class EegExtractor:
    """Frames of one EEG source; every feature of every channel, whatever its quality."""

    def __init__(self, chunk: SampleChunk) -> None:
        self._source, self._sfreq_hz, self._ch_names = chunk.source, chunk.sfreq_hz, chunk.ch_names
        self._full_scale_uv = chunk.full_scale or quality.FULL_SCALE_UV
        self._names = tuple(f"{channel}.{feature}" for channel in chunk.ch_names for feature in eeg.FEATURES)
        self._windows = SampleWindows(len(chunk.ch_names), chunk.sfreq_hz, EEG_WINDOW_S, EEG_HOP_S)

    def reads(self, chunk: SampleChunk) -> bool:
        """Other channels or another rate are another headset."""
        return (chunk.sfreq_hz, chunk.ch_names) == (self._sfreq_hz, self._ch_names)

    def frames(self, chunk: SampleChunk) -> Iterator[FeatureFrame]:
        """A frame for each hop that ends within the chunk."""
        return map(self._frame, self._windows.push(chunk))

    def _frame(self, window: Window) -> FeatureFrame:
        filled = eeg.fill_gaps(window.data)
        freqs_hz, psd = eeg.density(filled, self._sfreq_hz)
        verdict = quality.judge(window.data, filled, freqs_hz, psd, self._ch_names, self._full_scale_uv)
        return FeatureFrame(
            t_ns=window.t_ns,
            source=self._source,
            kind="eeg",
            window_s=EEG_WINDOW_S,
            names=self._names,
            values=tuple(eeg.log_powers(freqs_hz, psd).ravel().tolist()),
            ch_names=self._ch_names,
            quality=tuple(verdict.quality.tolist()),
            reasons=verdict.reasons,
        )


class Devices:
    """Remembers which device each source is, as far as it was told."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def is_exchanged(self, status: SensorStatus) -> bool:
        """Take notice of a status and say whether the source is another device from now on."""
        known = self._known.get(status.source, "")
        if status.device:
            self._known[status.source] = status.device
        return bool(known and status.device) and known != status.device


class Features:
    """samples -> features. A source that is exchanged, or changes its channels or rate, is begun anew."""

    reads: tuple[str, ...] = ("samples", "sensor_status")
    writes: tuple[str, ...] = ("features",)
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        del config  # nothing to configure: windows and bands belong to the models' contract
        self._extractors: dict[tuple[str, FeatureKind], Extractor] = {}
        self._devices = Devices()

    def step(self, message: Message, now_ns: int) -> Sequence[FeatureFrame]:
        del now_ns  # frames carry the sample clock
        match message:
            case SampleChunk():
                return tuple(self._extractor(message).frames(message))
            case SensorStatus() if self._devices.is_exchanged(message):
                self._extractors = {key: item for key, item in self._extractors.items() if key[0] != message.source}
            case _:
                pass
        return ()

    def _extractor(self, chunk: SampleChunk) -> Extractor:
        modality = MODALITIES[chunk.kind]
        known = self._extractors.get((chunk.source, modality.features))
        if known is None or not known.reads(chunk):
            known = import_name(modality.extractor)(chunk)
            self._extractors[chunk.source, modality.features] = known
        return known
