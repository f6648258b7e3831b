"""Reads the bytes of a MIDI file as a player does: whatever can be understood, and in words what was mended.

mido, which writes our files, refuses a whole file for one event that it does not know, and cannot be told to go on;
players skip it. What follows is a reader of the format (RP-001, Standard MIDI Files 1.0) that skips it too.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from device.errors import RecordingError

BYTES_MAX = 262_144
"""More than any song takes."""
HEADER = b"MThd"
TRACK = b"MTrk"
WRAPPING_BYTES = 4096
"""Bytes of a file in which its header may begin: RMID, MacBinary and download tools put something before it."""
CHUNK_NAME = re.compile(rb"[A-Za-z0-9 ]{4}")
NUMBER_BYTES = 4
"""A number of variable length has no more."""
N_DATA = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
"""Bytes that follow a status byte of a channel."""
N_SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}
SYSTEM_EXCLUSIVE, ESCAPE, META = 0xF0, 0xF7, 0xFF
NAMES = TRACK_NAME, INSTRUMENT_NAME = 0x03, 0x04
END_OF_TRACK, TEMPO, METER = 0x2F, 0x51, 0x58
N_META = {TEMPO: 3, METER: 2}
"""Bytes without which one of these says nothing."""
ACTION = "Save it again in a notation or music program as a Standard MIDI File."


class Event(NamedTuple):
    tick: int
    kind: int
    """The status byte without its channel, or `META`."""
    channel: int
    """The channel, or the type of a meta event."""
    data: bytes


class Track(NamedTuple):
    name: str
    events: tuple[Event, ...]


class File(NamedTuple):
    ticks_per_beat: int
    tracks: tuple[Track, ...]
    mended: tuple[str, ...]
    """What was wrong and is passed over, in words."""


def read_midi(data: bytes, name: str) -> File:
    """What can be understood of the bytes of a file called `name`.

    Raises:
        RecordingError: no MIDI file, too large, without a track, a collection of patterns, or without beats.
    """
    if len(data) > BYTES_MAX:
        _refuse(f"{name} is larger than {BYTES_MAX // 1024} kB.", "Give a MIDI file of one piece, not a collection.")
    begins = data.find(HEADER, 0, WRAPPING_BYTES)
    if begins < 0:
        _refuse(f"{name} is not a MIDI file.", ACTION)
    head = data[begins + 8 : begins + 14]
    if len(head) < 6:
        _refuse(f"{name} is a broken MIDI file: it ends in its header.", ACTION)
    kind, n_tracks, division = struct.unpack(">HHh", head)
    if kind not in (0, 1):
        _refuse(f"{name} is a collection of patterns (MIDI type {kind}).", ACTION)
    if division == 0:
        _refuse(f"{name} is a broken MIDI file: it gives a beat no length.", ACTION)
    if division < 0:
        _refuse(f"{name} counts film frames instead of beats.", ACTION)
    tracks, broken = _read_tracks(data, begins)
    if not tracks:
        _refuse(f"{name} is a broken MIDI file: no track is in it.", ACTION)
    mended = [f"{broken} of its tracks {'breaks' if broken == 1 else 'break'} off"] if broken else []
    mended += [f"{len(tracks)} tracks are there and {n_tracks} were announced"] if len(tracks) != n_tracks else []
    return File(division, tuple(tracks), tuple(mended))


def _refuse(sentence: str, action: str) -> NoReturn:
    raise RecordingError(sentence, action)


def _read_tracks(data: bytes, begins: int) -> tuple[list[Track], int]:
    """All tracks, and how many of them break off before their end."""
    tracks: list[Track] = []
    broken = 0
    for chunk in _track_chunks(data, begins):
        events, is_whole = _read_events(chunk)
        broken += not is_whole
        # The track's name where it has one, else its instrument's.
        names = sorted((event.channel, event.data) for event in events if event.kind == META and event.channel in NAMES)
        tracks.append(Track(_text(names[0][1]) if names else "", tuple(events)))
    return tracks, broken


def _text(raw: bytes) -> str:
    """A name that may be shown on a terminal."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return "".join(letter if letter.isprintable() else " " for letter in text[:60]).strip()


def _track_chunks(data: bytes, at: int) -> Iterator[bytes]:
    """The bytes of each track. A chunk's size is believed where something that can be a chunk follows."""
    while 0 <= at < len(data):
        begins = at + 8
        ends = begins + int.from_bytes(data[at + 4 : begins], "big")
        if ends != len(data) and not CHUNK_NAME.fullmatch(data[ends : ends + 4]):
            following = data.find(TRACK, begins)
            ends = following if following >= 0 else len(data)
        if data[at : at + 4] == TRACK:
            yield data[begins:ends]
        at = ends


def _read_events(chunk: bytes) -> tuple[list[Event], bool]:
    """The events that tell something, and whether the track comes to its end."""
    events: list[Event] = []
    at = tick = running = 0
    try:
        while True:
            delta, at = _number(chunk, at)
            tick += delta
            is_status = chunk[at] >= 0x80
            status = chunk[at] if is_status else running
            # What stands between leaves a running status as it is: so most players take it.
            running = status if status < SYSTEM_EXCLUSIVE else running
            at, channel, size = _open_event(chunk, at + is_status, status)
            event = Event(tick, status & 0xF0 if status < SYSTEM_EXCLUSIVE else status, channel, chunk[at : at + size])
            at += size
            if at > len(chunk) or (event.kind, event.channel) == (META, END_OF_TRACK):
                return events, at <= len(chunk)
            if event.kind in N_DATA or (event.kind == META and size >= N_META.get(channel, 0)):
                events.append(event)
    except IndexError:
        return events, False


def _open_event(chunk: bytes, at: int, status: int) -> tuple[int, int, int]:
    """The place where the data of an event begin, its channel (or type), and how many bytes they are.

    Raises:
        IndexError: the chunk ends before, or there is no status.
    """
    if status == META:
        size, begins = _number(chunk, at + 1)
        return begins, chunk[at], size
    if status in (SYSTEM_EXCLUSIVE, ESCAPE):
        size, begins = _number(chunk, at)
        return begins, 0, size
    if status < 0x80:
        raise IndexError
    return at, status & 0x0F, N_DATA.get(status & 0xF0, N_SYSTEM_DATA.get(status, 0))


def _number(chunk: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    number = 0
    for place in range(at, at + NUMBER_BYTES):
        number = number << 7 | chunk[place] & 0x7F
        if chunk[place] < 0x80:
            return number, place + 1
    return number, at + NUMBER_BYTES
