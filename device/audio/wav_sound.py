"""Reads the sound of a WAV file block by block, however long it is; what is no sound is refused in a sentence."""

from __future__ import annotations

import contextlib
import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from device.audio.samples import Samples
from device.errors import RecordingError

RATES_HZ = (8_000, 192_000)
BLOCK_FRAMES = 65_536
CHUNK, FORMAT = struct.Struct("<4sI"), struct.Struct("<HHIIHH")
CHUNKS_MAX = 1_000
"""Whoever writes notes and cover pictures before the sound needs fewer."""
PCM, EXTENSIBLE = 1, 0xFFFE
EXTENDED_BYTES = 26
"""Of the extensible format, up to what it extends; the rest names loudspeakers (Microsoft, WAVEFORMATEXTENSIBLE)."""
ACTION = "Give a WAV file of 8 to 32 bit PCM, one channel or two; `sox FILE -e signed -b 24 OUT.wav` makes one."


class Layout(NamedTuple):
    """How the samples of a WAV file lie in it."""

    sfreq_hz: int
    n_channels: int
    width: int
    """Bytes of a sample."""
    n_bytes: int = 0
    """Of all samples, as the file says."""

    @property
    def frame_bytes(self) -> int:
        return self.n_channels * self.width


class WavSound(NamedTuple):
    """A WAV file that is open (`open_sound`)."""

    sfreq_hz: int
    blocks: Iterator[Samples]
    """Its samples, once: stereo between -1 and 1, shape (n, 2). What is cut off at the end is left out."""


@contextlib.contextmanager
def open_sound(path: Path) -> Iterator[WavSound]:
    """The sound of a WAV file while the block lasts.

    Raises:
        RecordingError: it cannot be read, or is no WAV file that is understood.
    """
    try:
        with open_plain(path) as file:
            layout = read_layout(file)
            _refuse_unheard(layout)
            yield WavSound(layout.sfreq_hz, _blocks(file, layout))
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.", ACTION) from error
    except ValueError as error:
        raise RecordingError(f"{path} is no WAV file that can be measured: {error}.", ACTION) from error


def open_plain(path: Path) -> BinaryIO:
    """A plain file, to be read; a pipe in its place is not waited for. Raises OSError."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("it is no plain file")
    return file


def read_layout(file: BinaryIO) -> Layout:
    """Read a WAV file up to its first sample. The standard reader of Python 3.11 knows no extensible format (24 bits).

    Raises:
        ValueError: it is no WAV file, or holds no PCM.
        OSError: it cannot be read.
    """
    head, layout = file.read(12), None
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise ValueError("it does not begin like one")
    for _ in range(CHUNKS_MAX):
        name, size = _next_chunk(file)
        if name == b"data" and layout:
            return layout._replace(n_bytes=size)
        body = file.read(min(size, EXTENDED_BYTES)) if name == b"fmt " else b""
        layout = _layout_in(body) if body else layout
        file.seek(size + size % 2 - len(body), os.SEEK_CUR)
    raise ValueError("it holds no sound")


def _next_chunk(file: BinaryIO) -> tuple[bytes, int]:
    head = file.read(CHUNK.size)
    if len(head) < CHUNK.size:
        raise ValueError("it ends before its sound")
    name, size = CHUNK.unpack(head)
    return name, size


def _layout_in(body: bytes) -> Layout:
    """What a format chunk says. Raises ValueError."""
    if len(body) < FORMAT.size:
        raise ValueError("it is cut off")
    code, n_channels, sfreq_hz, _, _, n_bits = FORMAT.unpack_from(body)
    if code == EXTENSIBLE and len(body) == EXTENDED_BYTES:
        code = int.from_bytes(body[-2:], "little")
    if code != PCM:
        raise ValueError(f"its format is {code}, not PCM")
    return Layout(sfreq_hz, n_channels, (n_bits + 7) // 8)


def _refuse_unheard(layout: Layout) -> None:
    """Raises ValueError where a sound card would not play it either."""
    if not RATES_HZ[0] <= layout.sfreq_hz <= RATES_HZ[1]:
        raise ValueError(f"its rate is {layout.sfreq_hz} Hz")
    if layout.n_channels not in (1, 2) or layout.width not in (1, 2, 3, 4):
        raise ValueError(f"it has {layout.n_channels} channels of {8 * layout.width} bits")


def _blocks(file: BinaryIO, layout: Layout) -> Iterator[Samples]:
    """Raises OSError."""
    left, size = layout.n_bytes, layout.frame_bytes
    while pcm := file.read(min(left, BLOCK_FRAMES * size)):
        left -= len(pcm)
        sound = samples_of(pcm[: len(pcm) // size * size], layout.width).reshape(-1, layout.n_channels)
        yield np.broadcast_to(sound, (len(sound), 2))


def samples_of(pcm: bytes, width: int) -> Samples:
    """PCM of 1 to 4 bytes a sample, little endian, as -1 to 1. Raises ValueError."""
    if width == 1:
        return (np.frombuffer(pcm, np.uint8).astype(np.float32) - 128.0) / 128.0
    if width not in (2, 3, 4):
        raise ValueError(f"its samples have {8 * width} bits")
    padded = np.zeros((len(pcm) // width, 4), np.uint8)
    padded[:, 4 - width :] = np.frombuffer(pcm, np.uint8).reshape(-1, width)
    return padded.view("<i4")[:, 0].astype(np.float32) / np.float32(2.0**31)
