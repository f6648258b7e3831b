"""The command on made-up sets: what can be read is read, what cannot stays at chance, refusals are sentences."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

pytest.importorskip("sklearn")

from export.affect.evaluate import READERS, Report, evaluate, lines, main
from export.affect.leaks import CHECKS, Fold, Plan
from export.affect.linear import read
from export.affect.protocols import PROTOCOLS
from export.affect.trials import TRIALS, Outcome
from tests.export.affect.loaders import test_dreamer as dreamer_files
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
            trial[:32] = brain(rng, 32, 1536)
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


def brain(rng: np.random.Generator, n_channels: int, n_samples: int) -> np.ndarray:
    """What the box believes to be EEG, shape (channels, samples): it falls with frequency, and all share a part."""
    parts = [head(rng, n_samples) for _ in range(1 + n_channels // 10)]
    return 7 * (np.vstack(parts)[:n_channels] + parts[0][0])


def write_dreamer(folder: Path) -> None:
    """Four clips of three people; the ratings lie on both sides."""
    rng = np.random.default_rng(0)
    people = []
    for _ in range(3):
        item = dreamer_files.person(n_scores=4)
        for part, seconds in (("baseline", 8), ("stimuli", 16)):
            item["EEG"][part] = dreamer_files.cells([seconds] * 4, 0.0)
            for cell in item["EEG"][part][:, 0]:
                cell[:] = brain(rng, 14, len(cell)).T
        item["ScoreArousal"] = np.array([[1.0], [5.0], [2.0], [4.0]])
        people.append(item)
    dreamer_files.write(folder, people)


def write_seed(folder: Path) -> None:
    rng = np.random.default_rng(0)
    savemat(folder / "label.mat", {"label": np.array([[1, 0, -1]])})
    for person in range(1, 4):
        clips = {f"abc_eeg{clip}": brain(rng, 62, 200 * 16) for clip in (1, 2, 3)}
        savemat(folder / f"{person}_20131027.mat", clips)


def write_kemocon(folder: Path) -> None:
    """Two people rate the first half of four minutes low and the second high."""
    rng = np.random.default_rng(0)
    start_ms, rest_s, debate_s = 1_550_131_000_000, 130, 240
    (folder / "metadata").mkdir()
    times = f"{start_ms},{start_ms + 1000 * rest_s},{start_ms + 1000 * (rest_s + debate_s)}"
    people = "\n".join(["pid,initTime,startTime,endTime", f"1,{times}", f"2,{times}"])
    (folder / "metadata" / "subjects.csv").write_text(people, "utf-8")
    ratings = folder / "emotion_annotations" / "self_annotations"
    ratings.mkdir(parents=True)
    for pid in (1, 2):
        rated = [f"{end},{2 if end <= debate_s / 2 else 4},3" for end in range(5, debate_s + 1, 5)]
        (ratings / f"P{pid}.self.csv").write_text("\n".join(["seconds,arousal,valence", *rated]), "utf-8")
        own = folder / "e4_data" / str(pid)
        own.mkdir(parents=True)
        for key, sfreq_hz in {"BVP": 64, "EDA": 4}.items():
            t_s = np.arange((rest_s + debate_s) * sfreq_hz) / sfreq_hz
            rate_hz = 1.1 + 0.05 * np.repeat(rng.standard_normal(len(t_s) // sfreq_hz // 10 + 1), 10 * sfreq_hz)
            wave = np.cos(2 * np.pi * np.cumsum(rate_hz[: len(t_s)]) / sfreq_hz)
            values = wave if key == "BVP" else 2 + 0.2 * np.cumsum(rng.standard_normal(len(t_s))) / 20
            rows = [f"{start_ms + 1000 * t},{value},A0" for t, value in zip(t_s.tolist(), values.tolist(), strict=True)]
            (own / f"E4_{key}.csv").write_text("\n".join(["timestamp,value,device_serial", *rows]), "utf-8")


@pytest.mark.parametrize(
    ("dataset", "write", "protocol", "n_people", "n_classes"),
    [
        ("dreamer", write_dreamer, "eegain-loso", 3, 2),
        ("dreamer", write_dreamer, "libeer-cross-subject", 1, 2),
        ("seed", write_seed, "seed-3class-cross-subject", 3, 3),
        ("seed", write_seed, "person-kfold", 3, 2),
        ("kemocon", write_kemocon, "loso", 2, 2),
    ],
)
def test_every_set_can_be_scored(
    tmp_path: Path, dataset: str, write: Callable[[Path], None], protocol: str, n_people: int, n_classes: int
) -> None:
    write(tmp_path)
    found = evaluate(dataset, tmp_path, PROTOCOLS[protocol], "arousal")
    assert len(found.people) == n_people
    assert found.chance == pytest.approx(1 / n_classes)
    assert 0 <= found.balanced_accuracy <= 1
    assert len(lines(found)) >= n_people + 5


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
