"""MIDI: the music as it was played, with its keys."""

from __future__ import annotations

from collections.abc import Iterator

from device.exports.files import File
from device.exports.recording import Recording, file_name
from device.sessions.interchange import midi_bytes


def write_midi(recording: Recording) -> Iterator[File]:
    """One file of notes."""
    history = recording.history
    yield f"{file_name(recording.session_id)}.mid", midi_bytes(history.played, history.keys())
