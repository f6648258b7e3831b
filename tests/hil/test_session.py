"""A whole session in real time, its replay, and what a changed byte in the log does."""

from pathlib import Path

import mido
import msgspec
import numpy as np
import pytest

from device.messages import SampleChunk
from device.sessions.reader import SessionReader
from tests.hil.demo import Demo, isotone, needs_rig, playing

pytestmark = needs_rig


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    with playing(tmp_path_factory.mktemp("whole"), 0.4) as demo:
        demo.code = demo.end()  # type: ignore[attr-defined]
    return demo


def test_a_session_ends_well_and_leaves_its_four_files(finished: Demo) -> None:
    assert finished.code == 0  # type: ignore[attr-defined]
    begun, result = finished.states[0], finished.states[-1]
    assert begun["session"] == str(finished.folder)
    assert begun["seed"] == 5
    assert result["exit"] == 0
    assert set(result["files"]) == {"heard.wav", "played.mid", "session.png"}
    assert result["log"] == [str(finished.folder / "log-0000.mcap")]
    assert (finished.folder / "session.png").read_bytes().startswith(b"\x89PNG")
    notes = [message for message in mido.MidiFile(finished.folder / "played.mid") if message.type == "note_on"]
    assert len(notes) > 10


def test_nothing_was_lost_and_no_second_was_silent(finished: Demo) -> None:
    assert finished.states[-2]["samples_lost"]["cyton"] == 0
    heard = finished.heard()
    assert len(heard) > 20 * 48_000
    seconds = heard[: len(heard) // 48_000 * 48_000].reshape(-1, 48_000, 2)
    levels = np.sqrt((seconds[2:-3] ** 2).mean(axis=(1, 2)))
    assert levels.min() > 1e-4, "a second of silence in the middle of the music"
    assert np.abs(heard).max() <= 10 ** (-6 / 20) + 1e-3, "above the limiter's ceiling"


def test_the_replay_makes_every_decision_and_bar_again(finished: Demo) -> None:
    done = isotone("replay", str(finished.folder), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = msgspec.json.decode(done.stdout)
    assert {row["stream"] for row in report["streams"]} >= {"features", "affect", "intents", "bars", "played"}
    assert all(row["same"] == row["recorded"] > 0 for row in report["streams"])


def test_one_changed_byte_of_eeg_is_named_by_the_replay(finished: Demo, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in finished.folder.glob("*.*"):
        (changed / path.name).write_bytes(path.read_bytes())
    chunks = [
        item.message
        for item in SessionReader(changed).messages()
        if isinstance(item.message, SampleChunk) and item.message.kind == "eeg"
    ]
    log = changed / "log-0000.mcap"
    data = bytearray(log.read_bytes())
    place = data.index(chunks[len(chunks) // 2].data) + 402
    data[place] ^= 0x10
    log.write_bytes(data)
    done = isotone("replay", str(changed))
    assert done.returncode == 9
    assert "samples/cyton" in done.stdout + done.stderr


def test_sessions_are_listed_and_shown(finished: Demo) -> None:
    listed = isotone("sessions", "list", "--dir", str(finished.folder.parent), "--json")
    assert [info["listener"] for info in msgspec.json.decode(listed.stdout)] == ["guest"]
    shown = isotone("sessions", "show", str(finished.folder))
    assert shown.returncode == 0
    assert "guest" in shown.stdout
