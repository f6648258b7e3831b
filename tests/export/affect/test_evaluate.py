"""The command on made-up sets: what can be read is read, what cannot stays at chance, refusals are sentences."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from export.affect.evaluate import READERS, Report, evaluate, lines, main
from export.affect.leaks import CHECKS, Fold, Plan
from export.affect.linear import read
from export.affect.protocols import PROTOCOLS
from export.affect.trials import TRIALS, Outcome
from tests.export.affect.loaders.wristband import write_wesad
from tests.export.affect.people import head

SEGMENTS = [(1, 160.0), (0, 5.0), (2, 75.0)]


@pytest.fixture(scope="module")
def wesad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("WESAD")
    write_wesad(folder, ["S2", "S3", "S4"], SEGMENTS)
    return folder


@pytest.fixture(scope="module")
def report(wesad: Path) -> Report:
    return evaluate("wesad", wesad, PROTOCOLS["wesad-loso-binary"], "arousal")


def write_deap(folder: Path, n_people: int) -> None:
    """Noise without meaning, six trials of 12 s."""
    for person in range(n_people):
        rng = np.random.default_rng(person)
        data = np.zeros((6, 40, 1536))
        for trial in data:
            trial[:32] = 10 * np.vstack([head(rng, 1536) for _ in range(4)])[:32]
        content = {"data": data, "labels": np.tile([[2.0, 8, 5, 5], [8.0, 2, 5, 5]], (3, 1))}
        (folder / f"s{person + 1:02}.dat").write_bytes(pickle.dumps(content, protocol=2))


def test_stress_that_shows_is_read_in_people_not_seen(report: Report) -> None:
    assert [row.person for row in report.people] == ["S2", "S3", "S4"]
    assert all(row.balanced_accuracy > 0.9 for row in report.people)
    assert report.interval[0] <= report.balanced_accuracy <= report.interval[1]
    assert report.coverage == 1


def test_protocol_and_trivial_answer_stand_beside_every_score(report: Report) -> None:
    table = lines(report)
    for row in report.people:
        (line,) = [line for line in table if f" {row.person} " in line]
        assert line.startswith("wesad-loso-binary")
        assert f"{row.always_same:.3f}" in line
    assert any("always the same 0.500, the clock alone" in line for line in table)
    assert any(
        line.startswith(f"Leak check: {report.checks} checks, {len(report.findings)} findings") for line in table
    )


def test_the_command_prints_json(wesad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "wesad", "--data", str(wesad), "--protocol", "loso", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["protocol"] for row in found["people"]} == {"loso"}
    assert found["chance"] == 0.5


def test_a_run_may_be_tried_on_data_it_must_fail_on(wesad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "wesad", "--data", str(wesad), "--protocol", "wesad-loso-binary", "--trials"]) == 0
    assert f"Leak check: {len(CHECKS) + len(TRIALS)} checks" in capsys.readouterr().out


def test_the_kind_of_reader_that_ships_can_be_scored(wesad: Path) -> None:
    found = evaluate("wesad", wesad, PROTOCOLS["wesad-loso-binary"], "arousal", reader="kernel")
    assert found.balanced_accuracy > 0.8
    assert any("kernel reader, wesad-loso-binary" in line for line in lines(found))


def test_a_reader_that_peeks_is_refused(
    wesad: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan is clean; only what the reader does tells."""

    def peek(plan: Plan, fold: Fold) -> Outcome:
        return read(plan, fold._replace(train=np.concatenate((fold.train, fold.test))))

    monkeypatch.setitem(READERS, "linear", peek)
    assert main(["--set", "wesad", "--data", str(wesad), "--protocol", "wesad-loso-binary"]) == 3
    refusal = capsys.readouterr().err
    assert "This training run leaks: What is fitted or answered changes with the labels of the tested" in refusal


def test_known_people_are_scored_over_all_their_trials(tmp_path: Path) -> None:
    write_deap(tmp_path, 2)
    found = evaluate("deap", tmp_path, PROTOCOLS["deap-subject-dependent-trialwise"], "valence")
    assert [(row.person, row.n_windows) for row in found.people] == [("s01", 12), ("s02", 12)]


def test_noise_is_at_chance(tmp_path: Path) -> None:
    write_deap(tmp_path, 3)
    found = evaluate("deap", tmp_path, PROTOCOLS["eegain-loso"], "valence")
    assert abs(found.balanced_accuracy - 0.5) < 0.25
    assert all(row.n_windows == 12 for row in found.people), "two windows side by side in each of six trials"


def test_refusals_are_sentences_with_an_exit_code(
    tmp_path: Path, wesad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--set", "deap", "--data", str(tmp_path), "--protocol", "loso"]) == 8
    assert "holds no s" in capsys.readouterr().err
    assert main(["--set", "wesad", "--data", str(wesad), "--protocol", "eegain-loso"]) == 3
    assert "windows of 4 s; the box reads 60 s of wrist" in capsys.readouterr().err


def test_one_person_cannot_be_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_deap(tmp_path, 1)
    assert main(["--set", "deap", "--data", str(tmp_path), "--protocol", "loso"]) == 8
    assert "a split needs two" in capsys.readouterr().err


def test_a_person_under_two_names_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_deap(tmp_path, 2)
    (tmp_path / "s03.dat").write_bytes((tmp_path / "s01.dat").read_bytes())
    assert main(["--set", "deap", "--data", str(tmp_path), "--protocol", "loso"]) == 3
    assert "windows that it was trained on" in capsys.readouterr().err
