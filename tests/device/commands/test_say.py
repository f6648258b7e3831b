"""`isotone say` lets a technician hear every prompt; the box's own announcements are a process that ends by itself."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import wave
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from device.audio.safety.dose import allowance_pa2h
from device.clock import moment
from device.commands.say import say
from device.commands.session_folder import listeners_root
from device.config import AudioConfig, DeviceConfig, VoiceConfig
from device.listeners.hearing import hear, week_of
from device.listeners.store import open_store
from device.messages import Prompt, Spoken
from device.runtime.asking import knock
from device.runtime.door import stop_path
from device.runtime.interpreter import interpreter
from device.runtime.resident import device_path
from device.voice.prompts import PROMPTS
from tests.device.audio.voices import give_voice, write_words


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    give_voice(tmp_path / "own", monkeypatch)
    return tmp_path / "own"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(say, arguments)
    return result.exit_code, result.output


def test_all_prompts_are_listed_with_who_speaks_them(tmp_path: Path) -> None:
    write_words(tmp_path / "clinic" / "en" / "ready.wav", length_s=2.0)
    (tmp_path / "clinic" / "en" / "welcome.wav").write_text("broken")
    device = tmp_path / "device.toml"
    device.write_text(f'[voice]\nfolder = "{tmp_path / "clinic"}"\n')
    code, out = run("--device", str(device), "--json")
    rows = {row["prompt"]: row for row in json.loads(out)}
    assert code == 0
    assert set(rows) == set(PROMPTS)
    assert (rows["reminder"]["by"], rows["ready"]["by"], rows["welcome"]["by"]) == ("the box", "the clinic", "a sign")
    assert rows["ready"]["seconds"] == pytest.approx(2.0, abs=0.01)
    assert "no WAV file" in rows["welcome"]["trouble"]
    code, out = run("--device", str(device))
    assert code == 0
    assert "no WAV file" in out


def test_a_prompt_goes_into_a_file(tmp_path: Path) -> None:
    code, out = run("needs-help-code", "--digits", "42", "--wav", str(tmp_path / "out.wav"), "--json")
    assert code == 0
    assert json.loads(out)["manner"] == "words"
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 48_000)
        assert file.getnframes() / 48_000 > 3 * 1.15
    assert run("welcome", "--signs", "--wav", str(tmp_path / "sign.wav"), "--json")[1].count('"sign"') == 1


REFUSED = ["no-such-prompt", "welcome --digits 12x", "welcome --digits ²", "welcome --digits 123456789",
           "welcome --language nl"]  # fmt: skip


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_said_is_refused(line: str) -> None:
    assert run(*line.split())[0] == 2


def test_a_file_in_a_folder_that_is_not_there_is_refused() -> None:
    assert run("welcome", "--wav", "/no/such/folder/out.wav")[0] != 0


class Announced:
    """The process that the box starts, with musical signs, since its voice is not the tests'."""

    def __init__(self, folder: Path, prompt: Prompt) -> None:
        device = DeviceConfig(audio=AudioConfig(sink="wav"), voice=VoiceConfig(speak="signs"))
        self.folder = folder
        device_path(folder).write_bytes(msgspec.json.encode(device))
        self.process = subprocess.Popen(
            interpreter("-m", "device.commands.announcement", str(folder), msgspec.json.encode(prompt).decode()),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def await_door(self) -> None:
        """It listens to whoever wants silence from here on."""
        while not stop_path(self.folder, "patient").is_socket():
            assert self.process.poll() is None
            time.sleep(0.02)

    def spoken(self) -> Spoken:
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, err
        return msgspec.json.decode(out, type=Spoken)


def test_the_box_has_a_prompt_said_by_a_process_that_ends(tmp_path: Path) -> None:
    spoken = Announced(tmp_path, Prompt(t_ns=0, name="good-bye")).spoken()
    assert spoken.manner == "nothing"
    spoken = Announced(tmp_path, Prompt(t_ns=0, name="paused")).spoken()
    assert (spoken.name, spoken.manner, spoken.is_whole) == ("paused", "sign", True)


def test_who_has_used_the_week_up_is_still_spoken_to_and_it_counts_for_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with open_store(listeners_root(DeviceConfig())) as store:
        hear(store, "earlier", "", allowance_pa2h(), 3600.0, moment())
    assert Announced(tmp_path, Prompt(t_ns=0, name="paused")).spoken().is_whole
    with open_store(listeners_root(DeviceConfig())) as store:
        assert week_of(store, None, moment()).exposure_pa2h > allowance_pa2h()


def test_that_process_is_silent_soon_after_it_is_asked_to_end(tmp_path: Path) -> None:
    announced = Announced(tmp_path, Prompt(t_ns=0, name="needs-help-code", digits="9999"))
    announced.await_door()
    time.sleep(1.0)
    announced.process.send_signal(signal.SIGTERM)
    assert not announced.spoken().is_whole


def test_that_process_has_a_door_that_takes_a_stop_and_needs_no_box(tmp_path: Path) -> None:
    announced = Announced(tmp_path, Prompt(t_ns=0, name="needs-help-code", digits="9999"))
    announced.await_door()
    time.sleep(1.0)
    line = knock(stop_path(tmp_path, "patient"), {"kind": "stop"})
    assert line is not None
    assert not announced.spoken().is_whole
    assert b'"taken"' in line.recv(4096)
    line.close()
    assert not stop_path(tmp_path, "patient").exists()


def test_without_a_card_it_says_so_with_the_documented_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_path(tmp_path).write_bytes(msgspec.json.encode(DeviceConfig(audio=AudioConfig(device="no such card"))))
    done = subprocess.run(
        interpreter("-m", "device.commands.announcement", str(tmp_path), '{"kind":"prompt","t_ns":0,"name":"paused"}'),
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 5
    assert "sound card" in msgspec.json.decode(done.stdout, type=Spoken).remark
    assert done.stderr == b""
