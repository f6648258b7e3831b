"""The command that measures a folder of MIDI."""

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from export.music import evaluate as command
from export.music.evaluate import NAMES, evaluate, main
from export.music.midi import Piece
from tests.export.music.scores import Written, scale_tune, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(4):
        write(tmp_path / "ours" / f"{number}.mid", scale_tune(60 + number, tonic=60 + number))
    return tmp_path / "ours"


def _wild(seed: int) -> list[Written]:
    rng = np.random.default_rng(seed)
    return [(k * 0.5, 0.5, int(rng.integers(40, 90))) for k in range(120)]


def test_every_metric_has_a_median_and_an_interval_around_it(folder: Path) -> None:
    report = evaluate([folder])
    assert report["pieces"] == 4
    assert set(report["metrics"]) == set(NAMES)
    found = report["metrics"]["scale_consistency"]
    assert found == {"median": 1.0, "low": 1.0, "high": 1.0, "mean": 1.0, "pieces": 4}
    entropy = report["metrics"]["pitch_class_entropy"]
    assert entropy["low"] <= entropy["median"] <= entropy["high"]


def test_a_folder_held_against_itself_is_within_any_bound(folder: Path) -> None:
    report = evaluate([folder], [folder])
    for name in ("scale_consistency", "groove_consistency", "pitch_class_entropy", "structure_short"):
        assert report["metrics"][name]["ratio"] == pytest.approx(1.0)
    assert report["metrics"]["groove_consistency"]["share_in_reference_range"] > 0.4
    assert report["distributions"]["melodic intervals"]["overlap"] == pytest.approx(1.0)


def test_what_differs_from_people_shows(folder: Path) -> None:
    for seed in range(4):
        write(folder.parent / "wild" / f"{seed}.mid", _wild(seed))
    report = evaluate([folder.parent / "wild"], [folder])
    assert report["metrics"]["scale_consistency"]["ratio_high"] < 0.9
    assert report["metrics"]["leap_share"]["median"] > 0.3
    intervals = report["distributions"]["melodic intervals"]
    assert intervals["overlap"] < 0.6 < intervals["overlap_of_reference_halves"]
    assert intervals["overlap"] + intervals["total_variation"] == pytest.approx(1.0)


def test_copies_of_training_songs_are_found(folder: Path) -> None:
    write(folder.parent / "training" / "a.mid", scale_tune(40, tonic=50))
    found = evaluate([folder], against=[folder.parent / "training"])["copying"]
    assert found["share_of_pieces_with_16_events"] == 1.0
    assert found["longest_run"] == 39
    assert found["training_pieces"] == 1


def test_only_the_first_bars_are_measured_where_that_is_asked(folder: Path) -> None:
    assert evaluate([folder], n_bars=8)["metrics"]["structure_long"]["pieces"] == 4
    assert evaluate([folder], n_bars=3)["metrics"]["structure_long"]["pieces"] == 0


def test_nats_come_from_the_composer_where_it_can_tell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nats_of(piece: Piece, model: Path) -> tuple[float, int, int]:
        assert model == folder
        return 2.0 * len(piece.pitch), len(piece.pitch), 4 * len(piece.pitch)

    loss = ModuleType("loss_for_tests")
    loss.nats_of = nats_of  # type: ignore[attr-defined]
    monkeypatch.setattr(command, "LOSS", "loss_for_tests")
    assert "which is not there" in evaluate([folder], model=folder)["nats"]["missing"]
    loss.__spec__ = command.importlib.machinery.ModuleSpec("loss_for_tests", None)
    monkeypatch.setitem(sys.modules, "loss_for_tests", loss)
    nats = evaluate([folder], model=folder)["nats"]
    assert nats["per_note"] == {"mean": 2.0, "low": 2.0, "high": 2.0}
    assert nats["per_token"]["mean"] == 0.5


def test_held_out_pieces_are_kept_apart_from_training(tmp_path: Path) -> None:
    (tmp_path / "pop_annotations").mkdir()
    for number in range(60, 100):
        write(tmp_path / "pop" / f"{number:03}.mid", scale_tune(60))
    pop = tmp_path / "pop"
    report = evaluate([pop], against=[pop], held_out=True)
    assert report["pieces"] + report["copying"]["training_pieces"] == 40
    assert 0 < report["pieces"] < 12


def test_the_command_prints_json_without_nan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.mid").write_bytes(b"MThd")
    assert main(["--midi", str(folder), "--reference", str(folder), "--bars", "3", "--json"]) == 0
    told = capsys.readouterr()
    report = json.loads(told.out, parse_constant=pytest.fail)
    assert report["metrics"]["structure_long"]["median"] is None
    assert "broken.mid is left out" in report["left_out"][0]
    assert "broken.mid is left out" in told.err


def test_the_command_prints_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--midi", str(folder), "--reference", str(folder)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("4 pieces")
    assert "groove_consistency" in told


@pytest.mark.parametrize("content", [None, b"no music"])
def test_an_empty_folder_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if content:
        (tmp_path / "a.mid").write_bytes(content)
    assert main(["--midi", str(tmp_path), "--json"]) != 0
    assert "No MIDI files" in capsys.readouterr().err
