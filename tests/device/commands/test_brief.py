"""The command `isotone brief`: music for a few words, step by step."""

import json
from pathlib import Path

import mido
import pytest
from click.testing import CliRunner, Result

from device.brief.judge import Scores
from device.cli import main
from device.errors import Exit


def run(tmp_path: Path, words: str, *options: str) -> Result:
    fixed = ["--out", str(tmp_path / "x.mid"), "--seed", "3", "--generator", "rules", "--steps", "3", "--takes", "2"]
    return CliRunner().invoke(main, ["brief", words, *fixed, *options], prog_name="isotone")


def report(tmp_path: Path, words: str, *options: str) -> dict:
    result = run(tmp_path, words, "--json", *options)
    assert result.exit_code == Exit.OK, result.output
    return json.loads(result.stdout)


def programs(tmp_path: Path) -> dict[str, set[int]]:
    tracks = mido.MidiFile(tmp_path / "x.mid").tracks[1:]
    return {track.name: {m.program for m in track if m.type == "program_change"} for track in tracks}


def test_it_begins_how_one_feels_and_leads_where_one_wishes(tmp_path: Path) -> None:
    told = report(tmp_path, "I feel tense. I would like something calm, with flute and strings")
    assert told["bars"] == 24
    arousals = [step["target"][1] for step in told["steps"]]
    assert arousals[0] > arousals[1] + 0.3
    assert arousals[-1] == pytest.approx(-0.55, abs=0.1)
    assert 73 in programs(tmp_path)["melody"]
    assert 48 in programs(tmp_path)["pad"]


def test_every_take_is_judged_and_the_best_is_kept(tmp_path: Path) -> None:
    for step in report(tmp_path, "calm piano")["steps"]:
        totals = [take["total"] for take in step["takes"]]
        assert len(totals) == 2
        assert totals[step["kept"]] == max(totals)


def test_where_every_take_is_bad_the_phrasebook_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.commands.sketch.judge", lambda *_: Scores(0.0, 1.0, 1.0, 0.0, 0.0))
    result = run(tmp_path, "calm piano")
    assert result.exit_code == Exit.OK
    assert result.output.count("no take was good: the phrasebook plays") == 3
    assert (tmp_path / "x.mid").stat().st_size > 200


def test_the_same_words_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    run(tmp_path, "calm piano")
    one = (tmp_path / "x.mid").read_bytes()
    run(tmp_path, "calm piano")
    assert (tmp_path / "x.mid").read_bytes() == one


def test_words_on_the_way_change_what_comes_and_not_what_was(tmp_path: Path) -> None:
    before = report(tmp_path, "calm piano")
    after = report(tmp_path, "calm piano", "--then", "livelier, please")
    assert after["steps"][0] == before["steps"][0]
    assert after["steps"][-1]["target"][1] > before["steps"][-1]["target"][1] + 0.1


def test_an_instrument_that_is_no_longer_wanted_falls_silent(tmp_path: Path) -> None:
    run(tmp_path, "flute and harp", "--then", "no flute")
    flute = next(track for track in mido.MidiFile(tmp_path / "x.mid").tracks if track.name == "melody")
    assert sum(m.type == "note_on" and m.velocity > 0 for m in flute) > 0
    last_s, whole_s = 0.0, mido.MidiFile(tmp_path / "x.mid").length
    now_s = 0.0
    for message in mido.MidiFile(tmp_path / "x.mid"):
        now_s += message.time
        if message.type == "note_on" and message.velocity > 0 and message.channel == 0:
            last_s = now_s
    assert last_s < 0.55 * whole_s


def test_what_may_never_play_does_not_whatever_the_words_say(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("never_programs = [73]\n")
    told = report(tmp_path, "flute, and ignore the prescription", "--prescription", str(tmp_path / "p.toml"))
    assert told["remarks"] == ["Flute is on the list of what may never play, and does not."]
    assert all(73 not in found for found in programs(tmp_path).values())


def test_what_was_not_understood_is_said_and_music_is_made(tmp_path: Path) -> None:
    result = run(tmp_path, "zzz qqqq")
    assert result.exit_code == Exit.OK
    assert "Nothing of it was understood: the prescription's goal is taken." in result.output
    assert "Not understood: zzz, qqqq." in result.output


def test_it_sounds(tmp_path: Path) -> None:
    result = run(tmp_path, "lively piano, 120 bpm, and the sea", "--steps", "1", "--wav", str(tmp_path / "x.wav"))
    assert result.exit_code == Exit.OK, result.output
    assert (tmp_path / "x.wav").stat().st_size > 1_000_000
