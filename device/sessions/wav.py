"""A WAV file that is valid at every moment: the header is rewritten each second, and it can be appended to.

RIFF/WAVE with one `fmt ` and one `data` chunk (IBM and Microsoft 1991), 16-bit PCM.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from pathlib import Path

from device.sealing.door import create, is_sealed, open_stored, size_of, stored_path
from device.sessions.store import refuse_removed

HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
CHANNELS = 2
FRAME_BYTES = 4
DATA_BYTES_MAX = (2**32 - 1 - HEADER.size) // FRAME_BYTES * FRAME_BYTES
"""A WAV cannot hold more: 6.2 hours at 48 kHz."""


def header(n_bytes: int, sfreq_hz: int) -> bytes:
    return HEADER.pack(
        b"RIFF",
        HEADER.size - 8 + n_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        CHANNELS,
        sfreq_hz,
        sfreq_hz * FRAME_BYTES,
        FRAME_BYTES,
        16,
        b"data",
        n_bytes,
    )


class WavWriter:
    """Writes or continues a stereo 16-bit WAV.

    Raises:
        OSError: the disk is full or cannot be written; the file stays valid up to the last refresh.
    """

    def __init__(self, path: Path, sfreq_hz: int) -> None:
        self._sfreq_hz = sfreq_hz
        self._n_bytes = 0
        if path.exists() and path.stat().st_size >= HEADER.size:
            whole_frames = (path.stat().st_size - HEADER.size) // FRAME_BYTES
            self._n_bytes = min(whole_frames * FRAME_BYTES, DATA_BYTES_MAX)
        self._path = path
        self._file = path.open("r+b" if self._n_bytes else "wb", buffering=0)
        self.refresh()

    @property
    def n_frames(self) -> int:
        return self._n_bytes // FRAME_BYTES

    @property
    def room(self) -> int:
        """Bytes that the file can still hold."""
        return DATA_BYTES_MAX - self._n_bytes

    def write(self, pcm: bytes) -> None:
        """Append whole frames. Raises OSError where there is no `room` for them."""
        if len(pcm) > self.room:
            raise OSError(errno.EFBIG, "a WAV file holds no more than 4 GB")
        left = memoryview(pcm)[: len(pcm) // FRAME_BYTES * FRAME_BYTES]
        self._file.seek(HEADER.size + self._n_bytes)
        # A disk that is about to be full takes a part, and refuses the next.
        while left:
            taken = self._file.write(left)
            self._n_bytes += taken
            left = left[taken:]

    def refresh(self) -> None:
        """Bring the header up to date, in one piece. Raises OSError also where the file was removed."""
        refuse_removed(self._file.fileno(), self._path)
        whole = self.n_frames * FRAME_BYTES
        os.pwrite(self._file.fileno(), header(whole, self._sfreq_hz), 0)

    def close(self) -> None:
        self.refresh()
        self._file.close()

    def abandon(self) -> None:
        """Leave the file as valid as it can be: the disk takes no more."""
        with contextlib.suppress(OSError):
            self.refresh()
        with contextlib.suppress(OSError):
            self._file.close()


class SealedWavWriter:
    """Writes a stereo 16-bit WAV that is sealed: it only grows, so its header says no length.

    Raises:
        OSError: the disk is full or cannot be written.
    """

    def __init__(self, path: Path, sfreq_hz: int) -> None:
        self._path = stored_path(path)
        self._file = create(path)
        self._file.write(header(DATA_BYTES_MAX, sfreq_hz))

    @property
    def n_frames(self) -> int:
        return (self._file.tell() - HEADER.size) // FRAME_BYTES

    @property
    def room(self) -> int:
        return DATA_BYTES_MAX - self._file.tell() + HEADER.size

    def write(self, pcm: bytes) -> None:
        """Append whole frames."""
        self._file.write(pcm[: len(pcm) // FRAME_BYTES * FRAME_BYTES])

    def refresh(self) -> None:
        """Seal what came in the last second. Raises OSError also where the file was removed."""
        refuse_removed(self._file.fileno(), self._path)
        self._file.settle()

    def close(self) -> None:
        self._file.close()

    def abandon(self) -> None:
        self._file.abandon()


class WavSeries:
    """A sound of any length: `heard.wav`, then `heard-2.wav` and so on where a file can hold no more.

    Several files rather than one of a larger kind (RF64), because every player reads them. Raises as `WavWriter`.
    """

    def __init__(self, path: Path, sfreq_hz: int) -> None:
        self._path, self._sfreq_hz = path, sfreq_hz
        before = wav_paths(path)
        self._is_sealed = is_sealed(path.parent)
        # A sealed file that was cut is never gone on with: no number of a record is used twice.
        self._part = len(before) + 1 if self._is_sealed else len(before) or 1
        self._n_before = sum(_n_frames(part) for part in before[: self._part - 1])
        self._writer = self._open()

    def _open(self) -> WavWriter | SealedWavWriter:
        path = self._path_of(self._part)
        return SealedWavWriter(path, self._sfreq_hz) if self._is_sealed else WavWriter(path, self._sfreq_hz)

    def _path_of(self, part: int) -> Path:
        return self._path if part == 1 else self._path.with_stem(f"{self._path.stem}-{part}")

    @property
    def n_frames(self) -> int:
        return self._n_before + self._writer.n_frames

    def write(self, pcm: bytes) -> None:
        """Append whole frames."""
        while len(pcm) > self._writer.room:
            room = self._writer.room
            self._writer.write(pcm[:room])
            pcm = pcm[room:]
            self._n_before += self._writer.n_frames
            self._writer.close()
            self._part += 1
            self._writer = self._open()
        self._writer.write(pcm)

    def write_silence(self, n_frames: int) -> None:
        second = bytes(FRAME_BYTES * self._sfreq_hz)
        while n_frames > 0:
            self.write(second[: n_frames * FRAME_BYTES])
            n_frames -= self._sfreq_hz

    def refresh(self) -> None:
        self._writer.refresh()

    def close(self) -> None:
        self._writer.close()

    def abandon(self) -> None:
        self._writer.abandon()


def wav_paths(path: Path) -> list[Path]:
    """The files of a series that are there, as they lie, in order."""
    paths = [first] if (first := stored_path(path)).exists() else []
    while paths and (following := stored_path(path.with_stem(f"{path.stem}-{len(paths) + 1}"))).exists():
        paths.append(following)
    return paths


def _n_frames(path: Path) -> int:
    with open_stored(path) as file:
        return max(0, size_of(file) - HEADER.size) // FRAME_BYTES
