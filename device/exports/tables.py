"""CSV: a table for each signal, with the time of every sample, and tables of what was felt, decided and played.

All times are seconds since the music began, of the box's clock. `columns.csv` says what each column is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from device.exports.cells import comma_separated, number
from device.exports.files import File
from device.exports.recording import Recording, file_name
from device.exports.signals import Signal

TIME = "s since the music began, of the box's clock"


class Table(NamedTuple):
    """A table: the meaning of each of its columns by name, and its rows."""

    columns: dict[str, str]
    rows: Iterable[Sequence[Any]]


def write_csv(recording: Recording) -> Iterator[File]:
    """The tables, and one that says what their columns are."""
    tables = {signal.name: _samples(recording, signal) for signal in recording.signals}
    tables |= {"events": _events(recording), "affect": _affect(recording), "decisions": _decisions(recording)}
    tables |= {"bars": _bars(recording), "notes": _notes(recording), "problems": _problems(recording)}
    begin = file_name(recording.session_id)
    meanings = [(name, column, what) for name, table in tables.items() for column, what in table.columns.items()]
    yield f"{begin}_columns.csv", comma_separated(("table", "column", "meaning"), meanings)
    for name, table in tables.items():
        yield f"{begin}_{name}.csv", comma_separated(list(table.columns), table.rows)


def _samples(recording: Recording, signal: Signal) -> Table:
    units = {name: unit or "the sensor's own unit" for name, unit in zip(signal.ch_names, signal.units, strict=True)}
    columns = {"time_s": TIME, "sample": "the sensor's own count, lost ones counted in"} | units
    times = signal.times_ns().tolist()
    rows = (
        (number(recording.seconds(t_ns)), index, *("" if cell == "nan" else cell for cell in map(str, row)))
        for index, (t_ns, row) in enumerate(zip(times, signal.data(), strict=True))
    )
    return Table(columns, rows)


def _events(recording: Recording) -> Table:
    columns = {"time_s": TIME, "duration_s": "s; 0: a moment", "kind": "phase, fault, command, marker or music"}
    rows = [
        (number(recording.seconds(item.t_ns)), number(item.duration_s), item.kind, item.text)
        for item in recording.annotations
    ]
    return Table(columns | {"text": "what happened, in words; a command begins with who gave it"}, rows)


def _affect(recording: Recording) -> Table:
    columns = {
        "time_s": TIME,
        "known": "1: the estimate knows something",
        "arousal": "-1 calm to 1 load, estimated",
        "arousal_sd": "its standard deviation",
        "valence": "-1 unpleasant to 1 pleasant, estimated",
        "valence_sd": "its standard deviation",
    }
    rows = [
        (number(recording.seconds(item.t_ns)), int(item.known), *(
            (item.arousal, item.arousal_sd, item.valence, item.valence_sd) if item.known else (None,) * 4
        ))
        for item in recording.history.affect
    ]  # fmt: skip
    return Table(columns, rows)


def _decisions(recording: Recording) -> Table:
    columns = {
        "time_s": TIME,
        "bar": "index of the bar",
        "phase": "phase of the plan",
        "target_arousal": "-1 to 1",
        "target_valence": "-1 to 1",
        "decided_by": "who had the last word",
        "reason": "why, in words",
    }
    rows = [
        (
            number(recording.seconds(item.t_ns)), item.bar_index, item.context.phase, item.context.target_arousal,
            item.context.target_valence, item.decided_by, item.reason,
        )
        for item in recording.history.decisions
    ]  # fmt: skip
    return Table(columns, rows)


def _bars(recording: Recording) -> Table:
    columns = {
        "time_s": TIME,
        "bar": "index of the bar",
        "beats": "beats in it",
        "metre": "how they weigh",
        "tempo_bpm": "mean tempo, beats a minute",
        "loudness_db": "dB re the box's loudest",
        "brightness": "0 dull to 1 bright",
        "tonic_pc": "0 (C) to 11",
        "generator": "who composed it",
        "fallback": "why the phrasebook played instead",
    }
    names = list(columns)[1:]
    rows = [
        (number(recording.seconds(bar.t_ns)), bar.bar_index, *(getattr(bar, name) for name in names[1:]))
        for bar in recording.history.played
    ]
    return Table(columns, rows)


def _notes(recording: Recording) -> Table:
    columns = {
        "bar": "index of the bar",
        "onset_tick": "24ths of a beat from the bar's beginning",
        "duration_tick": "24ths of a beat",
        "pitch": "MIDI pitch",
        "velocity": "MIDI velocity",
        "voice": "melody, inner, bass or pad",
    }
    rows = [
        (bar.bar_index, note.onset_tick, note.duration_tick, note.pitch, note.velocity, note.voice)
        for bar in recording.history.played
        for note in bar.notes
    ]
    return Table(columns, rows)


def _problems(recording: Recording) -> Table:
    return Table({"problem": "what is wrong with the recording, in words"}, [(text,) for text in recording.problems])
