"""A WAV file that is valid at every moment: the header is rewritten each second, and it can be appended to.

RIFF/WAVE with one `fmt ` and one `data` chunk (IBM and Microsoft 1991), 16-bit PCM.
"""

from __future__ import annotations

import struct
from pathlib import Path

HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
CHANNELS = 2
FRAME_BYTES = 4
DATA_BYTES_MAX = 2**32 - 1 - HEADER.size
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
            self._n_bytes = whole_frames * FRAME_BYTES
        self._file = path.open("r+b" if self._n_bytes else "wb", buffering=0)
        self.refresh()

    @property
    def n_frames(self) -> int:
        return self._n_bytes // FRAME_BYTES

    def write(self, pcm: bytes) -> None:
        """Append whole frames; what a WAV cannot hold any more is left out."""
        room = DATA_BYTES_MAX - self._n_bytes
        taken = pcm[: min(room, len(pcm)) // FRAME_BYTES * FRAME_BYTES]
        self._file.write(taken)
        self._n_bytes += len(taken)

    def write_silence(self, n_frames: int) -> None:
        second = bytes(FRAME_BYTES * self._sfreq_hz)
        while n_frames > 0:
            self.write(second[: n_frames * FRAME_BYTES])
            n_frames -= self._sfreq_hz

    def refresh(self) -> None:
        """Bring the header up to date."""
        self._file.seek(0)
        self._file.write(header(self._n_bytes, self._sfreq_hz))
        self._file.seek(HEADER.size + self._n_bytes)

    def close(self) -> None:
        self.refresh()
        self.abandon()

    def abandon(self) -> None:
        """Leave the file as it was last refreshed: the disk takes no more."""
        self._file.close()
