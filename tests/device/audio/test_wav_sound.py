"""Sound out of WAV files, and a sentence for everything that is none."""

from __future__ import annotations

import os
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.wav_sound import open_sound
from device.errors import RecordingError


def write(path: Path, pcm: bytes, *, channels: int = 2, width: int = 2, sfreq_hz: int = 48_000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(sfreq_hz)
        file.writeframes(pcm)
    return path


def read(path: Path) -> np.ndarray:
    with open_sound(path) as sound:
        return np.concatenate([np.zeros((0, 2), np.float32), *sound.blocks])


@pytest.mark.parametrize(
    ("width", "half", "least"), [(1, b"\xc0", b"\x00"), (2, b"\x00\x40", b"\x00\x80"), (3, b"\0\0\x40", b"\0\0\x80")]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_any_pcm_is_read_as_stereo(tmp_path: Path, width: int, half: bytes, least: bytes, channels: int) -> None:
    samples = read(write(tmp_path / "a.wav", (half + least) * channels, channels=channels, width=width))
    expected = [[0.5, 0.5], [-1.0, -1.0]] if channels == 1 else [[0.5, -1.0]] * 2
    assert samples.tolist() == expected


def test_a_long_file_comes_in_blocks(tmp_path: Path) -> None:
    pcm = np.arange(400_000, dtype="<i2").tobytes()
    with open_sound(write(tmp_path / "a.wav", pcm)) as sound:
        blocks = list(sound.blocks)
    assert len(blocks) > 1
    assert sum(map(len, blocks)) == 200_000


def test_what_is_cut_off_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", b"\0\x40" * 2000)
    path.write_bytes(path.read_bytes()[:-1001])
    assert len(read(path)) == 749


def extensible(bits: int, pcm: bytes, code: int = 1) -> bytes:
    """What `sox -b 24` and audio workstations write (WAVEFORMATEXTENSIBLE)."""
    form = struct.pack("<HHIIHHHHIH", 0xFFFE, 2, 48_000, 6 * 48_000, bits // 4, bits, 22, bits, 3, code)
    form += bytes.fromhex("000000001000800000aa00389b71")
    note = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body = b"WAVE" + note + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(pcm)) + pcm
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_the_extensible_format_is_understood_too(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(extensible(24, b"\0\0\x40\0\0\x80"))
    assert read(path).tolist() == [[0.5, -1.0]]


def test_a_length_that_is_a_lie_is_read_to_the_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", b"\0\x40" * 2000)
    data = bytearray(path.read_bytes())
    data[40:44] = b"\xff" * 4
    path.write_bytes(data)
    assert len(read(path)) == 1000


def hostile(tmp_path: Path) -> dict[str, Path]:
    head = struct.Struct("<4sI4s4sIHHIIHH4sI")
    floats = head.pack(b"RIFF", 44, b"WAVE", b"fmt ", 16, 3, 2, 48_000, 384_000, 8, 32, b"data", 8) + bytes(8)
    many = head.pack(b"RIFF", 44, b"WAVE", b"fmt ", 16, 1, 60_000, 48_000, 0, 0, 16, b"data", 8) + bytes(8)
    wide = head.pack(b"RIFF", 44, b"WAVE", b"fmt ", 16, 1, 2, 48_000, 0, 0, 64, b"data", 8) + bytes(8)
    named = {"text": b"no sound", "nothing": b"", "floats": floats, "many": many, "wide": wide}
    named |= {"extended floats": extensible(32, bytes(8), code=3), "zeros": b"RIFF\0\0\0\0WAVE" + bytes(100_000)}
    paths = {}
    for name, data in named.items():
        paths[name] = tmp_path / f"{name}.wav"
        paths[name].write_bytes(data)
    paths["slow"] = write(tmp_path / "slow.wav", b"\0\0", sfreq_hz=1, channels=1)
    paths["folder"], paths["missing"] = tmp_path, tmp_path / "missing.wav"
    paths["pipe"] = tmp_path / "pipe.wav"
    os.mkfifo(paths["pipe"])
    return paths


HOSTILE = ["text", "nothing", "floats", "extended floats", "zeros", "many", "wide", "slow", "folder", "missing", "pipe"]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_sound_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError) as refusal:
        read(hostile(tmp_path)[name])
    assert refusal.value.sentence.endswith(".")
    assert not refusal.value.sentence.endswith(": .")
    assert refusal.value.action


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 60), st.binary(max_size=8))
def test_damaged_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, pcm: bytes, place: int, damage: bytes
) -> None:
    path = write(tmp_path_factory.mktemp("wav") / "a.wav", pcm)
    data = bytearray(path.read_bytes())
    data[place : place + len(damage)] = damage
    path.write_bytes(data)
    try:
        samples = read(path)
    except RecordingError:
        return
    assert np.abs(samples).max(initial=0.0) <= 1.0
