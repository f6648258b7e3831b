"""Sessions that earlier releases recorded stay readable: listed, shown, drawn, and their rest is carried on.

One small session per release lies in `releases/`, as that release wrote it; none of them is ever recorded anew.
"""

import shutil
from pathlib import Path

import pytest

from device.commands.memory import recall
from device.config import DeviceConfig, ListenersConfig
from device.recordings.session_log import load_session
from device.replay import replay_session
from device.sessions.figure import draw
from device.sessions.history import History
from device.sessions.interchange import write_midi
from device.sessions.listing import list_sessions, show
from device.sessions.reader import SessionReader
from device.sessions.summary import describe
from tests.replay.test_golden import TOLERANCE

RELEASES = Path(__file__).parent / "releases"
SESSIONS = sorted(path.parent for path in RELEASES.glob("*/*/session.json"))
RESTS = [path for path in SESSIONS if path.name == "rest"]


def name(path: Path) -> str:
    return f"{path.parent.name}-{path.name}"


every_session = pytest.mark.parametrize("session", SESSIONS, ids=name)


@every_session
def test_it_is_read_without_a_problem_and_can_be_played_again(session: Path) -> None:
    reader = SessionReader(session)
    streams = {received.stream for received in reader.messages()}
    assert reader.problems() == []
    assert streams >= {"samples", "features", "affect", "intents", "bars", "played", "audio_report", "commands"}
    assert reader.config.minutes == reader.document.minutes
    assert session.parent.name in reader.document.text("isotone")


@every_session
def test_it_is_listed_and_shown(session: Path) -> None:
    listed = {info.folder: info for info in list_sessions(session.parent)}[str(session)]
    shown = show(session)
    assert listed.session_id == shown["session_id"]
    assert listed.began.startswith("20261128T")
    assert listed.minutes == shown["minutes"] > 0


@every_session
def test_it_is_drawn_and_described(session: Path, tmp_path: Path) -> None:
    history = History(SessionReader(session))
    described = describe(history)
    draw(history, tmp_path / "session.png")
    write_midi(tmp_path / "played.mid", history.played)
    assert described["bars"] > 5
    assert described["ended"] == "whole"
    assert described["recording_problems"] == []
    assert set(described["sources"]) == {"cyton", "wristband"}
    assert (tmp_path / "session.png").stat().st_size > 10_000


@every_session
def test_its_sensors_are_read_back(session: Path) -> None:
    recording = load_session(session)
    assert recording.notes == ()
    assert recording.eeg is not None
    assert recording.eeg.data.shape[1] == 8
    assert recording.heart is not None


@every_session
def test_its_replay_is_the_same_or_names_the_release_and_models_that_made_it(session: Path) -> None:
    report = replay_session(session, TOLERANCE)
    maker = SessionReader(session).document
    named = [problem for problem in report.problems if f"isotone {maker.text('isotone')} with" in problem]
    assert report.is_compared
    assert report.is_same or (named and all(model in named[0] for model in maker.models))


@pytest.mark.parametrize("session", RESTS, ids=name)
def test_its_rest_is_carried_on(session: Path, tmp_path: Path) -> None:
    shutil.copytree(session, tmp_path / "sessions" / "earlier")
    listener = SessionReader(session).document.text("listener")
    device = DeviceConfig(listeners=ListenersConfig(directory=str(tmp_path / "listeners")))
    found = recall(device, listener, tmp_path / "sessions")
    assert {rest.source for rest in found.baselines} == {"cyton", "wristband"}
    assert all(min(rest.weight_s) > 0 for rest in found.baselines)
