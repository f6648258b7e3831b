"""Reads the sound of a WAV file block by block, however long it is; what is no sound is refused in a sentence."""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from device.errors import RecordingError

RATES_HZ = (8_000, 192_000)
BLOCK_FRAMES = 65_536
WAVE_ERRORS = (wave.Error, EOFError, ValueError, ArithmeticError, RuntimeError, struct.error)
"""All that the standard reader raises on what is no WAV file."""
ACTION = "Give a WAV file of 8 to 32 bit PCM, one channel or two; `sox FILE -e signed -b 24 OUT.wav` makes one."
Samples = npt.NDArray[np.float32]


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
        # A pipe in the file's place is not waited for.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            _refuse_strange(file)
            with wave.open(file) as reader:
                _refuse_unheard(reader)
                yield WavSound(reader.getframerate(), _blocks(reader))
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.", ACTION) from error
    except WAVE_ERRORS as error:
        why = error or "it is cut off"
        raise RecordingError(f"{path} is no WAV file that can be measured: {why}.", ACTION) from error


def _refuse_strange(file: BinaryIO) -> None:
    """Raises OSError where it is no plain file."""
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError("it is no plain file")


def _refuse_unheard(reader: wave.Wave_read) -> None:
    """Raises ValueError where a sound card would not play it either."""
    if not RATES_HZ[0] <= reader.getframerate() <= RATES_HZ[1]:
        raise ValueError(f"its rate is {reader.getframerate()} Hz")
    if reader.getnchannels() not in (1, 2) or reader.getsampwidth() not in (1, 2, 3, 4):
        raise ValueError(f"it has {reader.getnchannels()} channels of {8 * reader.getsampwidth()} bits")


def _blocks(reader: wave.Wave_read) -> Iterator[Samples]:
    """Raises WAVE_ERRORS and OSError."""
    n_channels, width = reader.getnchannels(), reader.getsampwidth()
    size = n_channels * width
    while pcm := reader.readframes(BLOCK_FRAMES):
        sound = samples_of(pcm[: len(pcm) // size * size], width).reshape(-1, n_channels)
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
