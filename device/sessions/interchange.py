"""played.mid: the bars as they were played, for any notation or music program (Standard MIDI File, type 1).

One track for tempo, meter and remarks, one per voice; bar times follow the session's clock, so a gap in the music is a
rest of its length.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import mido

from device.messages import TICKS_PER_BEAT, VOICES, Mode, Note, PlayedBar
from device.music.metre import Layout, layout_of
from device.music.perform import PEDALLED_VOICES, pedal_ticks
from device.sealing.door import store_whole

RESOLUTION = 480
"""Ticks per quarter in the file."""
GAP_MIN_S = 0.5
"""A wish may move the end of a bar by a quarter of a second, which is no gap."""
GAP_MAX_S = 3600.0
"""A longer rest is written so long; MIDI has no more room for it."""
SIGNATURES: dict[Mode, tuple[str, ...]] = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"),
}
"""Key signatures as mido names them, by tonic."""
Key = tuple[int, Mode]
"""Tonic (0 to 11) and mode."""
EXPRESSION, BRIGHTNESS, SUSTAIN = 11, 74, 64
PEDAL_UP = RESOLUTION // 16
"""Ticks until the pedal is pressed again."""

Timed = tuple[int, int, mido.Message | mido.MetaMessage]
"""Tick, precedence at the same tick, message."""


def write_midi(path: Path, played: Sequence[PlayedBar], keys: Sequence[Key] = ()) -> None:
    """Write the bars, with their `keys` where those are known; a session without any gives a file without notes."""
    store_whole(path, midi_bytes(played, keys))


def midi_bytes(played: Sequence[PlayedBar], keys: Sequence[Key] = ()) -> bytes:
    """What `write_midi` writes."""
    file = mido.MidiFile(type=1, ticks_per_beat=RESOLUTION, charset="utf-8")
    starts = list(_starts(played))
    file.tracks.append(_track("session", [*_conduct(played, starts), *_sign(keys, starts)]))
    for channel, voice in enumerate(VOICES):
        file.tracks.append(_track(voice, _voice(played, starts, voice, channel)))
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def _starts(played: Sequence[PlayedBar]) -> Iterator[int]:
    """Tick at which each bar begins: after the one before, or later where the music had a gap."""
    tick, end_ns = 0, played[0].t_ns if played else 0
    for before, bar in zip([None, *played], played, strict=False):
        gap_s = (bar.t_ns - end_ns) / 1e9
        if before is not None and gap_s > GAP_MIN_S:
            tick += round(min(gap_s, GAP_MAX_S) * before.tempo_bpm / 60 * _scale(before) * TICKS_PER_BEAT)
        yield tick
        tick += bar.beats * TICKS_PER_BEAT * _scale(bar)
        end_ns = bar.t_ns + round(bar.beats * 60e9 / bar.tempo_bpm)


def _conduct(played: Sequence[PlayedBar], starts: Sequence[int]) -> Iterator[Timed]:
    layout: Layout | None = None
    for bar, tick in zip(played, starts, strict=True):
        if layout_of(bar) != layout:
            layout = layout_of(bar)
            yield tick, 0, _signature(layout)
        yield tick, 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bar.tempo_bpm * layout.quarters_per_beat))
        if bar.fallback:
            yield tick, 1, mido.MetaMessage("marker", text=f"phrasebook: {bar.fallback}")


def _scale(bar: PlayedBar) -> int:
    """Ticks of the file in one of ours: our beats are dotted quarters in 6/8."""
    return round(RESOLUTION * layout_of(bar).quarters_per_beat) // TICKS_PER_BEAT


def _signature(layout: Layout) -> mido.MetaMessage:
    """A metronome ticks once a beat, which is told in 24ths of a quarter."""
    return mido.MetaMessage(
        "time_signature",
        numerator=layout.numerator,
        denominator=layout.denominator,
        clocks_per_click=round(24 * layout.quarters_per_beat),
    )


def _sign(keys: Sequence[Key], starts: Sequence[int]) -> Iterator[Timed]:
    """A key signature wherever the key changes."""
    before: Key | None = None
    for key, tick in zip(keys, starts, strict=False):
        if key != before:
            yield tick, 0, mido.MetaMessage("key_signature", key=SIGNATURES[key[1]][key[0]])
        before = key


def _voice(played: Sequence[PlayedBar], starts: Sequence[int], voice: str, channel: int) -> Iterator[Timed]:
    program = -1
    notes: list[tuple[int, int, Note]] = []
    for bar, tick in zip(played, starts, strict=True):
        if bar.programs.get(voice, program) != program:
            program = bar.programs[voice]
            yield tick, 1, mido.Message("program_change", channel=channel, program=program)
        for control, share in ((EXPRESSION, 10 ** (bar.loudness_db / 40)), (BRIGHTNESS, bar.brightness)):
            yield tick, 1, mido.Message("control_change", channel=channel, control=control, value=_seven_bits(share))
        if voice in PEDALLED_VOICES:
            yield from _pedal(bar, tick, channel)
        scale = _scale(bar)
        lengths = ((note, note.duration_tick * scale) for note in bar.notes if note.voice == voice)
        notes += [(tick + note.onset_tick * scale, length, note) for note, length in lengths]
    yield from _sound(sorted(notes, key=lambda item: item[0]), channel)


def _pedal(bar: PlayedBar, tick: int, channel: int) -> Iterator[Timed]:
    """The pedal as it was to go when the bar began: lifted at each change of harmony and pressed again."""
    ticks = pedal_ticks(bar.notes, bar.manner.articulation) if bar.manner else ()
    for place in ticks or (0,):
        at = tick + place * _scale(bar)
        yield at, 1, mido.Message("control_change", channel=channel, control=SUSTAIN, value=0)
        if ticks:
            yield at + PEDAL_UP, 1, mido.Message("control_change", channel=channel, control=SUSTAIN, value=127)


def _sound(notes: Sequence[tuple[int, int, Note]], channel: int) -> Iterator[Timed]:
    """Notes, with tick and length in the file, on and off; one that is struck again while it rings ends there."""
    struck_again: dict[int, int] = {}
    for tick, length, note in reversed(notes):
        end = min(tick + length, struck_again.get(note.pitch, tick + length))
        struck_again[note.pitch] = tick
        if end > tick:
            yield tick, 3, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
            yield end, 2, mido.Message("note_off", channel=channel, note=note.pitch)


def _track(name: str, timed: Iterable[Timed]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    last = 0
    for tick, _, message in sorted(timed, key=lambda item: item[:2]):
        track.append(message.copy(time=tick - last))
        last = tick
    return track


def _seven_bits(share: float) -> int:
    return min(127, max(0, round(127 * share)))
