"""The command `isotone compose`: what it writes, what it says, what it refuses."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import matplotlib.image
import mido
import pytest
from click.testing import CliRunner, Result

from device.cli import main
from device.commands.piece import Wish, seconds_of
from device.commands.wishes import BARS_MAX, configure, wish_of
from device.config import Theme
from device.errors import Exit
from device.music.theme import theme_of
from tests.device.audio.soundfonts import soundfont
from tests.device.music.midi_files import TUNE, midi, tune


def run(tmp_path: Path, *words: str, bars: int = 4) -> Result:
    options = ["compose", "--out", str(tmp_path / "x.mid"), "--seed", "3", "--generator", "rules"]
    options += ["--bars", str(bars)] if bars else []
    return CliRunner().invoke(main, [*options, *words], prog_name="isotone")


def report(tmp_path: Path, *words: str, bars: int = 4) -> dict:
    result = run(tmp_path, "--json", *words, bars=bars)
    assert result.exit_code == Exit.OK, result.output
    return json.loads(result.stdout)


def test_the_midi_file_has_four_named_voices_tempo_meter_and_key(tmp_path: Path) -> None:
    assert run(tmp_path, "--valence", "0.5", "--arousal", "-0.5", bars=16).exit_code == Exit.OK
    first, *voices = mido.MidiFile(tmp_path / "x.mid").tracks
    assert [track.name for track in voices] == ["melody", "bass", "inner", "pad"]
    assert {"set_tempo", "time_signature", "key_signature"} <= {message.type for message in first}
    for track in voices:
        assert {"program_change", "note_on"} <= {message.type for message in track}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    run(tmp_path)
    one = (tmp_path / "x.mid").read_bytes()
    run(tmp_path)
    assert (tmp_path / "x.mid").read_bytes() == one


def test_the_report_tells_cues_seed_model_and_speed(tmp_path: Path) -> None:
    told = report(tmp_path, "--valence", "0.5", "--arousal", "0.5")
    assert (told["seed"], told["generator"], told["fallbacks"], told["remarks"]) == (3, "rules", [], [])
    assert set(told["model"]) == {"name", "version"}
    assert told["speed"] > 1
    assert len(told["bars"]) == 4
    assert told["bars"][0]["target_arousal"] == 0.5
    assert told["files"] == {"out": str(tmp_path / "x.mid")}


def test_the_shipped_model_is_named(tmp_path: Path) -> None:
    told = report(tmp_path, "--generator", "transformer", bars=2)
    assert told["model"]["name"] == "composer"


def test_a_path_is_followed_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "way.csv"
    path.write_text("bar,valence,arousal\n0,-0.5,0.5\n20,0.5,-0.5\n")
    told = report(tmp_path, "--path", str(path), bars=0)
    assert len(told["bars"]) == 21
    assert told["bars"][10]["target_valence"] == 0.0
    assert told["bars"][0]["tempo_bpm"] > told["bars"][-1]["tempo_bpm"] + 10


def test_a_melody_is_taken_up(tmp_path: Path) -> None:
    song = tmp_path / "song.mid"
    song.write_bytes(midi(("melody", 0, tune(TUNE * 2))))
    report(tmp_path, "--like", str(song), "--valence", "0.5", "--arousal", "0", bars=8)
    assert head((tmp_path / "x.mid").read_bytes()) == head(song.read_bytes())


def test_a_waltz_is_taken_up_in_its_own_rhythm(tmp_path: Path) -> None:
    song = tmp_path / "song.mid"
    song.write_bytes(midi(("melody", 0, tune(TUNE * 2)), meter=(3, 4)))
    told = report(tmp_path, "--like", str(song), "--valence", "0.5", "--arousal", "0", bars=8)
    assert told["heard"] == [
        (
            "song.mid: took 32 notes of the melody on track 2 (melody), in 3/4, C major, 120 bpm; "
            "they make 11 bars of 3/4."
        )
    ]
    assert head((tmp_path / "x.mid").read_bytes()) == head(song.read_bytes())
    assert signs(tmp_path / "x.mid") == ["3/4"]
    (remark,) = report(tmp_path, "--like", str(song), "--metre", "4/4")["remarks"]
    assert remark == "The melody is in 3/4, and so is the music, not in 4/4."


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8"])
def test_the_metre_is_had_for_the_asking(tmp_path: Path, metre: str) -> None:
    told = report(tmp_path, "--metre", metre, "--picture", str(tmp_path / "x.png"))
    assert {bar["metre"] for bar in told["bars"]} == {metre}
    assert signs(tmp_path / "x.mid") == [metre]
    file = mido.MidiFile(tmp_path / "x.mid")
    assert file.length >= told["seconds_of_music"] - 0.5
    assert matplotlib.image.imread(tmp_path / "x.png").size


def signs(path: Path) -> list[str]:
    signatures = [message for message in mido.MidiFile(path).tracks[0] if message.type == "time_signature"]
    return [f"{message.numerator}/{message.denominator}" for message in signatures]


def head(data: bytes) -> list[int]:
    theme: Theme = theme_of(data, "x.mid")
    return [note.pitch % 12 for bar in theme.bars for note in bar][:12]


def test_the_music_goes_on_without_a_melody_that_is_broken(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(b"MThd")
    (remark,) = report(tmp_path, "--like", str(tmp_path / "song.mid"))["remarks"]
    assert remark.startswith("song.mid is a broken MIDI file")
    assert "goes on without" in remark
    assert (tmp_path / "x.mid").exists()


def test_instead_of_a_melody_that_is_broken_the_one_that_is_prescribed_is_taken_up(tmp_path: Path) -> None:
    song, broken, rules = tmp_path / "song.mid", tmp_path / "broken.mid", tmp_path / "prescription.toml"
    song.write_bytes(midi(("melody", 0, tune(TUNE * 2))))
    broken.write_bytes(song.read_bytes()[:60])
    rules.write_text(f'[preference]\nseed_melody = "{song}"\n')
    words = ("--prescription", str(rules), "--valence", "0.5", "--arousal", "0")
    assert len(report(tmp_path, "--like", str(broken), *words, bars=8)["remarks"]) == 1
    assert head((tmp_path / "x.mid").read_bytes()) == head(song.read_bytes())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--arousal", "7"), "arousal 7 cannot be had: 1"),
        (("--valence=-2",), "valence -2 cannot be had: -1"),
        (("--valence", "nan"), "no valence"),
        (("--arousal", "0", "--tempo", "300"), "tempo 300 cannot be had: 120"),
        (("--instruments", "melody=celo"), "cello (42) is taken"),
        (("--instruments", "xyzzy"), "acoustic grand piano is kept"),
    ],
)
def test_a_wish_that_cannot_be_had_gives_way_to_the_nearest(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    result = run(tmp_path, *words)
    assert result.exit_code == Exit.OK
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert (tmp_path / "x.mid").exists()


def test_what_the_prescription_forbids_is_not_had(tmp_path: Path) -> None:
    rules = tmp_path / "prescription.toml"
    rules.write_text(
        'never_programs = [42]\n[limits]\ntempo_max_bpm = 80.0\n[preference]\nnever_styles = ["lied"]\n'
        f'never_melodies = ["{tmp_path}/none.mid"]\nvoices = ["melody", "bass"]\n'
    )
    words = ("--instruments", "cello,inner=harp", "--style", "lied", "--tempo", "100")
    told = report(tmp_path, "--prescription", str(rules), *words)
    assert [remark.split(".")[0] for remark in told["remarks"]] == [
        "The prescription forbids the style lied; any is kept",
        "The prescription forbids cello for melody; acoustic grand piano plays instead",
        f"{tmp_path}/none",
        "tempo 100 cannot be had: 80, the nearest that can, is taken",
    ]
    # Tempo bends with the phrase, and never beyond what is prescribed.
    assert max(bar["played_tempo_bpm"] for bar in told["bars"]) == 80.0
    assert min(bar["played_tempo_bpm"] for bar in told["bars"]) > 72.0
    tracks = {track.name: track for track in mido.MidiFile(tmp_path / "x.mid").tracks}
    assert not any(message.type == "note_on" for message in tracks["pad"])
    assert 42 not in [message.program for message in tracks["melody"] if message.type == "program_change"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--generator", "tuba"), Exit.CONFIG),
        (("--path", "/nowhere/way.csv"), Exit.CONFIG),
        (("--path", "/dev/zero"), Exit.CONFIG),
        (("--like", "/dev/zero"), Exit.RECORDING),
        (("--prescription", "/nowhere.toml"), Exit.CONFIG),
        (("--instruments", "drums=flute"), Exit.CONFIG),
        (("--instruments", "a,b,c,d,e"), Exit.CONFIG),
        (("--like", "/nowhere.mid"), Exit.RECORDING),
        (("--out", "/nowhere/x.mid"), Exit.DISK),
        (("--picture", "/nowhere/x.png"), Exit.DISK),
        (("--bars", "0"), Exit.USAGE),
        (("--tempo", "nan"), Exit.USAGE),
        (("--texture", "spiky"), Exit.USAGE),
    ],
)
def test_what_cannot_be_read_or_written_is_refused(tmp_path: Path, words: tuple[str, ...], code: Exit) -> None:
    result = run(tmp_path, *words)
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_sound_and_picture_are_made_on_request(tmp_path: Path) -> None:
    wav, picture = tmp_path / "x.wav", tmp_path / "x.png"
    result = run(tmp_path, "--wav", str(wav), "--picture", str(picture))
    if result.exit_code == Exit.SYSTEM:
        pytest.skip(result.output)
    assert result.exit_code == Exit.OK, result.output
    assert wav.stat().st_size > 1_000_000
    assert matplotlib.image.imread(picture).shape[0] > 900


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--picture", "{0}/x.mid"), "--picture {0}/x.mid is the same file as --out {0}/x.mid"),
        (("--picture", "{0}/link.png"), "is the same file as --out"),
        (("--wav", "{0}/nowhere/x.wav"), "cannot be written: No such file or directory"),
        (("--wav", "{0}"), "cannot be written: it is no file"),
        (("--path", "{0}/way.csv", "--wav", "{0}/hard.csv"), "which is read"),
        (("--prescription", "{0}/rules.toml", "--wav", "{0}/song.mid"), "{0}/song.mid, which is read"),
    ],
)
def test_outputs_are_looked_at_before_anything_is_composed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("device.commands.piece.Studio.compose", lambda _: pytest.fail("it composed"))
    (tmp_path / "link.png").symlink_to("x.mid")
    (tmp_path / "way.csv").write_text("bar,valence,arousal\n0,0,0\n")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "way.csv")
    (tmp_path / "song.mid").write_bytes(midi(("melody", 0, tune())))
    (tmp_path / "rules.toml").write_text(f'[preference]\nseed_melody = "{tmp_path}/song.mid"\n')
    if words[0] == "--picture":
        words = (words[0], words[1].replace("x.mid", "x.png"))
        said = said.replace("x.mid", "x.png", 1)
        (tmp_path / "x.png").symlink_to("x.mid")
    result = run(tmp_path, *(word.format(tmp_path) for word in words))
    assert result.exit_code == Exit.DISK, result.output
    assert said.format(tmp_path) in result.stderr
    assert not (tmp_path / "x.mid").exists()
    assert not list(tmp_path.glob(".*"))


def test_a_device_takes_what_is_composed_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "null").symlink_to("/dev/null")
    result = run(tmp_path, "--out", "/dev/null", "--picture", str(tmp_path / "null"))
    assert result.exit_code == Exit.OK, result.output
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert (tmp_path / "null").is_symlink()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_nothing_half_written_and_an_honest_exit_code(tmp_path: Path, number: signal.Signals) -> None:
    old = tmp_path / "x.mid"
    old.write_text("old")
    command = [sys.executable, "-m", "device.cli", "compose", "--generator", "rules", "--bars", "4096"]
    command += ["--out", str(old), "--picture", str(tmp_path / "x.png")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3]) as composing:
        while not list(tmp_path.glob(".part-*.mid")) and composing.poll() is None:
            time.sleep(0.05)
        os.kill(composing.pid, number)
        _, said = composing.communicate()
    assert composing.returncode == 128 + number
    assert number.name in said.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["x.mid"]
    assert old.read_text() == "old"


def test_a_sound_font_that_is_silent_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "mute.sf3").write_bytes(soundfont(b"OggS" + bytes(4000), is_sf3=True))
    (tmp_path / "device.toml").write_text(f'[audio]\nsoundfont = "{tmp_path}/mute.sf3"\n')
    (tmp_path / "rules.toml").write_text("layers = {}\n[programs]\nmelody = 0\ninner = 0\nbass = 0\npad = 0\n")
    result = run(
        tmp_path,
        "--device",
        str(tmp_path / "device.toml"),
        "--wav",
        str(tmp_path / "x.wav"),
        "--prescription",
        str(tmp_path / "rules.toml"),
    )
    if result.exit_code == Exit.SYSTEM:
        pytest.skip(result.output)
    assert result.exit_code == Exit.SOUND, result.output
    assert "silent" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["device.toml", "mute.sf3", "rules.toml"]


def test_a_path_of_eight_hours_is_followed_to_its_end(tmp_path: Path) -> None:
    way = tmp_path / "way.csv"
    way.write_text("time_s,valence,arousal\n0,0.5,0.8\n28800,0.5,-1\n")
    wish = asked(tmp_path, journey=way)
    assert seconds_of(configure(OPTIONS, []), wish) == pytest.approx(28800, abs=10)
    assert wish.n_bars > BARS_MAX


def test_what_cuts_a_path_is_said_or_refused(tmp_path: Path) -> None:
    way = tmp_path / "way.csv"
    way.write_text("time_s,valence,arousal\n0,0.5,0.8\n86400,0.5,0.8\n")
    remarks: list[str] = []
    assert asked(tmp_path, remarks, journey=way, bars=8).n_bars == 8
    assert "goes on beyond the 8 bars" in remarks[0]
    result = run(tmp_path, "--path", str(way), bars=0)
    assert result.exit_code == Exit.CONFIG
    assert "longer than 32768 bars" in result.stderr
    way.write_text("time_s,valence,arousal\n0,0.5,0.8\n28800,0.5,-1\n")
    result = run(tmp_path, "--path", str(way), "--wav", str(tmp_path / "x.wav"), bars=0)
    assert result.exit_code == Exit.CONFIG
    assert "8.0 hours, and a WAV holds 6.2" in result.stderr


OPTIONS: dict[str, object] = dict.fromkeys(
    ("valence", "arousal", "journey", "like", "tempo", "style", "texture", "metre", "device")
)
OPTIONS |= {"prescription": None, "instruments": None, "bars": None, "seed": 3, "generator": "rules"}


def asked(tmp_path: Path, remarks: list[str] | None = None, **options: object) -> Wish:
    return wish_of(OPTIONS | options, configure(OPTIONS, []), [] if remarks is None else remarks)


@pytest.mark.parametrize("key", ["seed_melody", "never_melodies"])
def test_a_melody_in_a_home_that_is_not_there_stops_nothing(tmp_path: Path, key: str) -> None:
    names = '"~nobody-here/a.mid"' if key == "seed_melody" else '["~nobody-here/a.mid"]'
    (tmp_path / "p.toml").write_text(f"[preference]\n{key} = {names}\n")
    told = report(tmp_path, "--prescription", str(tmp_path / "p.toml"))
    assert "~nobody-here/a.mid cannot be read" in told["remarks"][0]


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_music_that_goes_down_a_pipe_has_no_words_in_it(tmp_path: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "device.cli", "compose", "--generator", "rules", "--bars", "2", "--seed", "3"]
    piped = subprocess.run([*command, "--out", "/dev/stdout", *words], capture_output=True, timeout=60, check=True)
    assert run(tmp_path, bars=2).exit_code == Exit.OK
    assert piped.stdout == (tmp_path / "x.mid").read_bytes()
    assert b"seed" in piped.stderr
