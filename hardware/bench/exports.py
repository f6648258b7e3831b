"""Holds the exports of a real session against programs of others: `python -m hardware.bench.exports SESSION`.

Samples are compared with those in the log; times with the box's time of the sample that was being taken. The readers
are those of the extra `readers`; one that is not installed is named as such.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from device.exports import EXPORTS
from device.exports.files import write_files
from device.exports.recording import Recording
from device.exports.signals import Signal
from device.imports import import_name
from device.sessions.reader import SessionReader


def main(folder: Path) -> None:
    """Print a table in Markdown with a row for what each reader found."""
    recording = Recording(SessionReader(folder))
    print(
        f"{recording.session_id}, {recording.history.duration_s:.0f} s, isotone {recording.document.text('isotone')}\n"
    )
    print("| format | reader | what it found |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for form, check in CHECKS:
            paths = write_files(import_name(EXPORTS[form])(recording), Path(place) / form)
            megabytes = sum(path.stat().st_size for path in paths) / 1e6
            for name, found in _asked(check, recording, paths):
                print(f"| {form} ({megabytes:.1f} MB) | {name} | {found} |")


def _asked(
    check: Callable[[Recording, list[Path]], Iterator[tuple[str, str]]], recording: Recording, paths: list[Path]
) -> Iterator[tuple[str, str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from check(recording, paths)
    except ImportError as error:
        yield str(error.name), "not installed"


def _reader(name: str) -> Any:
    return importlib.import_module(name)


def _version(name: str) -> str:
    return f"{name} {importlib.import_module('importlib.metadata').version(name)}"


def _regular(recording: Recording, paths: list[Path]) -> Iterator[tuple[Signal, Path]]:
    for signal in recording.signals:
        if signal.is_regular:
            yield signal, next(path for path in paths if path.stem.endswith(f"_{signal.name}"))


def _differences(wanted: np.ndarray, found: np.ndarray) -> str:
    """Samples that are missing were written as 0, and stand behind the end as well."""
    whole = np.nan_to_num(wanted)
    beside = float(np.abs(found[: len(whole)] - whole).max())
    behind = float(np.abs(found[len(whole) :]).max(initial=0.0))
    return f"{whole.shape[0]} samples x {whole.shape[1]}, largest difference {max(beside, behind):.3g}"


def edf(recording: Recording, paths: list[Path]) -> Iterator[tuple[str, str]]:
    pyedflib = _reader("pyedflib")
    for signal, path in _regular(recording, paths):
        with pyedflib.EdfReader(str(path)) as file:
            found = np.array([file.readSignal(channel) for channel in range(file.signals_in_file)]).T
            steps = [file.getPhysicalMaximum(n) / file.getDigitalMaximum(n) for n in range(file.signals_in_file)]
            onsets = {
                round(onset, 6)
                for onset, _, text in zip(*file.readAnnotations(), strict=True)
                if text != "BAD_ACQ_SKIP"
            }
        wanted = sorted(signal.seconds_at(item.t_ns) for item in recording.annotations)
        late = max(min(abs(onset - at) for onset in onsets) for at in wanted)
        told = f"{signal.name}: {_differences(signal.data(), found)} (the widest step is {max(steps):.3g})"
        yield _version("pyedflib"), f"{told}; {len(wanted)} events, latest {late * 1e3:.4f} ms"


def mne(recording: Recording, paths: list[Path]) -> Iterator[tuple[str, str]]:
    reader = _reader("mne")
    for signal, path in _regular(recording, paths):
        raw = getattr(reader.io, f"read_raw_{path.suffix[1:]}")(path, preload=True, verbose="error")
        scale = 1e6 if signal.kind == "eeg" else 1.0
        found = _differences(signal.data(), raw.get_data().T * scale)
        skipped = sum(item["duration"] for item in raw.annotations if item["description"] == "BAD_ACQ_SKIP")
        yield _version("mne"), f"{signal.name}: {found}; {skipped:.3f} s marked as missing"


def xdf(recording: Recording, paths: list[Path]) -> Iterator[tuple[str, str]]:
    streams, _ = _reader("pyxdf").load_xdf(str(paths[0]), dejitter_timestamps=False, verbose=False)
    by_name = {stream["info"]["name"][0]: stream for stream in streams}
    for signal in recording.signals:
        data, stream = signal.data(), by_name[signal.name]
        there = ~np.isnan(data).all(axis=1)
        same = np.array_equal(stream["time_series"], data[there], equal_nan=True)
        late_s = np.abs(stream["time_stamps"] - signal.times_ns()[there] / 1e9).max()
        yield (
            _version("pyxdf"),
            f"{signal.name}: {int(there.sum())} samples, equal: {same}; latest {late_s * 1e3:.4f} ms",
        )


def bids(recording: Recording, paths: list[Path]) -> Iterator[tuple[str, str]]:
    del recording
    _reader("bids_validator_deno")
    root = next(path for path in paths if path.name == "dataset_description.json").parent
    command = [str(Path(sys.executable).with_name("bids-validator-deno")), str(root), "--format", "json"]
    issues = json.loads(subprocess.run(command, check=False, capture_output=True).stdout)["issues"]["issues"]
    counts = [sum(issue["severity"] == severity for issue in issues) for severity in ("error", "warning")]
    yield _version("bids-validator-deno"), f"{counts[0]} errors, {counts[1]} warnings (keys that are recommended)"


def fhir(recording: Recording, paths: list[Path]) -> Iterator[tuple[str, str]]:
    bundle = _reader("fhir.resources.R4B.bundle").Bundle.model_validate_json(paths[0].read_bytes())
    found = {item.resource.id: item.resource for item in bundle.entry}
    for signal, observation in zip(
        (signal for signal in recording.signals if signal.is_regular),
        (item for item in found.values() if getattr(item, "effectivePeriod", None)),
        strict=True,
    ):
        told = [
            [float(word.replace("E", "nan")) for word in part.valueSampledData.data.split()]
            for part in observation.component
        ]
        same = np.array_equal(np.array(told, "f4").T, signal.data(), equal_nan=True)
        yield _version("fhir.resources"), f"{signal.name}: {len(told[0])} samples x {len(told)}, equal: {same}"
    yield _version("fhir.resources"), f"{len(found)} resources are valid"


def midi(recording: Recording, paths: list[Path]) -> Iterator[tuple[str, str]]:
    file = _reader("mido").MidiFile(paths[0])
    begun = sum(message.type == "note_on" for track in file.tracks for message in track)
    yield _version("mido"), f"{begun} of {sum(len(bar.notes) for bar in recording.history.played)} notes begin"


def musicxml(recording: Recording, paths: list[Path]) -> Iterator[tuple[str, str]]:
    score = _reader("music21").converter.parse(paths[0])
    notes = [note for element in score.flatten().notes for note in getattr(element, "notes", [element])]
    begun = sum(note.tie is None or note.tie.type == "start" for note in notes)
    wanted = sum(
        len({(n.onset_tick, n.pitch, n.voice, n.duration_tick) for n in bar.notes}) for bar in recording.history.played
    )
    yield _version("music21"), f"{begun} of {wanted} notes begin, in {len(score.parts)} parts"


Check = Callable[[Recording, list[Path]], Iterator[tuple[str, str]]]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("edf", edf), ("edf", mne), ("bdf", edf), ("bdf", mne), ("xdf", xdf), ("bids", bids), ("fhir", fhir),
    ("midi", midi), ("musicxml", musicxml),
)  # fmt: skip

if __name__ == "__main__":
    main(Path(sys.argv[1]))
