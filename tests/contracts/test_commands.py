"""Every kind of wish is answered once, by the process that obeys it."""

import msgspec
import pytest

from device.config import AffectConfig, SessionConfig
from device.files.models import MODELS_DIR
from device.messages import WISHES, AnyCommand, CommandAnswer, Start, Tick, Transport
from device.processes import PROCESSES
from device.runtime.stage_runner import StageRunner, build_stages

BEFORE = {
    "resume_phase": "hold_phase",
    "more": "skip_phase",
    "all_voices": "less_of",
    "unlock": "lock",
    "hand_back": "take_over",
    "play_on": "rest",
}
"""What a wish needs to be possible."""
NEVER = ("approve", "reject")
"""Wishes that only a proposal makes possible."""
SAID = {
    "self_report": {"value": 0.5},
    "less_of": {"voice": "pad"},
    "lock": {"cue": "tempo"},
    "unlock": {"cue": "tempo"},
    "set_cue": {"cue": "tempo", "value": 80.0},
    "nudge": {"arousal": -0.2},
    "edit_path": {"points": [{"in_s": 120.0, "valence": 0.4, "arousal": -0.6}]},
}


@pytest.fixture
def runners() -> dict[str, StageRunner]:
    config = SessionConfig(session_id="test", run_dir="", session_dir="", models_dir=str(MODELS_DIR))
    quiet = msgspec.structs.replace(config.device, affect=AffectConfig(eeg_models=(), wrist_models=()))
    config = msgspec.structs.replace(config, device=quiet)
    found = {name: StageRunner(build_stages(row, config)) for name, row in PROCESSES.items() if row.stages}
    start = Start(t_ns=0, author="manager")
    for runner in found.values():
        (*_, asked) = [item for item in runner.step(start, 0) if isinstance(item, Transport)] or [None]
        if asked:
            found["loop"].step(asked, 0)
    return found


def wish(kind: str, wish_id: str) -> AnyCommand:
    told = {"t_ns": 1, "author": "therapist", "id": wish_id, "kind": kind} | SAID.get(kind, {})
    return msgspec.convert(told, AnyCommand)


@pytest.mark.parametrize("kind", WISHES)
def test_a_wish_is_answered_once_by_the_process_that_obeys_it(runners: dict[str, StageRunner], kind: str) -> None:
    runners["audio"].tick(0, Tick(t_ns=10**9, frame=48_000))
    answers = []
    for given in filter(None, (BEFORE.get(kind), kind)):
        answers = [
            (process, item)
            for process, runner in runners.items()
            for item in runner.step(wish(given, f"therapist-{given}"), 2)
            if isinstance(item, CommandAnswer)
        ]
    ((process, answer),) = answers
    expected = "refused" if kind in NEVER else "taken"
    assert (answer.process, answer.id, answer.answer) == (process, f"therapist-{kind}", expected)
    assert not any(
        isinstance(item, CommandAnswer)
        for runner in runners.values()
        for item in runner.step(msgspec.structs.replace(wish(kind, ""), t_ns=3), 3)
    ), "nobody waits for a wish of an old log"
