"""The stage that turns samples into features: 4 frames a second of EEG, 1 a second of heart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from device.config import SessionConfig
from device.dsp import eeg, hrv, quality
from device.dsp.windows import EventWindow, SampleWindows, Window, samples_of
from device.messages import FeatureFrame, Message, SampleChunk

EEG_WINDOW_S = 4.0
EEG_HOP_S = 0.25
HEART_WINDOW_S = 60.0
HEART_HOP_NS = 1_000_000_000


class Extractor(Protocol):
    def frames(self, chunk: SampleChunk) -> Iterator[FeatureFrame]: ...


class EegExtractor:
    """Frames of one EEG source; every feature of every channel, whatever its quality."""

    def __init__(self, chunk: SampleChunk) -> None:
        self._source, self._sfreq_hz, self._ch_names = chunk.source, chunk.sfreq_hz, chunk.ch_names
        self._names = tuple(f"{channel}.{feature}" for channel in chunk.ch_names for feature in eeg.FEATURES)
        self._windows = SampleWindows(len(chunk.ch_names), chunk.sfreq_hz, EEG_WINDOW_S, EEG_HOP_S)

    def frames(self, chunk: SampleChunk) -> Iterator[FeatureFrame]:
        return map(self._frame, self._windows.push(chunk))

    def _frame(self, window: Window) -> FeatureFrame:
        filled = eeg.fill_gaps(window.data)
        freqs_hz, psd = eeg.density(filled, self._sfreq_hz)
        verdict = quality.judge(window.data, filled, freqs_hz, psd, self._ch_names)
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


class HeartExtractor:
    """Frames of one heart-rate source, at most one for each second of its clock."""

    def __init__(self, chunk: SampleChunk) -> None:
        self._source = chunk.source
        self._columns = [chunk.ch_names.index(name) for name in hrv.CHANNELS]
        self._window = EventWindow(HEART_WINDOW_S)
        self._second = -1

    def frames(self, chunk: SampleChunk) -> Iterator[FeatureFrame]:
        for t_ns, row in zip(chunk.times_ns, samples_of(chunk)[:, self._columns], strict=True):
            self._window.push(t_ns, row)
            if t_ns // HEART_HOP_NS != self._second:
                self._second = t_ns // HEART_HOP_NS
                yield self._frame(t_ns)

    def _frame(self, t_ns: int) -> FeatureFrame:
        heart = hrv.measure(*self._window.rows(), self._window.span_s)
        return FeatureFrame(
            t_ns=t_ns,
            source=self._source,
            kind="wrist",
            window_s=self._window.span_s,
            names=hrv.FEATURES,
            values=heart.values,
            ch_names=hrv.CHANNELS,
            quality=heart.quality,
            reasons=heart.reasons,
        )


EXTRACTORS: dict[str, type[EegExtractor | HeartExtractor]] = {"eeg": EegExtractor, "heart": HeartExtractor}


class Features:
    """samples -> features. A source whose channels or rate change is begun anew."""

    reads: tuple[str, ...] = ("samples",)
    writes: tuple[str, ...] = ("features",)
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        del config  # nothing to configure: windows and bands belong to the models' contract
        self._extractors: dict[str, tuple[tuple[object, ...], Extractor]] = {}

    def step(self, message: Message, now_ns: int) -> Sequence[FeatureFrame]:
        del now_ns  # frames carry the sample clock
        if not isinstance(message, SampleChunk):
            return ()
        return tuple(self._extractor(message).frames(message))

    def _extractor(self, chunk: SampleChunk) -> Extractor:
        layout = (chunk.kind, chunk.sfreq_hz, chunk.ch_names)
        known = self._extractors.get(chunk.source)
        if known is None or known[0] != layout:
            known = (layout, EXTRACTORS[chunk.kind](chunk))
            self._extractors[chunk.source] = known
        return known[1]
