"""Commands as they travel: old payloads go on being read, every kind is named on the wire, answers carry the id."""

import msgspec
import pytest

from device.messages import WISHES, AnyCommand, Calmer, CommandAnswer, SelfReport, Softer, Start

OLD = {"t_ns": 5, "author": "patient", "value": -0.5, "valence": 0.25, "text": ""}
"""A command as it was recorded before each kind had a struct of its own."""


OF_OLD = (
    "start", "stop", "softer", "louder", "calmer", "livelier", "self_report", "skip_phase", "hold_phase",
    "resume_phase",
)  # fmt: skip


@pytest.mark.parametrize("kind", OF_OLD)
def test_a_command_recorded_before_there_were_kinds_of_their_own_is_read(kind: str) -> None:
    command = msgspec.msgpack.decode(msgspec.msgpack.encode(OLD | {"kind": kind}), type=AnyCommand)
    assert (command.kind, command.author, command.t_ns, command.id) == (kind, "patient", 5, "")
    assert isinstance(command, Start if kind == "start" else WISHES[kind])


def test_what_was_said_of_old_is_read_too() -> None:
    report = msgspec.msgpack.decode(msgspec.msgpack.encode(OLD | {"kind": "self_report"}), type=AnyCommand)
    assert report == SelfReport(t_ns=5, author="patient", value=-0.5, valence=0.25)


def test_an_answer_names_its_command_and_a_command_without_id_gets_none() -> None:
    (answer,) = Calmer(t_ns=1, author="patient", id="patient-3").answered(2, "loop", "refused", "It is calm.")
    assert answer == CommandAnswer(t_ns=2, process="loop", id="patient-3", answer="refused", sentence="It is calm.")
    assert Softer(t_ns=1, author="patient").answered(2, "audio", "taken") == ()
