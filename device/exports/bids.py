"""BIDS 1.10: a dataset that several sessions may be exported into (bids-specification.readthedocs.io).

EEG is a BDF with its sidecars, other regular signals are physiological recordings, what comes at irregular times and
what the listener said are tables of behaviour, and the music is a stimulus. Files of the whole dataset are the same
whichever session they come with.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from device.exports.cells import number, tab_separated
from device.exports.edf import BDF, write_signal
from device.exports.files import File
from device.exports.recording import Recording, line
from device.exports.signals import Signal
from device.messages import SelfReport
from device.sessions.interchange import midi_bytes

BIDS_VERSION = "1.10.0"
TASK = "listening"
UNITS = {"degrees Celsius": "oC", "1/min": "1/min", "": "n/a"}
README = """# Sessions of an isotone box

Music was composed live while the listener's signals were read. Each session has its EEG (BDF+ with annotations), other
signals of its sensors, what happened (events), what the listener said (beh), and its music (stimuli, MIDI).
Times of events are seconds from the first sample of the file they stand beside, by the sensor's own counter.
A research and wellness aid, not a medical device.
"""
DESCRIPTION = {
    "Name": "Sessions of an isotone box",
    "BIDSVersion": BIDS_VERSION,
    "DatasetType": "raw",
    "License": "n/a",
    "Authors": ["n/a"],
    "GeneratedBy": [{"Name": "isotone"}],
}
EVENT_COLUMNS = {
    "onset": {"Description": "Seconds from the first sample of the recording.", "Units": "s"},
    "duration": {"Description": "0 is a moment.", "Units": "s"},
    "trial_type": {"Description": "What kind of event it is: phase, fault, command, marker or music."},
    "value": {"Description": "What happened, in words; a command begins with who gave it."},
    "stim_file": {"Description": "The music that was played, below the folder stimuli."},
}


def write_bids(recording: Recording) -> Iterator[File]:
    """The files of one session, and those of the whole dataset."""
    subject, session = label(recording.history.listener), label(recording.session_id)
    folder, begin = f"sub-{subject}/ses-{session}", f"sub-{subject}_ses-{session}_task-{TASK}"
    stimulus = f"sub-{subject}_ses-{session}.mid"
    yield "dataset_description.json", _json(DESCRIPTION)
    yield "README.md", README.encode()
    yield f"stimuli/{stimulus}", midi_bytes(recording.history.played, recording.history.keys())
    for signal in recording.signals:
        acquisition = f"{begin}_acq-{label(signal.name)}"
        if signal.kind == "eeg" and signal.is_regular:
            yield from _eeg(recording, signal, f"{folder}/eeg/{acquisition}", stimulus)
        elif signal.is_regular:
            yield from _physio(recording, signal, f"{folder}/beh/{begin}_recording-{label(signal.name)}_physio")
        else:
            yield from _irregular(recording, signal, f"{folder}/beh/{acquisition}_beh")
    yield from _said(recording, f"{folder}/beh/{begin}_acq-said_beh")


def label(text: str) -> str:
    """Letters and digits alone, as BIDS has them; of a name in other letters its hash."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = "".join(letter for letter in plain if letter.isalnum())[:40]
    return kept or hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def _eeg(recording: Recording, signal: Signal, begin: str, stimulus: str) -> Iterator[File]:
    yield f"{begin}_eeg.bdf", write_signal(recording, signal, BDF)
    yield f"{begin}_eeg.json", _json(_about_eeg(recording, signal))
    columns = ("name", "type", "units", "sampling_frequency")
    rows = [
        (line(name), "EEG", _unit(unit), signal.sfreq_hz)
        for name, unit in zip(signal.ch_names, signal.units, strict=True)
    ]
    yield f"{begin}_channels.tsv", tab_separated(columns, rows)
    yield f"{begin}_events.tsv", tab_separated(list(EVENT_COLUMNS), _events(recording, signal, stimulus))
    yield f"{begin}_events.json", _json(EVENT_COLUMNS)


def _about_eeg(recording: Recording, signal: Signal) -> dict[str, Any]:
    source = recording.sources.get(signal.source)
    return {
        "TaskName": TASK,
        "TaskDescription": "The listener hears music that is composed live and answers their signals.",
        "SamplingFrequency": signal.sfreq_hz,
        "EEGReference": "n/a",
        "PowerLineFrequency": source.mains_hz if source else "n/a",
        "SoftwareFilters": "n/a",
        "Manufacturer": "n/a",
        "EEGChannelCount": len(signal.ch_names),
        "RecordingDuration": signal.end / signal.sfreq_hz,
        "RecordingType": "continuous",
        "SoftwareVersions": line(f"isotone {recording.document.text('isotone')}"),
        "MissingSamples": [{"first": gap.begin, "end": gap.end} for gap in signal.gaps()],
        "ProblemsOfTheRecording": [line(problem) for problem in recording.problems],
    }


def _events(recording: Recording, signal: Signal, stimulus: str) -> list[tuple[Any, ...]]:
    return [
        (
            number(signal.seconds_at(item.t_ns)), number(item.duration_s), item.kind, item.text,
            stimulus if item.kind == "music" else None,
        )
        for item in recording.annotations
    ]  # fmt: skip


def _physio(recording: Recording, signal: Signal, begin: str) -> Iterator[File]:
    """Compressed without a time in it, so that the same session gives the same bytes."""
    rows = [["" if cell == "nan" else cell for cell in map(str, row)] for row in signal.data()]
    table = tab_separated(signal.ch_names, rows).partition(b"\n")[2]
    yield f"{begin}.tsv.gz", gzip.compress(table, mtime=0)
    about: dict[str, Any] = {
        "SamplingFrequency": signal.sfreq_hz,
        "StartTime": round((signal.first_ns - recording.history.began_ns) / 1e9, 6),
        "Columns": list(signal.ch_names),
    }
    yield f"{begin}.json", _json(about | _columns(signal))


def _irregular(recording: Recording, signal: Signal, begin: str) -> Iterator[File]:
    rows = [
        (number(recording.seconds(t_ns)), *("" if cell == "nan" else cell for cell in map(str, row)))
        for t_ns, row in zip(signal.times_ns().tolist(), signal.data(), strict=True)
    ]
    yield f"{begin}.tsv", tab_separated(("onset", *signal.ch_names), rows)
    onset = {"Description": "Seconds since the music began.", "Units": "s"}
    yield f"{begin}.json", _json({"onset": onset} | _columns(signal))


def _said(recording: Recording, begin: str) -> Iterator[File]:
    said = [command for command in recording.history.commands if isinstance(command, SelfReport)]
    if not said:
        return
    rows = [(number(recording.seconds(item.t_ns)), item.value, item.valence) for item in said]
    yield f"{begin}.tsv", tab_separated(("onset", "arousal", "valence"), rows)
    columns = {
        "onset": {"Description": "Seconds since the music began.", "Units": "s"},
        "arousal": {"Description": "What the listener said: -1 calm to 1 tense."},
        "valence": {"Description": "What the listener said: -1 unpleasant to 1 pleasant."},
    }
    yield f"{begin}.json", _json(columns)


def _columns(signal: Signal) -> dict[str, Any]:
    described = zip(signal.ch_names, signal.units, strict=True)
    return {name: {"Description": f"{name} of {line(signal.source)}", "Units": _unit(unit)} for name, unit in described}


def _unit(unit: str) -> str:
    return UNITS.get(unit, unit)


def _json(value: dict[str, Any] | Sequence[Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")
