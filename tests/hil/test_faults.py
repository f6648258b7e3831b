"""What breaks in mid-session: sensors that go, processes that die, people who press stop."""

import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from device.messages import AffectEstimate, PlayedBar, RestTaken, SampleChunk, SensorStatus
from device.sessions.reader import SessionReader
from hardware.control import send as send_to_rig
from tests.hil.demo import Demo, isotone, needs_rig, playing

pytestmark = needs_rig


def test_sensors_that_go_away_come_back_by_themselves_under_the_music(tmp_path: Path) -> None:
    with playing(tmp_path, 0.9) as demo:
        demo.wait_for(lambda state: set(state.get("sources", {}).values()) == {"streaming"})
        demo.wait_for_music()
        send_to_rig(demo.rig_folder, {"do": "unplug", "for_s": 10})
        send_to_rig(demo.rig_folder, {"do": "drop_wristband", "for_s": 10})
        gone = demo.wait_for(lambda state: "streaming" not in state["sources"].values())
        assert set(gone["sources"]) == {"cyton", "wristband"}
        demo.wait_for(lambda state: set(state["sources"].values()) == {"streaming"}, timeout_s=40)
        assert demo.end() == 0
        events = [event for state in demo.states for event in state.get("events", [])]
        assert any("unplugged" in event for event in events)
    messages = [item.message for item in SessionReader(demo.folder).messages()]
    lost = sum(item.n_lost for item in messages if isinstance(item, SampleChunk) and item.source == "cyton")
    assert 9 * 250 < lost < 16 * 250, "the gap is not in the log as it was"
    states = [item.state for item in messages if isinstance(item, SensorStatus) and item.source == "wristband"]
    assert states[-1] == "streaming"
    assert "lost" in states
    bars = [item for item in messages if isinstance(item, PlayedBar)]
    starts = [bar.start_frame for bar in bars]
    assert np.diff(starts).tolist() == [bar.n_frames for bar in bars[:-1]], "the music did not go on"
    # A busy machine may hold the sound up for a moment, which is counted elsewhere; it does not stand still.
    gaps_s = np.diff([bar.t_ns for bar in bars]) / 1e9 - [bar.n_frames / 48_000 for bar in bars[:-1]]
    assert np.abs(gaps_s).max() < 1.0, "the music stood still"


@pytest.mark.parametrize("name", ["sensors", "loop", "composer", "audio", "recorder", "rig"])
def test_the_session_survives_the_death_of_any_process(tmp_path: Path, name: str) -> None:
    with playing(tmp_path, 0.45) as demo:
        demo.wait_for_music()
        before = demo.state["bar"]
        demo.kill(name)
        demo.wait_for(lambda state: state["bar"] is not None and state["bar"] >= before + 3)
        assert demo.end() == 0, demo.said()
        assert len(demo.states[-1]["files"]) == 3
    assert_music_to_the_end(demo)


def test_a_loop_that_dies_after_calibration_goes_on_with_the_rest_that_was_taken_and_replays(tmp_path: Path) -> None:
    device = tmp_path / "device.toml"
    device.write_text("[affect]\nbaseline_s = 6.0\n")
    with playing(tmp_path, 0.8, "--device", str(device)) as demo:
        demo.wait_for(lambda state: state.get("known"))
        demo.kill("loop")
        demo.wait_for(lambda state: not state.get("known"))
        demo.wait_for(lambda state: state.get("known"))
        assert demo.end() == 0, demo.said()
    messages = [item.message for item in SessionReader(demo.folder).messages()]
    (at,) = [index for index, item in enumerate(messages) if isinstance(item, RestTaken)]
    assert [rest.source for rest in messages[at].baselines] == ["cyton"]
    reasons = {why for item in messages[at:] if isinstance(item, AffectEstimate) for why in item.reasons}
    assert not any(why.startswith("cyton: calibrating") for why in reasons)
    replayed = isotone("replay", str(demo.folder), "--json")
    assert replayed.returncode == 0, replayed.stdout


def assert_music_to_the_end(demo: Demo) -> None:
    """Apart from the seconds of a restart of the audio process itself, no silence."""
    heard = demo.heard()
    seconds = heard[: len(heard) // 48_000 * 48_000].reshape(-1, 48_000, 2)
    silent = np.sqrt((seconds[2:-3] ** 2).mean(axis=(1, 2))) < 1e-4
    assert silent.sum() <= 5
    assert not silent[-3:].any()


def test_the_death_of_the_manager_ends_all_processes_by_a_fade(tmp_path: Path) -> None:
    with playing(tmp_path, 2.0) as demo:
        demo.wait_for_music()
        orphans = list(demo.children().values())
        demo.kill("manager")
        assert demo.process.wait(5) == -signal.SIGKILL
        gone, alive = psutil.wait_procs(orphans, timeout=20)
        assert not alive
        assert len(gone) == len(orphans)
    heard = demo.heard()
    assert np.abs(heard[-480:]).max() < 2e-3, "it broke off instead of fading"


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, "command"])
def test_stop_fades_and_leaves_a_finished_session(tmp_path: Path, way: object) -> None:
    with playing(tmp_path, 2.0) as demo:
        demo.wait_for_music()
        runtime = demo.rig_folder.parents[2]
        pressed = time.monotonic()
        if isinstance(way, signal.Signals):
            demo.process.send_signal(way)
        else:
            assert isotone("send", "stop", runtime=runtime).returncode == 0
        assert demo.end(30) == 0, demo.said()
        assert time.monotonic() - pressed < 25
        assert len(demo.states[-1]["files"]) == 3
    assert np.abs(demo.heard()[-48:]).max() < 2e-3


def test_everything_in_one_process_plays_too(tmp_path: Path) -> None:
    with playing(tmp_path, 0.2, "--one-process") as demo:
        assert demo.end() == 0, demo.said()
    assert isotone("replay", str(demo.folder)).returncode == 0
