"""XDF, the file of the lab streaming layer (github.com/sccn/xdf, specification 1.0): each sample with its own time.

Times are seconds of the box's clock, on which all streams lie, so the offset between clocks is told as nothing.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt

from device.exports.files import File
from device.exports.recording import Recording, file_name
from device.exports.signals import Signal

MAGIC = b"XDF:"
FILE_HEADER, STREAM_HEADER, SAMPLES, CLOCK_OFFSET, BOUNDARY, STREAM_FOOTER = 1, 2, 3, 4, 5, 6
BOUNDARY_MARK = bytes.fromhex("43a546dccbf5410fb30ed5467383cbe4")
ROWS_PER_CHUNK = 4096
TIMED = b"\x08"
"""A sample that brings its own time, of eight bytes."""
TYPES = {"eeg": "EEG", "heart": "HeartRate", "ppg": "PPG", "motion": "Accelerometer", "eda": "GSR"}
"""The names of content that the layer's own list of metadata has; others go by ours."""


class Stream(NamedTuple):
    name: str
    content: str
    sfreq_hz: float
    """0: irregular."""
    ch_names: Sequence[str]
    units: Sequence[str]
    times_s: Sequence[float]
    rows: npt.NDArray[np.float32] | Sequence[str]
    """Numbers by channel, or texts."""

    @property
    def format(self) -> str:
        return "float32" if isinstance(self.rows, np.ndarray) else "string"


def write_xdf(recording: Recording) -> Iterator[File]:
    """One file with a stream for each signal, one for the estimate and one for what happened."""
    streams = [*(_signal(signal) for signal in recording.signals), _affect(recording), _markers(recording)]
    chunks = [_chunk(FILE_HEADER, _xml("info", {"version": "1.0"}))]
    for number, stream in enumerate((stream for stream in streams if len(stream.times_s)), start=1):
        chunks += _stream(number, stream, recording)
    yield f"{file_name(recording.session_id)}.xdf", MAGIC + b"".join(chunks)


def _signal(signal: Signal) -> Stream:
    """A signal without what is missing in it, which has no time at which it was measured."""
    data = signal.data()
    there = ~np.isnan(data).all(axis=1)
    times_s = (signal.times_ns()[there] / 1e9).tolist()
    content = TYPES.get(signal.kind, signal.kind)
    return Stream(signal.name, content, signal.sfreq_hz, signal.ch_names, signal.units, times_s, data[there])


def _affect(recording: Recording) -> Stream:
    known = [item for item in recording.history.affect if item.known]
    names = ("arousal", "arousal_sd", "valence", "valence_sd")
    rows = np.array([[getattr(item, name) for name in names] for item in known], np.float32).reshape(-1, len(names))
    return Stream("affect", "Affect", 0.0, names, [""] * 4, [item.t_ns / 1e9 for item in known], rows)


def _markers(recording: Recording) -> Stream:
    happened = recording.annotations
    texts = [f"{item.kind}: {item.text}" for item in happened]
    return Stream("events", "Markers", 0.0, ["event"], [""], [item.t_ns / 1e9 for item in happened], texts)


def _stream(number: int, stream: Stream, recording: Recording) -> Iterator[bytes]:
    head = struct.pack("<I", number)
    yield _chunk(STREAM_HEADER, head + _header(stream, recording))
    for time_s in (stream.times_s[0], stream.times_s[-1]):
        yield _chunk(CLOCK_OFFSET, head + struct.pack("<dd", time_s, 0.0))
    for begin in range(0, len(stream.times_s), ROWS_PER_CHUNK):
        part = slice(begin, begin + ROWS_PER_CHUNK)
        samples = b"".join(_samples(stream.times_s[part], stream.rows[part]))
        yield _chunk(SAMPLES, head + _length(len(stream.times_s[part])) + samples)
        yield _chunk(BOUNDARY, BOUNDARY_MARK)
    footer = {
        "first_timestamp": repr(stream.times_s[0]),
        "last_timestamp": repr(stream.times_s[-1]),
        "sample_count": str(len(stream.times_s)),
    }
    yield _chunk(STREAM_FOOTER, head + _xml("info", footer))


def _samples(times_s: Iterable[float], rows: npt.NDArray[np.float32] | Sequence[str]) -> Iterator[bytes]:
    for time_s, row in zip(times_s, rows, strict=True):
        yield TIMED + struct.pack("<d", time_s)
        if isinstance(row, str):
            data = row.encode("utf-8", "replace")
            yield _length(len(data)) + data
        else:
            yield row.astype("<f4").tobytes()


def _header(stream: Stream, recording: Recording) -> bytes:
    info = {
        "name": stream.name,
        "type": stream.content,
        "channel_count": str(len(stream.ch_names)),
        "nominal_srate": f"{stream.sfreq_hz:g}",
        "channel_format": stream.format,
        "source_id": f"{recording.session_id}/{stream.name}",
        "version": "1.0",
        "created_at": "0.0",
        "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{recording.session_id}/{stream.name}")),
    }
    root = _element("info", info)
    channels = ET.SubElement(ET.SubElement(root, "desc"), "channels")
    for name, unit in zip(stream.ch_names, stream.units, strict=True):
        channels.append(_element("channel", {"label": name, "unit": unit, "type": stream.content}))
    return _text(root)


def _chunk(tag: int, content: bytes) -> bytes:
    return _length(len(content) + 2) + struct.pack("<H", tag) + content


def _length(length: int) -> bytes:
    """A count in as few bytes as it needs, of the three sizes there are."""
    if length < 2**8:
        return struct.pack("<BB", 1, length)
    return struct.pack("<BI", 4, length) if length < 2**32 else struct.pack("<BQ", 8, length)


def _xml(name: str, children: dict[str, str]) -> bytes:
    return _text(_element(name, children))


def _element(name: str, children: dict[str, str]) -> ET.Element:
    root = ET.Element(name)
    for key, text in children.items():
        ET.SubElement(root, key).text = "".join(letter if letter.isprintable() else " " for letter in text)
    return root


def _text(root: ET.Element) -> bytes:
    return b'<?xml version="1.0"?>' + ET.tostring(root, encoding="unicode").encode()
