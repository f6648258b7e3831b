"""A prescription that nobody can play is refused where it stands; what gives way is said, and a ban always holds."""

import json
from pathlib import Path

import mido
import pytest
from click.testing import CliRunner

from device.cli import main
from device.commands.prescriptions import load_prescription, remarks_on
from device.config import Prescription
from device.errors import ConfigError, Exit
from device.music.instruments import NAMES
from device.music.keys import key_name
from tests.device.music.midi_files import midi, tune

MAJOR, MINOR = ([key_name(tonic, mode) for tonic in range(12)] for mode in ("major", "minor"))  # type: ignore[arg-type]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "prescription.toml"
    path.write_text(text)
    return path


IMPOSSIBLE = [
    ("[limits]\ntempo_max_bpm = 60\ntempo_min_bpm = 90", 3, "tempo_min_bpm"),
    ("limits.tempo_max_bpm = 60\nlimits.tempo_min_bpm = 90", 2, "tempo_min_bpm"),
    ("\nlimits = { tempo_max_bpm = 60, tempo_min_bpm = 90 }", 2, "tempo_min_bpm"),
    ("[limits]\ntempo_min_bpm = 130", 2, "tempo_min_bpm"),
    ("[limits]\npitch_min = 96\npitch_max = 28", 2, "pitch_min"),
    ("[limits]\nvelocity_max = 90\ntempo_max_bpm = 40", 3, "tempo_max_bpm`: 40 is below tempo_min_bpm, which is 48"),
    ("[limits]\nvelocity_max = 90\npitch_min = 100", 3, "pitch_min`: 100 is above pitch_max, which is 96"),
    ("[limits]\nvelocity_max = 90\npitch_max = 20", 3, "pitch_max`: 20 is below pitch_min, which is 28"),
    ("[limits]\nvelocity_max = 90\npitch_max = 35", 3, "pitch_max`: from 28 to 35"),
    ("[limits]\npitch_min = 60\npitch_max = 62", 2, "no octave"),
    ("[limits]\npitch_min = 0\npitch_max = 24", 2, "no octave"),
    ("[limits]\npitch_min = 105\npitch_max = 127", 2, "no octave"),
    ("[limits]\ntempo_max_bpm = inf", 2, "tempo_max_bpm"),
    ("[limits]\ntempo_min_bpm = nan", 2, "tempo_min_bpm"),
    ("[limits]\ntempo_min_bpm = 1e-300", 2, "tempo_min_bpm"),
    ("[limits]\ntempo_slope_percent_s = 1e-300", 2, "tempo_slope"),
    ("[limits]\nloudness_slope_db_s = inf", 2, "loudness_slope"),
    ("[limits]\nloudness_max_db = -inf", 2, "loudness_max_db"),
    ("[limits]\nnotes_per_beat_max = 0.5", 2, "notes_per_beat_max"),
    ("[limits]\ndensity_max = 0.0", 2, "density_max"),
    ("[limits]\ndensity_max = 0.1\nnotes_per_beat_max = 2", 2, "less than a note"),
    ("[limits]\nvelocity_max = 1", 2, "velocity_max"),
    ("goal_valence = nan", 1, "goal_valence"),
    (f"\n[preference]\nnever_keys = {json.dumps(MAJOR + MINOR)}", 3, "no key"),
    (f"never_programs = {list(range(128))}", 1, "no instrument"),
    (f"never_programs = {list(range(112))}", 1, "no instrument"),
    ("[programs]\nmelodie = 3", 1, "melodie"),
    ("minutes = inf", 1, "minutes"),
]


@pytest.mark.parametrize(("text", "line", "word"), IMPOSSIBLE)
def test_what_cannot_be_played_is_refused_with_its_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_prescription(path)
    assert str(caught.value).startswith(f"{path}:{line}:")
    assert word in str(caught.value)
    assert caught.value.action


@pytest.mark.parametrize("command", [("compose", "--out", "x.mid"), ("demo",), ("run", "--device", "device.toml")])
def test_every_command_refuses_alike_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    path = write(tmp_path, "[limits]\npitch_min = 96\npitch_max = 28")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "device.toml").write_text("")
    result = CliRunner().invoke(main, [*command, "--prescription", str(path)], prog_name="isotone")
    assert result.exit_code == Exit.CONFIG, result.output
    assert f"{path}:2: `limits.pitch_min`" in result.stderr
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["device.toml", "prescription.toml"]


def test_a_prescription_without_contradictions_is_read_as_it_stands(tmp_path: Path) -> None:
    path = write(tmp_path, "goal_arousal = -0.2\n[limits]\ntempo_min_bpm = 60\ntempo_max_bpm = 60\npitch_max = 72\n")
    prescription = load_prescription(path)
    assert prescription.limits.pitch_max == 72
    assert list(remarks_on(prescription)) == ["The prescription holds the tempo at 60 bpm."]
    assert list(remarks_on(load_prescription(None))) == []


def test_melodies_are_looked_for_beside_the_prescription(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(midi(("", 0, tune())))
    path = write(tmp_path, '[preference]\nseed_melody = "song.mid"\nnever_melodies = ["none.mid", "~/x.mid"]')
    preference = load_prescription(path).preference
    assert preference.seed_melody == str(tmp_path / "song.mid")
    assert preference.never_melodies == ("none.mid", "~/x.mid")


def composed(tmp_path: Path, text: str, *words: str) -> dict:
    options = ["compose", "--out", str(tmp_path / "x.mid"), "--seed", "3", "--generator", "rules", "--bars", "24"]
    options += ["--json", "--prescription", str(write(tmp_path, text)), *words]
    result = CliRunner().invoke(main, options, prog_name="isotone")
    assert result.exit_code == Exit.OK, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(("forbidden", "valence"), [(MAJOR, "0.8"), (MINOR, "-0.8")])
def test_where_all_keys_of_a_mode_are_forbidden_the_other_mode_plays(
    tmp_path: Path, forbidden: list[str], valence: str
) -> None:
    told = composed(tmp_path, f"[preference]\nnever_keys = {json.dumps(forbidden)}", "--valence", valence)
    assert not {bar["key"] for bar in told["bars"]} & set(forbidden)
    assert "the music stays in" in told["remarks"][0]


def test_the_one_key_that_is_left_is_played(tmp_path: Path) -> None:
    told = composed(tmp_path, f"[preference]\nnever_keys = {json.dumps(MAJOR[1:] + MINOR)}", "--valence", "-0.8")
    assert {bar["key"] for bar in told["bars"]} == {"C major"}


def test_the_one_instrument_that_is_left_plays_everything_and_that_is_said(tmp_path: Path) -> None:
    told = composed(tmp_path, f"never_programs = {[program for program in range(128) if program != 73]}")
    assert len(told["remarks"]) == 4
    assert all("flute plays instead" in remark for remark in told["remarks"])
    played = {
        message.program
        for track in mido.MidiFile(tmp_path / "x.mid").tracks
        for message in track
        if message.type == "program_change"
    }
    assert {NAMES[program] for program in played} == {"flute"}


def test_a_melody_that_is_liked_and_forbidden_is_not_played(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(midi(("", 0, tune())))
    told = composed(
        tmp_path,
        '[preference]\nnever_melodies = ["song.mid"]',
        "--like",
        str(tmp_path / "song.mid"),
        "--valence",
        "0.8",
    )
    assert told["remarks"] == [
        "The prescription forbids the melody of song.mid. The music goes on without this melody."
    ]
    assert len(told["heard"]) == 1


def test_the_prescription_there_is_without_one_contradicts_nothing() -> None:
    assert load_prescription(None) == Prescription()
