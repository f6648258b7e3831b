"""One command makes a folder, and answers become scores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hardware.listening import __main__ as kit
from hardware.listening.answers import FORMAT
from hardware.listening.study import Clip, Key, read_key


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def render(clip: Clip, path: Path) -> list[str]:
        path.write_text(f"{clip.generator} {clip.valence} {clip.arousal}")
        return ["bar 3: rules plays."] if clip.generator == "transformer" else []

    monkeypatch.setattr(kit, "render", render)
    monkeypatch.setattr(kit, "render_midi", lambda source, path: shutil.copyfile(source, path))
    return tmp_path / "kit"


def answers(key: Key) -> str:
    said = [{"clip": c.id, "valence": c.valence or 0, "arousal": c.arousal or 0, "rest": 2} for c in key.clips]
    return json.dumps({"format": FORMAT, "study": key.study, "listener": "a", "answers": said})


def test_the_folder_holds_page_and_clips_and_not_the_key(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kit.main(["--out", str(out), "--seed", "1", "--pairs", "2"]) == 0
    key = read_key(out.parent / "kit.key.json")
    assert {path.name for path in out.iterdir()} == {"index.html", "clips"}
    assert {f"clips/{path.name}" for path in (out / "clips").iterdir()} == {clip.file for clip in key.clips}
    by_id = {clip.id: clip for clip in key.clips}
    for clip in key.clips:
        if clip.repeats:
            assert (out / clip.file).read_text() == (out / by_id[clip.repeats].file).read_text()
    assert "rules plays" in capsys.readouterr().err


def test_human_pieces_are_taken_from_their_folder(out: Path, tmp_path: Path) -> None:
    (tmp_path / "human").mkdir()
    (tmp_path / "human" / "a.MID").write_text("music")
    assert kit.main(["--out", str(out), "--seed", "1", "--pairs", "1", "--human", str(tmp_path / "human")]) == 0
    human = [clip for clip in read_key(kit.key_path(out)).clips if clip.source]
    assert (out / human[0].file).read_text() == "music"


@pytest.mark.parametrize(
    ("extra", "said"),
    [(["--pairs", "99"], "--pairs"), (["--seed", "-1"], "--seed"), (["--human", "none"], "no MIDI files")],
)
def test_what_cannot_be_is_said(out: Path, extra: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert kit.main(["--out", str(out), "--seed", "1", *extra]) > 0
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_is_there_stays_as_it_is(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out.mkdir()
    assert kit.main(["--out", str(out), "--seed", "1"]) == 7
    assert "there already" in capsys.readouterr().err


def test_scores_leave_broken_answers_out_and_say_so(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kit.main(["--out", str(out), "--seed", "1", "--pairs", "4"])
    key_path, good, bad = kit.key_path(out), out.parent / "good.json", out.parent / "bad.json"
    good.write_text(answers(read_key(key_path)))
    bad.write_text("{")
    capsys.readouterr()
    assert kit.main(["score", str(good), str(bad), "--key", str(key_path), "--json"]) == 0
    told = capsys.readouterr()
    assert "bad.json" in told.err
    assert json.loads(told.out)["listeners"] == 1
    assert json.loads(told.out)["all"]["valence"]["r2"] == pytest.approx(1)
    assert kit.main(["score", str(good), "--key", str(key_path)]) == 0
    assert "quadrants" in capsys.readouterr().out
    assert kit.main(["score", str(bad), "--key", str(key_path)]) == 8


def test_an_older_release_is_heard_beside_this_one(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "render_before", lambda _clip, path, tree: path.write_text(f"from {tree.name}"))
    asked = ["--out", str(out), "--seed", "1", "--pairs", "1", "--before", str(tmp_path / "old")]
    assert kit.main(asked) == 0
    (older,) = (clip for clip in read_key(kit.key_path(out)).clips if clip.composer == "before" and clip.role == "test")
    assert (out / older.file).read_text() == "from old"
