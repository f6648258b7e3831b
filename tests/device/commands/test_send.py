"""`isotone send`: 0 only when a living session obeys, whoever else is about; else a sentence and 11."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from device.cli import main
from device.clock import SystemClock
from device.config import SessionConfig
from device.errors import Exit
from device.messages import Command, PointAhead
from device.runtime.door import ROLES, Door, Reply, door_path, stop_path
from device.runtime.life import session_path
from device.runtime.run_folder import claim_run_folder, name_session

TAKEN = Reply(answer="taken", process="loop")


class Session:
    """A living session as far as a client sees it: a claimed folder with doors that answer."""

    def __init__(self, run_dir: Path, config: SessionConfig, reply: Reply | None, at: Callable = door_path) -> None:
        self.run_dir, self.wishes = run_dir, list[Command]()
        session_path(run_dir).write_bytes(msgspec.json.encode(config))
        self._reply, self._stop = reply, threading.Event()
        self._door = Door({role: at(run_dir, role) for role in ROLES}, SystemClock())
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stop.wait(0.005):
            for request in self._door.requests() if self._reply else ():
                self.wishes.append(request.wish)
                assert self._reply
                request.answer(self._reply)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._door.close()


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, run_dir: Path, config: SessionConfig) -> Iterator[Callable[..., Session]]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    with ExitStack() as stack:

        def start(reply: Reply | None = TAKEN, *, also_at: Callable | None = None) -> Session:
            """`reply` none: it hangs; `also_at`: audio answers there."""
            folder = stack.enter_context(claim_run_folder(name_session()))
            session = Session(folder, config, reply)
            stack.callback(session.close)
            if also_at:
                session.audio = Session(folder, config, Reply(answer="taken", process="audio"), also_at)  # type: ignore[attr-defined]
                stack.callback(session.audio.close)  # type: ignore[attr-defined]
            return session

        yield start


def send(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["send", *words], prog_name="isotone")
    return result.exit_code, result.output


def test_without_a_session_it_says_so(begin: Callable[..., Session]) -> None:
    for words in (["stop"], ["calmer"], ["stop", "--all"], ["stop", "--session", "20260101T000000Z-000000"]):
        code, output = send(*words)
        assert code == Exit.SYSTEM
        assert "running here" in output


def test_a_dead_sessions_folder_is_no_session(begin: Callable[..., Session], run_dir: Path) -> None:
    left = run_dir / "isotone" / "20990101T000000Z-000000"
    left.mkdir(parents=True, mode=0o700)
    assert send("stop")[0] == Exit.SYSTEM
    living = begin()
    assert send("calmer") == (Exit.OK, f"{living.run_dir.name}: taken.\n")


def test_a_wish_is_obeyed_by_the_only_session(begin: Callable[..., Session]) -> None:
    session = begin()
    assert send("self_report", "--value", "0.4", "--valence", "-0.2", "--author", "therapist")[0] == Exit.OK
    code, output = send("softer")
    assert (code, output) == (Exit.OK, f"{session.run_dir.name}: taken.\n")
    first, second = session.wishes
    assert (first.value, first.valence, first.author) == (0.4, -0.2, "therapist")  # type: ignore[attr-defined]
    assert (second.kind, second.author) == ("softer", "patient")


def test_a_refusal_is_told_with_its_reason(begin: Callable[..., Session]) -> None:
    begin(Reply(answer="refused", sentence="No phase is held.", process="loop"))
    code, output = send("resume_phase")
    assert code == Exit.SYSTEM
    assert output.strip().endswith("No phase is held.")
    code, output = send("resume_phase", "--json")
    assert code == Exit.SYSTEM
    (answer,) = json.loads(output.splitlines()[0])["answers"]
    assert (answer["answer"], answer["sentence"], answer["process"]) == ("refused", "No phase is held.", "loop")


def test_what_is_queued_is_obeyed_too(begin: Callable[..., Session]) -> None:
    begin(Reply(answer="queued", sentence="It counts from the first bar on.", process="loop"))
    assert send("calmer")[0] == Exit.OK


def test_of_several_sessions_one_must_be_named_but_stop_means_all(
    begin: Callable[..., Session], tmp_path: Path
) -> None:
    sessions = [begin(), begin(), begin()]
    code, output = send("calmer")
    assert code == Exit.SYSTEM
    assert all(session.run_dir.name in output for session in sessions)
    assert not any(session.wishes for session in sessions)
    assert send("calmer", "--session", sessions[1].run_dir.name)[0] == Exit.OK
    assert send("calmer", "--session", str(sessions[1].run_dir))[0] == Exit.OK
    assert [len(session.wishes) for session in sessions] == [0, 2, 0]
    assert send("calmer", "--all")[0] == Exit.OK
    assert send("stop")[0] == Exit.OK
    assert [[wish.kind for wish in session.wishes][-2:] for session in sessions] == [["calmer", "stop"]] * 3
    assert send("stop", "--session", "nobody")[0] == Exit.SYSTEM


def test_a_session_is_found_by_the_folder_it_records_into(begin: Callable[..., Session], config: SessionConfig) -> None:
    session = begin()
    assert send("softer", "--session", config.session_dir)[0] == Exit.OK
    assert len(session.wishes) == 1


def test_a_stop_goes_past_a_manager_that_hangs_to_audio_itself(begin: Callable[..., Session]) -> None:
    session = begin(None, also_at=stop_path)
    other = begin()
    code, output = send("stop", "--json")
    assert code == Exit.OK, output
    assert {item["process"] for item in json.loads(output)["answers"]} == {"audio", "loop"}
    assert [wish.kind for wish in session.audio.wishes] == ["stop"]  # type: ignore[attr-defined]
    assert len(other.wishes) == 1


def test_a_wish_to_a_session_that_hangs_is_not_said_to_be_obeyed(
    begin: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.runtime.asking.ANSWER_S", 0.3)
    begin(None)
    code, output = send("calmer")
    assert code == Exit.SYSTEM
    assert "hang" in output


def test_a_session_that_is_only_starting_is_not_said_to_have_obeyed(
    monkeypatch: pytest.MonkeyPatch, run_dir: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    monkeypatch.setattr("device.commands.send.START_NS", 300_000_000)
    with claim_run_folder(name_session()):
        for kind in ("stop", "calmer"):
            code, output = send(kind)
            assert code == Exit.SYSTEM
            assert "starting, or ending" in output


def test_a_stop_waits_for_the_door_of_a_session_that_is_only_starting(
    monkeypatch: pytest.MonkeyPatch, run_dir: Path, config: SessionConfig
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    sessions: list[Session] = []
    with claim_run_folder(name_session()) as folder:
        opening = threading.Timer(0.5, lambda: sessions.append(Session(folder, config, TAKEN)))
        opening.start()
        assert send("stop")[0] == Exit.OK
        opening.join()
        sessions[0].close()


def test_a_session_that_ended_meanwhile_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    with ExitStack() as ending:
        ending.enter_context(claim_run_folder(name_session()))
        threading.Timer(0.4, ending.pop_all().close).start()
        code, output = send("stop")
    assert code == Exit.SYSTEM
    assert "ended by itself" in output


@pytest.mark.parametrize(("words", "fields"), [
    ("lock --cue tempo", {"cue": "tempo"}),
    ("set_cue --cue tempo --value 80", {"cue": "tempo", "value": 80.0}),
    ("set_cue --cue mode --value minor", {"cue": "mode", "value": "minor"}),
    ("nudge --arousal -0.2", {"arousal": -0.2, "valence": 0.0}),
    ("self_report --value 0 --valence 0", {"value": 0.0, "valence": 0.0}),
    ("take_over", {"valence": None, "arousal": None}),
    ("take_over --arousal 0", {"valence": None, "arousal": 0.0}),
    ("approve --proposal 3", {"proposal": 3}),
    ("approve_first --off", {"on": False}),
    ("approve_first", {"on": True}),
    ("less_of --instrument violin", {"program": 40, "voice": None}),
    ("edit_path --point 120,0.4,-0.5 --point 200,0.4,-0.6", {"points": (
        PointAhead(120.0, 0.4, -0.5), PointAhead(200.0, 0.4, -0.6),
    )}),
])  # fmt: skip
def test_what_a_therapist_says_reaches_the_session(
    begin: Callable[..., Session], words: str, fields: dict[str, object]
) -> None:
    session = begin()
    result = CliRunner().invoke(main, ["send", *words.split(), "--author", "therapist"])
    assert result.exit_code == 0, result.output
    (wish,) = session.wishes
    assert {name: getattr(wish, name) for name in fields} == fields


def test_a_patient_is_told_who_may(begin: Callable[..., Session]) -> None:
    session = begin()
    result = CliRunner().invoke(main, ["send", "lock", "--cue", "tempo"])
    assert result.exit_code == Exit.SYSTEM
    assert session.wishes == []


@pytest.mark.parametrize("words", [
    "lock", "lock --cue wish", "calmer --cue tempo", "set_cue --cue tempo --value loud", "set_cue --cue tempo",
    "edit_path", "edit_path --point 1,2", "less_of --instrument nothing-like-it", "nudge --arousal 3",
    "self_report", "self_report --valence 0.5", "self_report --value 2", "self_report --value nan",
    "set_cue --cue tempo --value inf",
])  # fmt: skip
def test_what_is_no_wish_is_refused_before_anybody_is_asked(words: str) -> None:
    result = CliRunner().invoke(main, ["send", *words.split(), "--author", "therapist"])
    assert result.exit_code == Exit.USAGE, result.output
