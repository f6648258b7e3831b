"""What stands still for a while (stopped, swapped out, asleep) and goes on: nobody is blamed, and the music resumes."""

import itertools
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import psutil
import pytest

from device.messages import CommandAnswer, DirectStop, Fault, Marker, PcmBlock, PlayedBar
from device.sessions.reader import SessionReader
from tests.hil.demo import Demo, isotone, needs_rig, playing

pytestmark = needs_rig


def family(demo: Demo, name: str) -> list[psutil.Process]:
    """A process of a session, its manager, or everything that belongs to it."""
    manager = psutil.Process(demo.process.pid)
    if name == "all":
        return [manager, *manager.children(recursive=True)]
    return [manager if name == "manager" else demo.children()[name]]


def hold(processes: Iterable[psutil.Process], seconds: float) -> None:
    held = list(processes)
    for process in held:
        process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    for process in held:
        process.send_signal(signal.SIGCONT)


def messages_of(demo: Demo) -> list[object]:
    return [item.message for item in SessionReader(demo.folder).messages()]


@pytest.mark.parametrize(("name", "seconds"), [("audio", 3.5), ("manager", 8), ("loop", 4), ("all", 10)])
def test_a_standstill_is_forgiven_and_the_music_resumes(tmp_path: Path, name: str, seconds: float) -> None:
    with playing(tmp_path, 0.4) as demo:
        demo.wait_for_music()
        pids = {child.pid for child in demo.children().values()}
        hold(family(demo, name), seconds)
        before = demo.state["bar"]
        demo.wait_for(lambda state: state["bar"] is not None and state["bar"] >= before + 2)
        assert {child.pid for child in demo.children().values()} == pids, "somebody was killed for it"
        assert demo.end() == 0, demo.said()
    messages = messages_of(demo)
    assert [item.sentence for item in messages if isinstance(item, Fault) and item.process == "manager"] == []
    bars = [item.bar_index for item in messages if isinstance(item, PlayedBar)]
    assert bars == list(range(len(bars)))
    told = [item.text for item in messages if isinstance(item, Marker)]
    assert any("stood still" in text for text in told) == (name in ("manager", "all"))


@pytest.mark.parametrize("name", ["audio", "sensors", "composer"])
def test_a_process_that_hangs_for_longer_is_started_again_under_the_music(tmp_path: Path, name: str) -> None:
    with playing(tmp_path, 0.5) as demo:
        demo.wait_for_music()
        (hung,) = family(demo, name)
        hung.send_signal(signal.SIGSTOP)
        before = demo.state["bar"]
        demo.wait_for(lambda state: state["bar"] is not None and state["bar"] >= before + 5)
        assert not hung.is_running()
        assert demo.end() == 0, demo.said()


def test_stop_works_past_a_manager_that_hangs_and_replays(tmp_path: Path) -> None:
    with playing(tmp_path, 2.0) as demo:
        demo.wait_for_music()
        manager, runtime = psutil.Process(demo.process.pid), demo.rig_folder.parents[2]
        manager.send_signal(signal.SIGSTOP)
        time.sleep(1)
        done = isotone("send", "stop", "--json", runtime=runtime)
        assert done.returncode == 0, done.stderr
        assert '"process": "audio"' in done.stdout or '"process":"audio"' in done.stdout
        time.sleep(1)
        manager.send_signal(signal.SIGCONT)
        assert demo.end() == 0, demo.said()
    messages = messages_of(demo)
    (stop,) = (item for item in messages if isinstance(item, DirectStop))
    assert not any(item.fatal for item in messages if isinstance(item, Fault))
    blocks = [item for item in messages if isinstance(item, PcmBlock)]
    assert blocks == [], "what was heard is in heard.wav"
    assert np.abs(demo.heard()[-48:]).max() < 2e-3
    first = next(item for item in messages if isinstance(item, PlayedBar))
    # The ring holds three blocks of 21 ms before the first frame is heard.
    heard_ns = first.t_ns + (len(demo.heard()) - first.start_frame) / 48_000 * 1e9
    assert heard_ns - stop.t_ns < 0.25e9, "stop to silence"
    assert isotone("replay", str(demo.folder)).returncode == 0


def test_a_stop_that_audio_does_not_answer_ends_its_process(tmp_path: Path) -> None:
    with playing(tmp_path, 2.0) as demo:
        demo.wait_for_music()
        (audio,) = family(demo, "audio")
        audio.send_signal(signal.SIGSTOP)
        demo.process.send_signal(signal.SIGTERM)
        demo.end(timeout_s=40)
        assert not audio.is_running()


def test_the_end_of_audio_without_a_stop_is_a_fault_with_its_exit_code(tmp_path: Path) -> None:
    """Audio that dies again and again: the session does not end as if nothing had been."""
    with playing(tmp_path, 2.0) as demo:
        demo.wait_for_music()
        for previous in itertools.accumulate(range(3)):
            del previous
            demo.wait_for(lambda _: "audio" in demo.children())
            demo.kill("audio")
            time.sleep(1.5)
        assert demo.end() == 10, demo.said()
        assert "audio" in demo.said()
    assert any(item.fatal for item in messages_of(demo) if isinstance(item, Fault))


def test_every_wish_of_a_running_demo_is_answered_by_who_obeys(tmp_path: Path) -> None:
    with playing(tmp_path, 2.0) as demo:
        demo.wait_for_music()
        runtime = demo.rig_folder.parents[2]
        told = {
            words: isotone("send", *words.split(), runtime=runtime)
            for words in ("softer", "calmer --author therapist", "resume_phase", "self_report --value 0.2", "stop")
        }
        assert {words: done.returncode for words, done in told.items() if done.returncode} == {"resume_phase": 11}
        assert "No phase is held." in told["resume_phase"].stderr
        assert demo.end() == 0, demo.said()
        assert isotone("send", "stop", runtime=runtime).returncode == 11
    answers = [item for item in messages_of(demo) if isinstance(item, CommandAnswer)]
    assert [item.process for item in answers] == ["audio", "loop", "loop", "loop", "audio"]
    assert isotone("replay", str(demo.folder)).returncode == 0
