"""Windows of labelled recordings as the box itself would read them, each person against their own rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.dsp.features import EEG_WINDOW_S
from device.dsp.windows import FloatArray
from device.dsp.wrist import WINDOW_S
from device.errors import ConfigError, RecordingError
from device.messages import FeatureFrame
from export.affect.data import frames_of
from export.affect.loaders.recording import Label, LabelledRecording
from export.affect.protocols import Axis, Protocol

FULL_S = {"eeg": EEG_WINDOW_S, "wrist": WINDOW_S}
SLACK_S = 1.0
"""The first full window of a wristband may be short by this much: its signals do not begin together."""
PURE_SHARE = 0.8
"""Share of a window that has to carry its label; the rest of it may carry none, but no other."""
QUALITY_MIN = 0.5
CLIP = 10.0
NO_LABEL = -1
EPSILON_S = 1e-6


class Windows(NamedTuple):
    """Rest and scored windows of everybody, a row each, in the order of their recordings."""

    person: NDArray[np.str_]
    recording: NDArray[np.str_]
    begin_s: FloatArray
    end_s: FloatArray
    order_s: FloatArray
    """End, counted from the person's first recording on."""
    values: FloatArray
    """Shape (n, features); NaN where the box would not believe the channel."""
    label: NDArray[np.intp]
    """Class from 0 on; NO_LABEL for rest."""

    @property
    def is_rest(self) -> NDArray[np.bool_]:
        return np.asarray(self.label == NO_LABEL)


def windows_of(recordings: Iterable[LabelledRecording], protocol: Protocol, axis: Axis) -> Windows:
    """Read everything.

    Raises:
        RecordingError: there is no window with a label.
        ConfigError: the protocol asks for windows of a length that the box does not read.
    """
    lived_s: dict[str, float] = {}
    parts = []
    for recording in recordings:
        begin_s = lived_s.get(recording.person, 0.0)
        part = _read(recording, protocol, axis, begin_s)
        if part is not None:
            parts.append(part)
            lived_s[recording.person] = begin_s + float(part.end_s.max())
    if not any((part.label != NO_LABEL).any() for part in parts):
        raise RecordingError(
            f"No window has a label that {protocol.id} asks for.", "Name another --protocol, --axis or --set."
        )
    return Windows(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def against_rest(values: FloatArray, person: NDArray[np.str_], is_rest: NDArray[np.bool_]) -> FloatArray:
    """Values in standard deviations of each person's own rest; as they are where a set knows no rest at all."""
    if not is_rest.any():
        return values
    found = np.full(values.shape, np.nan)
    for name in np.unique(person):
        rows = person == name
        rest = np.ma.masked_invalid(values[rows & is_rest])
        if len(rest) > 1:
            mean, sd = rest.mean(axis=0).filled(np.nan), rest.std(axis=0).filled(np.nan)
            found[rows] = (values[rows] - mean) / np.where(sd > 0, sd, np.nan)
    return np.asarray(np.clip(found, -CLIP, CLIP))


def _read(recording: LabelledRecording, protocol: Protocol, axis: Axis, begin_s: float) -> Windows | None:
    """None where it is too short for a window."""
    frames = [frame for frame in frames_of(recording.chunks) if _is_full(frame, protocol)]
    ends_s = [frame.t_ns / 1e9 for frame in frames]
    rest = [index for index, frame in enumerate(frames) if ends_s[index] <= _rest_s(frame, recording) + EPSILON_S]
    chosen = [(index, NO_LABEL) for index in rest] + list(_scored(frames, recording, protocol, axis))
    if not chosen:
        return None
    picked = [index for index, _ in chosen]
    end_s = np.array([ends_s[index] for index in picked])
    return Windows(
        np.full(len(picked), recording.person),
        np.full(len(picked), f"{recording.person}/{recording.block}"),
        end_s - [frames[index].window_s for index in picked],
        end_s,
        begin_s + end_s,
        np.array([_values(frames[index]) for index in picked]),
        np.array([label for _, label in chosen], np.intp),
    )


def _is_full(frame: FeatureFrame, protocol: Protocol) -> bool:
    full_s = FULL_S[frame.kind]
    if protocol.window_s not in {None, full_s}:
        raise ConfigError(
            f"{protocol.id} asks for windows of {protocol.window_s:g} s; the box reads {full_s:g} s of {frame.kind}.",
            "Name another --protocol.",
        )
    return frame.window_s >= full_s - SLACK_S


def _rest_s(frame: FeatureFrame, recording: LabelledRecording) -> float:
    """The end of rest: that of its first window, if it is shorter than that."""
    return max(recording.baseline_s, FULL_S[frame.kind]) if recording.baseline_s > 0 else 0.0


def _scored(
    frames: Sequence[FeatureFrame], recording: LabelledRecording, protocol: Protocol, axis: Axis
) -> Iterator[tuple[int, int]]:
    """Index and class of windows after the rest, no denser than the protocol has them."""
    spans = [(label, protocol.label_of(label, axis)) for label in recording.labels]
    next_s = -np.inf
    for index, frame in enumerate(frames):
        end_s = frame.t_ns / 1e9
        begin_s = end_s - frame.window_s
        if end_s < next_s - EPSILON_S or begin_s < _rest_s(frame, recording) - EPSILON_S:
            continue
        found = _class_of(begin_s, end_s, spans)
        next_s = end_s + protocol.hop_s
        if found is not None:
            yield index, found


def _class_of(begin_s: float, end_s: float, spans: Sequence[tuple[Label, int | None]]) -> int | None:
    inside = [(label, found) for label, found in spans if label.end_s > begin_s and label.begin_s < end_s]
    covered_s = sum(min(label.end_s, end_s) - max(label.begin_s, begin_s) for label, _ in inside)
    classes = {found for _, found in inside}
    return classes.pop() if len(classes) == 1 and covered_s >= PURE_SHARE * (end_s - begin_s) else None


def _values(frame: FeatureFrame) -> FloatArray:
    """What the box would believe; features bear the name of their channel before the last dot."""
    believed = {name for name, quality in zip(frame.ch_names, frame.quality, strict=True) if quality >= QUALITY_MIN}
    usable = [name.rpartition(".")[0] in believed for name in frame.names]
    values = np.where(usable, frame.values, np.nan)
    return np.where(np.isfinite(values), values, np.nan)
