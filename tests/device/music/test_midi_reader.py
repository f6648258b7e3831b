"""A MIDI file that players accept is read; whatever the bytes, events or a sentence."""

import struct
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.errors import RecordingError
from device.music.midi_reader import BYTES_MAX, META, METER, read_midi
from device.music.theme import hear
from tests.device.music.midi_files import midi, tune

SONG = midi(("Melody", 0, tune()), ("Bass", 1, tune([40] * 8, length=2.0)))
HEAD = SONG[:14]
FIRST, MELODY, BASS = (b"MTrk" + part for part in SONG[14:].split(b"MTrk")[1:])


def resized(track: bytes, change: int) -> bytes:
    return track[:4] + struct.pack(">L", len(track) - 8 + change) + track[8:]


def with_event(event: bytes) -> bytes:
    """The song with an event before its first note."""
    return HEAD + FIRST + resized(MELODY[:8] + b"\x00" + event + MELODY[8:], 0) + BASS


def riff(data: bytes, size: int | None = None) -> bytes:
    body = b"RMIDdata" + struct.pack("<L", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<L", len(body)) + body


WHOLE: dict[str, bytes] = {
    "RMID": riff(SONG),
    "RMID with a list behind": riff(SONG) + b"LIST\x04\x00\x00\x00INFO",
    "RMID of no size": riff(SONG, 0),
    "MacBinary": bytes([0, 4]) + b"song".ljust(126, b"\0") + SONG + bytes(100),
    "mark of byte order": b"\xef\xbb\xbf" + SONG,
    "foreign chunk first": HEAD + b"XFIH" + struct.pack(">L", 4) + b"abcd" + SONG[14:],
    "foreign chunk between": HEAD + FIRST + b"XFKM" + struct.pack(">L", 3) + b"abc" + MELODY + BASS,
    "foreign chunk that names a track": HEAD + b"junk" + struct.pack(">L", 8) + b"MTrk\0\0\0\1" + SONG[14:],
    "longer header": b"MThd" + struct.pack(">L", 10) + HEAD[8:] + b"\1\2\3\4" + SONG[14:],
    "junk behind the end": HEAD + FIRST + resized(MELODY + b"\xff\xff\x00junk", 0) + BASS,
    "junk between tracks": HEAD + FIRST + MELODY + b"\0\0\0\0" + BASS,
    "junk behind the file": SONG + bytes(100) + b"<html>",
    "size too big": HEAD + FIRST + resized(MELODY, 50) + BASS,
    "size far too big": HEAD + FIRST + MELODY[:4] + b"\xff\xff\xff\xff" + MELODY[8:] + BASS,
    "size too small": HEAD + FIRST + resized(MELODY, -20) + BASS,
    "size of nothing": HEAD + FIRST + MELODY[:4] + bytes(4) + MELODY[8:] + BASS,
    "last track without its end": SONG[:-4],
    "meter of two bytes": with_event(b"\xff\x58\x02\x04\x02"),
    "meter of nothing": with_event(b"\xff\x58\x00"),
    "meter of a wrong byte": with_event(b"\xff\x58\x04\x04\xfe\x18\x08"),
    "meter of no beats": with_event(b"\xff\x58\x04\x00\x02\x18\x08"),
    "tempo of two bytes": with_event(b"\xff\x51\x02\x07\xa1"),
    "tempo of nothing": with_event(b"\xff\x51\x03\0\0\0"),
    "18 flats": with_event(b"\xff\x59\x02\xee\x01"),
    "key without mode": with_event(b"\xff\x59\x01\x02"),
    "unknown event": with_event(b"\xff\x60\x03abc"),
    "port of nothing": with_event(b"\xff\x21\x00"),
    "sequence number of one byte": with_event(b"\xff\x00\x01\x05"),
    "frame rate that there is not": with_event(b"\xff\x54\x05\xff\x3b\x3b\x00\x00"),
    "system exclusive": with_event(b"\xf0\x05\x7e\x7f\x09\x01\xf7"),
    "system exclusive without end": with_event(b"\xf0\x03\x7e\x7f\x09"),
    "escape": with_event(b"\xf7\x02\xf3\x01"),
    "undefined status": with_event(b"\xf4"),
    "real time": with_event(b"\xf8"),
    "name of another alphabet": with_event(b"\xff\x03\x04\xd0\xff\x1b\x07"),
    "high bits in data": with_event(b"\xb0\x87\xff"),
    "announces more tracks": HEAD[:10] + struct.pack(">H", 99) + HEAD[12:] + SONG[14:],
    "announces no tracks": HEAD[:10] + bytes(2) + HEAD[12:] + SONG[14:],
}


@pytest.mark.parametrize("kind", WHOLE)
def test_what_players_play_is_read_as_the_same_melody(kind: str) -> None:
    heard = hear(WHOLE[kind], "song.mid")
    assert [[note.pitch for note in bar] for bar in heard.theme.bars] == [
        [note.pitch for note in bar] for bar in hear(SONG, "song.mid").theme.bars
    ]
    assert heard.sentence.isprintable()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (WHOLE["announces more tracks"], "3 tracks are there and 99 were announced"),
        (SONG[:-30], "1 of its tracks breaks off"),
        (WHOLE["last track without its end"], "1 of its tracks breaks off"),
    ],
)
def test_what_was_mended_is_said(data: bytes, said: str) -> None:
    assert said in hear(data, "song.mid").sentence


def test_a_track_that_breaks_off_gives_what_it_has() -> None:
    whole = midi(("Melody", 0, tune(length=0.5)))
    for length in range(len(whole) - 1, len(whole) - 80, -7):
        heard = hear(whole[:length], "song.mid")
        assert 4 < sum(map(len, heard.theme.bars)) <= 16
        assert "breaks off" in heard.sentence


def events_of(body: bytes) -> list[tuple[int, int, bytes]]:
    """Tick, kind and data of the events of a track, its end left out."""
    track = b"MTrk" + struct.pack(">L", len(body) + 4) + body + b"\x00\xff\x2f\x00"
    (found,) = read_midi(b"MThd" + struct.pack(">LHHH", 6, 0, 1, 480) + track, "song.mid").tracks
    return [(event.tick, event.kind, event.data) for event in found.events]


@pytest.mark.parametrize("between", [b"\xff\x01\x00", b"\xf0\x01\xf7", b"\xf7\x01\x00"])
def test_what_stands_between_leaves_a_running_status_as_it_is(between: bytes) -> None:
    notes = [event for event in events_of(b"\x00\x90\x3c\x40\x00" + between + b"\x10\x3e\x40") if event[1] == 0x90]
    assert notes == [(0, 0x90, b"\x3c\x40"), (16, 0x90, b"\x3e\x40")]


def test_a_number_that_does_not_end_has_four_bytes() -> None:
    (note,) = events_of(b"\x81\x80\x80\x80\x90\x3c\x40")
    assert note == (1 << 21, 0x90, b"\x3c\x40")


def test_a_meter_of_two_bytes_counts() -> None:
    (event,) = (
        e
        for e in read_midi(WHOLE["meter of two bytes"], "song.mid").tracks[1].events
        if e.kind == META and e.channel == METER
    )
    assert event.data == b"\x04\x02"


BODIES: tuple[Callable[[int], bytes], ...] = (
    lambda n: b"\x00\x90\x3c\x40" + b"\x01\x3c\x00" * (n // 3),
    lambda n: b"\x00\xff\x58\x02\x01\x06" * (n // 6),
    lambda n: b"MTrk\0\0\0\0" * (n // 8),
    lambda n: b"abcd\0\0\0\0" * (n // 8),
    lambda n: b"MTrk\xff\xff\xff\xff" * (n // 8),
    lambda n: b"\xff" * n,
)


@pytest.mark.parametrize("body", BODIES)
def test_the_worst_file_of_the_size_allowed_takes_little_time(body: Callable[[int], bytes]) -> None:
    inside = body(BYTES_MAX - 100)
    for data in (HEAD + inside, HEAD + b"MTrk" + struct.pack(">L", len(inside)) + inside):
        began = time.process_time()
        answer(data)
        assert time.process_time() - began < 5.0


def answer(data: bytes) -> str:
    try:
        return hear(data, "song.mid").sentence
    except RecordingError as error:
        return str(error)


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.integers(0, 200),
    st.binary(max_size=20),
)
def test_any_file_with_wrong_bytes_is_a_melody_or_a_sentence(
    kind: str, changes: list[tuple[int, int]], missing: int, more: bytes
) -> None:
    data = bytearray(WHOLE[kind])
    for place, value in changes:
        data[place % len(data)] = value
    assert answer(bytes(data[: len(data) - missing]) + more).startswith("song.mid")
