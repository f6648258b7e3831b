"""What is pressed is shown with what it would do, with and without a box, and nothing is done."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from device.clock import SystemClock
from device.commands.buttons import buttons
from device.messages import Button, Press
from device.panel.gestures import DOES, MEANINGS
from device.runtime.bus import Publisher, is_publishing
from device.runtime.run_folder import make_always_dir
from hardware.bench.input_node import Node


@pytest.fixture
def inputs(tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of input devices that device.toml names."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    (tmp_path / "device.toml").write_text(f'[panel]\ninput_folder = "{tmp_path}"\npins = {{ play = 5 }}\n')
    return tmp_path


def shown(inputs: Path, do: Callable[[], None], *options: str) -> str:
    """What the command printed while something was done."""
    doing = threading.Thread(target=lambda: (time.sleep(0.5), do()))
    doing.start()
    done = CliRunner().invoke(buttons, ["--device", str(inputs / "device.toml"), "--seconds", "3", *options])
    doing.join()
    assert done.exit_code == 0, done.output
    return done.output


def test_presses_keys_without_meaning_and_what_is_missing_are_shown(inputs: Path) -> None:
    headset = Node(inputs)

    def press() -> None:
        headset.down("KEY_VOLUMEUP")
        headset.down("KEY_NEXTSONG")
        headset.unplug()

    lines = [json.loads(line) for line in shown(inputs, press, "--json").splitlines()]
    first, press_line, unused = lines[0], *(each for each in lines if "button" in each or "unused" in each)
    assert first["heard"] == ["event0 [event0]"]
    assert "pins" in first["troubles"][0], "there is no board here"
    assert press_line == {"button": "louder", "kind": "short", "meaning": "louder", "source": "event0 [event0]"}
    assert unused["unused"] == "KEY_NEXTSONG"
    assert {"gone": "event0 [event0]"} in lines


def test_people_read_what_it_would_do(inputs: Path) -> None:
    headset = Node(inputs)
    text = shown(inputs, lambda: headset.down("KEY_STOPCD"))
    assert "stop short at event0 [event0]: the sound ends at once" in text


def test_beside_a_box_its_own_panel_is_heard(inputs: Path) -> None:
    folder = make_always_dir()
    panel = Publisher(folder, "panel", 0, SystemClock())
    assert is_publishing(folder, "panel")
    press = Press(t_ns=1, button="play", kind="double", meaning="more", source="box")
    text = shown(inputs, lambda: [panel.send(press) for _ in range(3)] and None, "--json")
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    assert lines[0] == {"box": True}
    assert {"button": "play", "kind": "double", "meaning": "more", "source": "box"} in lines[1:]
    panel.close()
    assert not is_publishing(folder, "panel")


def test_every_button_is_told_in_words() -> None:
    meanings: set[Button] = {meaning for kinds in MEANINGS.values() for meaning in kinds.values()}
    assert set(DOES) == meanings == set(MEANINGS)
