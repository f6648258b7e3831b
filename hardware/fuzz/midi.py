"""MIDI files as people have them: wrapped, cut, padded, with events that nobody else writes; heard as a melody."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from device.music.theme import hear
from hardware.fuzz.mutations import mutate

TUNE = (60, 62, 64, 65, 67, 67, 69, 67, 65, 64, 62, 64, 60, 62, 64, 60)
NAMES = b"Melody", b"Backing Vocals", b"\x1b[31m", b"\xff" * 60, b"", b"Voice Oohs"
METERS = b"\x04\x02\x18\x08", b"\x04\x02", b"\x05\x02", b"\x01\x03", b"\x00\x00", b"\xff\xff", b"\x07\x03", b""
EVENTS = (
    b"\xff\x51\x03\x00\x00\x00",
    b"\xff\x59\x02\xee\x01",
    b"\xff\x54\x05\xff\xff\xff\xff\xff",
    b"\xff\x2f\x00",
    b"\xff\x7f\x8f\xff\xff\x7f",
    b"\xf0\x03\x7e\x7f\x09",
    b"\xf7\xff\xff\xff\x7f",
    b"\xf4",
    b"\xf8",
    b"\xb0\xff\xff",
    b"\x90\x3c",
    b"\x3c\x40",
)
DELTAS = b"\x00", b"\x83\x60", b"\x81\x70", b"\x01", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff\xff"


class Midi:
    """Bytes alone; nothing is written to a disk."""

    def __init__(self, folder: Path) -> None:
        del folder

    def run(self, rng: random.Random) -> None:
        data = _wrapped(_file(rng), rng)
        for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
            data = mutate(data, rng)
        heard = hear(data, "song.mid")
        if not heard.theme.bars or not heard.sentence.isprintable():
            raise AssertionError(heard.sentence)


def _file(rng: random.Random) -> bytes:
    tracks = [_track(rng) for _ in range(rng.choice((0, 1, 2, 2, 3, 3, 16)))]
    kind, division = rng.choice((0, *[1] * 12, 2, 9)), rng.choice((*[480] * 12, 1, 0, 0xE728, 0x7FFF))
    head = struct.pack(">HHH", kind, rng.choice((len(tracks), len(tracks), 0, 99, 0xFFFF)), division)
    junk = rng.choice((b"", b"", b"XFIH\0\0\0\4abcd", b"junk\xff\xff\xff\xff", bytes(7)))
    return b"MThd" + struct.pack(">L", 6) + head + junk + b"".join(tracks)


def _track(rng: random.Random) -> bytes:
    name = rng.choice(NAMES)
    body = bytearray(b"\x00\xff\x03" + bytes([len(name)]) + name)
    if rng.random() < 0.5:
        meter = rng.choice(METERS)
        body += b"\x00\xff\x58" + bytes([len(meter)]) + meter
    channel, up = rng.randrange(16), rng.choice((0, 5, -24, 60))
    for pitch in TUNE * rng.choice((0, 1, 2, 2, 20)):
        if rng.random() < 0.05:
            body += rng.choice(DELTAS) + rng.choice(EVENTS)
        played = min(127, pitch + up)
        body += bytes([0, 0x90 | channel, played, 80]) + rng.choice(DELTAS[:3]) + bytes([0x80 | channel, played, 0])
    body += b"\x00\xff\x2f\x00" if rng.random() < 0.9 else b""
    length = len(body) + rng.choice((0, 0, 0, 50, -50, 2**31, -len(body)))
    return b"MTrk" + struct.pack(">L", max(0, length)) + body


def _wrapped(data: bytes, rng: random.Random) -> bytes:
    match rng.choice(("bare", "bare", "bare", "RMID", "MacBinary", "junk", "large")):
        case "RMID":
            size = rng.choice((len(data), 0, 2**32 - 1))
            return b"RIFF" + struct.pack("<L", len(data) + 12) + b"RMIDdata" + struct.pack("<L", size) + data
        case "MacBinary":
            return b"\0\4song".ljust(128, b"\0") + data
        case "junk":
            return rng.randbytes(rng.choice((1, 100, 5000))) + data
        case "large":
            return data + rng.choice((b"\0", b"\xff", b"MTrk\0\0\0\0", b"\x01\x3c\x40")) * rng.choice((1000, 60_000))
    return data
