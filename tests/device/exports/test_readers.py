"""Exports as others' programs read them: samples exact, times within 0.1 ms.

Readers that are large are of the extra `readers`; where one is missing its test says so.
"""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import mido
import numpy as np
import pytest
import pyxdf

from device.exports import EXPORTS
from device.exports.files import write_files
from device.exports.recording import Recording
from device.imports import import_name
from device.messages import TICKS_PER_BEAT
from device.sessions.reader import SessionReader
from tests.device.exports import measured

WITHIN_S = 1e-4


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(SessionReader(measured.make_measured(tmp_path_factory.mktemp("session") / measured.SESSION_ID)))


def export(recording: Recording, form: str, folder: Path) -> list[Path]:
    return write_files(import_name(EXPORTS[form])(recording), folder)


def reader(name: str) -> ModuleType:
    """A reader of the extra `readers`; its own warnings are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason=f"{name} is of the extra `readers`")


def eeg_with_hole() -> np.ndarray:
    data = measured.eeg().astype(float)
    data[measured.HOLE.start : measured.HOLE.stop] = 0.0
    return data


def seconds_of_report() -> float:
    """Where the listener's word stands in the EEG: at the sample that was being taken."""
    sample = next(n for n in range(5000) if measured.eeg_ns(n + 1) > measured.REPORT_NS)
    return (sample + (measured.REPORT_NS - measured.eeg_ns(sample)) / 4e6) / 250


@pytest.mark.parametrize(("form", "step"), [("edf", None), ("bdf", measured.LSB)])
def test_pyedflib_reads_samples_gaps_and_events(
    recording: Recording, tmp_path: Path, form: str, step: float | None
) -> None:
    pyedflib = reader("pyedflib")
    paths = {path.name.partition("_")[2]: path for path in export(recording, form, tmp_path)}
    with pyedflib.EdfReader(str(paths[f"cyton-eeg.{form}"])) as file:
        assert file.getSignalLabels() == ["EEG Fp1", "EEG C3"]
        assert file.getSampleFrequencies().tolist() == [250, 250]
        for channel, wanted in enumerate(eeg_with_hole().T):
            height = step or file.getPhysicalMaximum(channel) / 32767
            assert np.abs(file.readSignal(channel) - wanted).max() <= (
                0.501 * height if form == "edf" else 0.02 * height
            )
        assert f"{file.getStartdatetime():%Y%m%dT%H%M%S}" == "20261129T101112"
        events = {text: (onset, length) for onset, length, text in zip(*file.readAnnotations(), strict=True)}
        assert events["BAD_ACQ_SKIP"] == (pytest.approx(10.0), pytest.approx(0.4))
        assert events["command: patient: self report"][0] == pytest.approx(seconds_of_report(), abs=WITHIN_S)
    with pyedflib.EdfReader(str(paths[f"wristband-motion.{form}"])) as file:
        assert file.getSampleFrequencies().tolist() == [32, 32, 32]
        for channel, wanted in enumerate(measured.motion().T):
            height = file.getPhysicalMaximum(channel) / (32767 if form == "edf" else 2**23 - 1)
            assert np.abs(file.readSignal(channel) - wanted).max() <= 0.501 * height
    with pyedflib.EdfReader(str(paths[f"wristband-heart.{form}"])) as file:
        told = [(onset, text) for onset, _, text in zip(*file.readAnnotations(), strict=True) if "rr_ms" in text]
        first_ns = measured.beats()[0][0]
        assert len(told) == len(measured.beats())
        for (onset, text), (t_ns, _, interval) in zip(told, measured.beats(), strict=True):
            assert onset == pytest.approx((t_ns - first_ns) / 1e9, abs=WITHIN_S)
            assert float(text.rpartition(" ")[2]) == interval


@pytest.mark.parametrize("form", ["edf", "bdf"])
def test_mne_reads_samples_and_leaves_the_gap_out(recording: Recording, tmp_path: Path, form: str) -> None:
    mne = reader("mne")
    path = next(path for path in export(recording, form, tmp_path) if "eeg" in path.name)
    raw = getattr(mne.io, f"read_raw_{form}")(path, preload=True, verbose="error")
    assert raw.info["sfreq"] == 250.0
    step_uv = measured.LSB if form == "bdf" else 0.2
    assert np.abs(raw.get_data() * 1e6 - eeg_with_hole().T).max() <= 0.51 * step_uv
    _, times_s = raw.get_data(reject_by_annotation="omit", return_times=True)
    assert len(times_s) == 250 * measured.SECONDS - len(measured.HOLE)
    said = next(item for item in raw.annotations if item["description"] == "command: patient: self report")
    assert said["onset"] == pytest.approx(seconds_of_report(), abs=WITHIN_S)


def test_pyxdf_reads_each_sample_at_its_time(recording: Recording, tmp_path: Path) -> None:
    (path,) = export(recording, "xdf", tmp_path)
    found, header = pyxdf.load_xdf(str(path), dejitter_timestamps=False, verbose=False)
    streams: dict[str, Any] = {stream["info"]["name"][0]: stream for stream in found}
    assert header["info"]["version"] == ["1.0"]
    kept = [n for n in range(250 * measured.SECONDS) if n not in measured.HOLE]
    eeg = streams["cyton-eeg"]
    assert np.array_equal(eeg["time_series"], measured.eeg()[kept])
    assert np.abs(eeg["time_stamps"] - [measured.eeg_ns(n) / 1e9 for n in kept]).max() < WITHIN_S
    assert np.array_equal(streams["wristband-motion"]["time_series"], measured.motion())
    beats = streams["wristband-heart"]
    assert np.array_equal(beats["time_series"], np.array([row[1:] for row in measured.beats()], "f4"), equal_nan=True)
    assert np.abs(beats["time_stamps"] - [row[0] / 1e9 for row in measured.beats()]).max() < WITHIN_S
    events = dict(
        zip((row[0] for row in streams["events"]["time_series"]), streams["events"]["time_stamps"], strict=True)
    )
    assert events["command: patient: self report"] == pytest.approx(measured.REPORT_NS / 1e9, abs=WITHIN_S)


def test_csv_tells_samples_with_their_times_and_no_formula(recording: Recording, tmp_path: Path) -> None:
    paths = {path.stem.partition("_")[2]: path for path in export(recording, "csv", tmp_path)}
    rows = list(csv.DictReader(io.StringIO(paths["cyton-eeg"].read_text("utf-8"))))
    assert len(rows) == 250 * measured.SECONDS
    for sample, row in enumerate(rows):
        if sample in measured.HOLE:
            assert row["Fp1"] == ""
        else:
            assert np.float32(row["Fp1"]) == measured.eeg()[sample, 0]
            assert float(row["time_s"]) == pytest.approx((measured.eeg_ns(sample) - measured.BEGAN_NS) / 1e9, abs=1e-6)
    told = [row["text"] for row in csv.DictReader(io.StringIO(paths["events"].read_text("utf-8")))]
    assert f"'{measured.FORMULA}" in told
    assert not [text for text in told if text.startswith(("=", "+", "-", "@"))]


def test_fhir_resources_takes_the_bundle_and_gives_the_samples_back(recording: Recording, tmp_path: Path) -> None:
    bundles = reader("fhir.resources.R4B.bundle")
    (path,) = export(recording, "fhir", tmp_path)
    bundle = bundles.Bundle.model_validate_json(path.read_bytes())
    found = [entry.resource for entry in bundle.entry]
    eeg = next(item for item in found if getattr(getattr(item, "code", None), "text", "") == "eeg of cyton")
    sampled = eeg.component[0].valueSampledData
    told = [math.nan if word == "E" else float(word) for word in sampled.data.split()]
    wanted = measured.eeg()[:, 0].copy()
    wanted[measured.HOLE.start : measured.HOLE.stop] = np.nan
    assert float(sampled.period) == 4.0
    assert np.array_equal(np.array(told, "f4"), wanted, equal_nan=True)
    answers = [item for item in found if type(item).__name__ == "QuestionnaireResponse"]
    assert [float(item.answer[0].valueDecimal) for item in answers[0].item] == [0.5, -0.25]


def test_the_bundle_is_json_with_the_types_of_the_standard(recording: Recording, tmp_path: Path) -> None:
    (path,) = export(recording, "fhir", tmp_path)
    bundle = json.loads(path.read_text("utf-8"))
    kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert bundle["type"] == "collection"
    assert kinds == {"Device", "Observation", "QuestionnaireResponse"}


def test_the_bids_validator_finds_no_error(recording: Recording, tmp_path: Path) -> None:
    reader("bids_validator_deno")
    paths = export(recording, "bids", tmp_path)
    command = [str(Path(sys.executable).with_name("bids-validator-deno")), str(tmp_path), "--format", "json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert not [issue for issue in issues if issue["severity"] == "error"]
    assert [path for path in paths if path.name.endswith("_eeg.bdf")]


def test_bids_tells_the_missing_samples_and_when_what_happened(recording: Recording, tmp_path: Path) -> None:
    paths = export(recording, "bids", tmp_path)
    about = json.loads(next(path for path in paths if path.name.endswith("_eeg.json")).read_text("utf-8"))
    events = next(path for path in paths if path.name.endswith("_events.tsv")).read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(events), delimiter="\t"))
    said = next(row for row in rows if row["value"] == "patient: self report")
    assert about["MissingSamples"] == [{"first": 2500, "end": 2600}]
    assert float(said["onset"]) == pytest.approx(seconds_of_report(), abs=WITHIN_S)


def notes_played() -> list[tuple[float, float, int]]:
    """Onset and length in quarters, and pitch, of all notes."""
    found, at = [], 0.0
    for index in range(4):
        bar = measured.played(index)
        scale = (1.5 if bar.metre == "6/8" else 1.0) / TICKS_PER_BEAT
        found += [(at + n.onset_tick * scale, n.duration_tick * scale, n.pitch) for n in bar.notes]
        at += 96 * scale
    return found


def test_mido_reads_every_note_at_its_place(recording: Recording, tmp_path: Path) -> None:
    (path,) = export(recording, "midi", tmp_path)
    file = mido.MidiFile(path)
    onsets = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on":
                onsets.append((tick / file.ticks_per_beat, message.note))
    wanted = sorted((onset, pitch) for onset, _, pitch in notes_played())
    assert [pitch for _, pitch in sorted(onsets)] == [pitch for _, pitch in wanted]
    assert [onset for onset, _ in sorted(onsets)] == pytest.approx([onset for onset, _ in wanted], abs=WITHIN_S)


def is_tied_back(note: Any) -> bool:
    return note.tie is not None and note.tie.type in ("stop", "continue")


def test_music21_reads_the_score(recording: Recording, tmp_path: Path) -> None:
    music21 = reader("music21")
    (path,) = export(recording, "musicxml", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = music21.converter.parse(path)
        found = []
        for part in score.parts:
            for element in part.flatten().notes:
                begun = [note for note in getattr(element, "notes", [element]) if not is_tied_back(note)]
                found += [(float(element.offset), note.pitch.midi) for note in begun]
        signatures = [str(item.ratioString) for item in score.parts[0].flatten().getTimeSignatures()]
        keys = {item.sharps for item in score.parts[0].flatten().getElementsByClass("KeySignature")}
    wanted = {(round(onset, 4), pitch) for onset, _, pitch in notes_played()}
    assert {(round(onset, 4), pitch) for onset, pitch in found} == wanted
    assert signatures == ["4/4", "6/8", "4/4"]
    assert keys == {2}
