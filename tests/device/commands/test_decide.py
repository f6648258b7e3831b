"""`isotone decide` answers each line at once, refuses in words, and remembers a listener if it is told to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from device.control import POLICIES
from device.messages import PersonalResponse

PLAN = """
[[phase]]
kind = "baseline"
minutes = 0.5
[[phase]]
kind = "shift"
share = 2
[[phase]]
kind = "cool-down"
share = 1
"""


def decide(*arguments: str, told: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "device.cli", "decide", *arguments]
    return subprocess.run(command, input=told, capture_output=True, check=False)


def answers(*arguments: str, told: bytes) -> list[dict[str, Any]]:
    done = decide(*arguments, told=told)
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.splitlines()]


def feel(seconds: float, arousal: float = 0.5) -> bytes:
    told = {"t": seconds, "known": True, "arousal": arousal, "arousal_sd": 0.3, "valence": 0.0, "valence_sd": 1.0}
    return json.dumps(told).encode() + b"\n"


def test_it_lists_the_policies_and_which_one_ships() -> None:
    told = json.loads(decide("--list", "--json").stdout)
    assert told["policies"] == list(POLICIES)
    assert told["default"] in told["policies"]
    assert b"(default)" in decide("--list").stdout


def test_without_any_input_it_has_nothing_to_answer() -> None:
    command = f"{sys.executable} -m device.cli decide <&-"
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_session_is_the_same_each_time_and_ends() -> None:
    told = b"".join(feel(second) for second in range(0, 70, 2))
    one, other = (answers("--minutes", "1", "--seed", "3", told=told) for _ in range(2))
    assert one == other
    assert [line["t"] for line in one] == list(range(0, 70, 2))
    assert one[-1]["over"]
    asked = "phase target_valence target_arousal tempo_bpm density register_midi loudness_db brightness articulation"
    assert {*asked.split(), "mode", "decided_by", "locked", "refusal", "reason"} <= set(one[0])


def test_each_line_is_answered_before_the_next_is_told() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "device.cli", "decide"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdin
        assert running.stdout
        for second in range(3):
            running.stdin.write(feel(second))
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["t"] == second
        running.stdin.close()
        assert running.wait() == 0


def test_whatever_is_told_there_is_an_answer_to_each_line() -> None:
    told = [b"", b"so", b"\xff\xfe", b"x" * 10_000_000, b'{"t": 1, "known": false}', b"{}", b'{"t": 2, "known": true}']
    lines = answers(told=b"\n".join(told))
    assert len(lines) == len(told)
    assert [line["refusal"] is None for line in lines] == [False] * 4 + [True] + [False] * 2
    assert "longer than" in lines[3]["refusal"]


def test_plan_and_prescription_hold(tmp_path: Path) -> None:
    plan, prescription = tmp_path / "plan.toml", tmp_path / "prescription.toml"
    plan.write_text(PLAN, "utf-8")
    prescription.write_text("[limits]\ntempo_max_bpm = 60.0\nloudness_max_db = -12.0\n", "utf-8")
    told = b"".join(feel(second, 0.9) for second in range(0, 130, 5))
    lines = answers("--minutes", "2", "--plan", str(plan), "--prescription", str(prescription), told=told)
    assert {line["phase"] for line in lines} == {"baseline", "shift", "cool-down"}
    assert max(line["tempo_bpm"] for line in lines) <= 60
    assert max(line["loudness_db"] for line in lines) <= -12


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["--policy", "magic"], 3, "no policy `magic`"),
        (["--plan", "missing.toml"], 3, "missing.toml"),
        (["--minutes", "0"], 2, "--minutes"),
        (["--minutes", "nan"], 2, "--minutes"),
        (["--remember", "/proc/version"], 3, "no memory of a listener"),
        (["--remember", "/nowhere/memory.json"], 7, "cannot be written"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_told(arguments: list[str], code: int, why: str) -> None:
    done = decide(*arguments, told=feel(0))
    assert done.returncode == code
    assert why in done.stderr.decode()
    assert not done.stdout


def test_what_other_policies_learnt_is_kept_in_the_memory(tmp_path: Path) -> None:
    memory = tmp_path / "memory.json"
    answers("--policy", "plan", "--remember", str(memory), told=feel(0))
    assert json.loads(memory.read_bytes()) == []
    learnt = [PersonalResponse(t_ns=1, policy="another", version="1", values={"gain": 0.5})]
    memory.write_bytes(msgspec.json.encode(learnt))
    answers("--policy", "plan", "--remember", str(memory), told=feel(0) + feel(200))
    assert msgspec.json.decode(memory.read_bytes(), type=list[PersonalResponse]) == learnt
