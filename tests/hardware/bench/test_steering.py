"""Composing a grid over the plane and having it judged."""

import json
from pathlib import Path

import pytest

from export.music import midi
from hardware.bench import steering
from hardware.bench.steering import compose, judge, main, tasks_of


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small grid by the phrasebook."""
    folder = tmp_path_factory.mktemp("grid")
    for task in tasks_of(folder, "phrasebook", "", 1, 8):
        assert compose(task) == []
    return folder


def test_the_grid_covers_the_plane_for_every_seed(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, "rules", "", 3, 16)
    assert len({task.path for task in tasks}) == len(tasks) == 75
    assert {(task.valence, task.arousal) for task in tasks} == {
        (v, a) for v in steering.LEVELS for a in steering.LEVELS
    }


def test_pieces_of_different_models_do_not_share_a_folder(tmp_path: Path) -> None:
    folders = {tasks_of(tmp_path, "transformer", model, 1, bars)[0].path.parent for model in "ab" for bars in (16, 24)}
    assert len(folders) == 4


def test_a_piece_is_as_long_as_asked_and_keeps_to_its_tempo(composed: Path) -> None:
    folder, seed = composed / "phrasebook-8", steering.FIRST_SEED
    calm, lively = (midi.read(folder / f"v+1.0a{arousal}s{seed}.mid") for arousal in ("-1.0", "+1.0"))
    # Eight bars, and two in which the last chord rings.
    assert len(calm.bars) == len(lively.bars) == 11
    assert calm.duration_s > 1.8 * lively.duration_s


def test_arousal_and_quadrants_are_heard_by_published_weights(composed: Path) -> None:
    report = judge(tasks_of(composed, "phrasebook", "", 1, 8), None, lambda tasks: tasks)
    found = report["judges"]["cues"]
    assert found.arousal.r2 > 0.9
    assert found.valence.r2 > 0.5
    assert found.quadrants > 0.85
    assert report["cues"]["onsets"]["arousal"] > 1.0
    assert "emopia_logits" not in report


def test_the_middle_of_the_box_is_the_middle_of_the_judges(composed: Path) -> None:
    report = judge(tasks_of(composed, "phrasebook", "", 1, 8), None, lambda tasks: tasks)
    assert abs(report["judges"]["cues"].arousal.means[2][2]) < 0.4


def test_the_command_judges_again_what_is_there(
    composed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steering, "compose", pytest.fail)
    arguments = ["--out", str(composed), "--generator", "phrasebook", "--seeds", "1", "--bars", "8"]
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["judges"]) == {"cues"}
    assert report["fallbacks"] == []
    assert (composed / "phrasebook-8.png").exists()
    assert main(arguments) == 0
    assert "judge cues" in capsys.readouterr().out


def test_a_folder_without_emopia_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "--emopia", str(tmp_path), "--generator", "phrasebook"]) != 0
    assert "does not hold EMOPIA" in capsys.readouterr().err


def test_emopia_tells_what_each_cue_did(composed: Path, data_dir: Path) -> None:
    folder = data_dir / "restricted/music_emopia"
    if not folder.is_dir():
        pytest.skip("needs EMOPIA")
    judge_of_emopia = steering.fit(steering.read_emopia(folder))
    report = judge(tasks_of(composed, "phrasebook", "", 1, 8), judge_of_emopia, lambda tasks: tasks)
    assert report["judges"]["emopia"].arousal.r2 > 0.9
    assert report["emopia_logits"]["arousal"]["level_db"]["arousal"] > 2.0
