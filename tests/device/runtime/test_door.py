"""The doors: whatever a client sends costs one refusal, and the next client is served."""

import contextlib
import json
import os
import socket
import stat
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import VirtualClock
from device.messages import WISHES, SelfReport, Softer
from device.runtime.door import CLIENTS_MAX, LINE_MAX, ROLES, Door, RefusedError, Reply, read_wish
from device.wishes import AT_ONCE

TAKEN = Reply(answer="taken", process="loop")


class Guest:
    """A client that never waits for long."""

    def __init__(self, path: Path) -> None:
        self.line = socket.socket(socket.AF_UNIX)
        self.line.settimeout(2)
        self.line.connect(str(path))

    def say(self, data: bytes) -> None:
        self.line.sendall(data)

    def hear(self) -> dict[str, str]:
        return json.loads(self.line.recv(LINE_MAX))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1)


@pytest.fixture
def door(run_dir: Path, clock: VirtualClock) -> Iterator[Door]:
    made = Door({role: run_dir / f"{role}.door" for role in ROLES}, clock)
    yield made
    made.close()


@pytest.fixture
def visit(run_dir: Path) -> Iterator[Callable[..., Guest]]:
    guests: list[Guest] = []

    def come(role: str = "patient") -> Guest:
        guests.append(Guest(run_dir / f"{role}.door"))
        return guests[-1]

    yield come
    for guest in guests:
        guest.line.close()


def serve(door: Door) -> list[object]:
    """Take what is wished and answer it."""
    wishes = []
    for _ in range(3):
        for request in door.requests():
            wishes.append(request.wish)
            request.answer(TAKEN)
    return wishes


def test_a_wish_is_taken_and_answered_and_the_same_client_may_ask_again(
    door: Door, visit: Callable[..., Guest]
) -> None:
    guest = visit("therapist")
    for value in (0.25, -1):
        guest.say(b'{"kind": "self_report", "value": %g}\n' % value)
        assert serve(door) == [SelfReport(t_ns=0, author="therapist", value=value)]
        assert guest.hear() == {"answer": "taken", "process": "loop"}


def test_a_second_wish_waits_for_the_answer_to_the_first(door: Door, visit: Callable[..., Guest]) -> None:
    guest = visit()
    guest.say(b'{"kind": "softer"}\n{"kind": "louder"}\n')
    (first,) = door.requests()
    assert door.requests() == []
    first.answer(TAKEN)
    (second,) = door.requests()
    assert (first.wish.kind, second.wish.kind) == ("softer", "louder")


def test_the_author_is_the_doors_and_never_the_clients(door: Door, visit: Callable[..., Guest]) -> None:
    guest = visit()
    guest.say(b'{"kind": "softer", "author": "therapist"}\n')
    assert serve(door) == []
    assert guest.hear()["answer"] == "refused"
    guest.say(b'{"kind": "softer"}\n')
    assert serve(door) == [Softer(t_ns=0, author="patient")]


def test_only_our_own_user_may_knock(door: Door, run_dir: Path) -> None:
    for role in ROLES:
        assert stat.S_IMODE((run_dir / f"{role}.door").stat().st_mode) == 0o600


def test_another_user_is_refused_by_what_the_kernel_says(
    door: Door, visit: Callable[..., Guest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(struct, "unpack", lambda *_: (1, os.geteuid() + 1, 1))
    guest = visit()
    guest.say(b'{"kind": "stop"}\n')
    assert serve(door) == []
    assert "Only the user" in guest.hear()["sentence"]


BAD = {
    "empty": b"\n",
    "no JSON": b"stop\n",
    "not UTF-8": b'{"kind": "softer", "text": "\xff\xfe"}\n',
    "nested": b'{"kind": "softer", "x": ' + b"[" * 3000 + b"\n",
    "a list": b'["stop"]\n',
    "a number": b"7\n",
    "unknown": b'{"kind": "explode"}\n',
    "unhashable": b'{"kind": {}}\n',
    "no kind": b'{"value": 1}\n',
    "the manager's own": b'{"kind": "start"}\n',
    "no value": b'{"kind": "self_report"}\n',
    "a wrong type": b'{"kind": "self_report", "value": "high"}\n',
    "no number": b'{"kind": "self_report", "value": 1e999}\n',
    "unknown field": b'{"kind": "softer", "by": 3}\n',
    "an id": b'{"kind": "softer", "id": "patient-1"}\n',
    "old msgpack": b"\x84\xa4kind\xa6calmer\xa6author\xa7patient\n",
    "oversized": b'{"kind": "' + b"x" * LINE_MAX + b'"}\n',
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_is_no_wish_gets_one_refusal_in_words_and_harms_nobody(
    door: Door, visit: Callable[..., Guest], data: bytes
) -> None:
    bad, good = visit(), visit()
    bad.say(data)
    assert serve(door) == []
    reply = bad.hear()
    assert reply["answer"] == "refused"
    assert reply["sentence"].endswith(".")
    good.say(b'{"kind": "softer"}\n')
    assert len(serve(door)) == 1
    assert good.hear()["answer"] == "taken"


@pytest.mark.parametrize("number", [10**23, 2**64, -(2**63) - 1, -1, 2**31])
@pytest.mark.parametrize("kind", sorted(WISHES))
def test_no_number_is_let_in_that_no_message_can_carry(kind: str, number: int) -> None:
    for field in set(WISHES[kind].__struct_fields__) - {"t_ns", "author", "id"}:
        told = {"cue": "tempo", "value": 0.5} if kind == "set_cue" else {"value": 0.5} if kind == "self_report" else {}
        try:
            wish = read_wish(json.dumps({"kind": kind} | told | {field: number}).encode(), "therapist")
        except RefusedError:
            continue
        msgspec.msgpack.encode(wish)


def test_a_request_that_is_never_finished_is_refused_and_hung_up_on(
    door: Door, visit: Callable[..., Guest], clock: VirtualClock
) -> None:
    half, idle = visit(), visit()
    half.say(b'{"kind": "so')
    assert serve(door) == []
    clock.advance(3)
    assert serve(door) == []
    assert "whole" in half.hear()["sentence"]
    assert half.line.recv(1) == b""
    idle.say(b'{"kind": "softer"}\n')
    assert len(serve(door)) == 1, "whoever says nothing may stay"


def test_a_client_that_hangs_up_before_the_end_of_its_line_is_read_to_there(
    door: Door, visit: Callable[..., Guest]
) -> None:
    guest = visit()
    guest.say(b'{"kind": "softer"}')
    guest.line.shutdown(socket.SHUT_WR)
    assert len(serve(door)) == 1
    assert guest.hear()["answer"] == "taken"
    visit().line.close()
    assert serve(door) == []


def test_a_flood_of_clients_costs_the_oldest_idle_one_and_never_the_door(
    door: Door, visit: Callable[..., Guest], clock: VirtualClock
) -> None:
    guests = []
    for _ in range(CLIENTS_MAX + 1):
        guests.append(visit())
        clock.advance(0.01)
        assert serve(door) == []
    assert "Too many" in guests[0].hear()["sentence"]
    guests[-1].say(b'{"kind": "stop"}\n')
    assert len(serve(door)) == 1


def test_a_flood_of_wishes_is_rationed_and_a_stop_is_never_one_too_many(
    door: Door, visit: Callable[..., Guest], clock: VirtualClock
) -> None:
    guest, answers = visit(), []
    for _ in range(3 * round(AT_ONCE)):
        guest.say(b'{"kind": "louder"}\n')
        serve(door)
        answers.append(guest.hear())
    assert [reply["answer"] for reply in answers].count("taken") == AT_ONCE
    assert "a second" in answers[-1]["sentence"]
    guest.say(b'{"kind": "stop"}\n')
    assert len(serve(door)) == 1
    other = visit("therapist")
    other.say(b'{"kind": "softer"}\n')
    assert len(serve(door)) == 1, "the patient's flood is not the therapist's"
    clock.advance(1)
    guest.hear()
    guest.say(b'{"kind": "softer"}\n')
    assert len(serve(door)) == 1


def test_a_client_that_left_or_reads_nothing_is_forgotten(door: Door, visit: Callable[..., Guest]) -> None:
    guest = visit()
    guest.say(b'{"kind": "softer"}\n')
    (request,) = door.requests()
    guest.line.close()
    request.answer(TAKEN)
    request.answer(TAKEN)
    assert serve(door) == []


def test_the_place_of_a_door_that_was_left_is_taken_over_and_given_back(run_dir: Path, clock: VirtualClock) -> None:
    path = run_dir / "patient.door"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    Door({"patient": path}, clock).close()
    assert not path.exists()
    path.write_text("not ours")
    with pytest.raises(OSError):
        Door({"patient": path}, clock)
    assert path.read_text() == "not ours"


@settings(max_examples=300, deadline=None)
@given(
    line=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9) | st.sampled_from(sorted(WISHES)),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["kind", "value", "valence", "t_ns", "x"]), inner, max_size=4)
        ),
        max_leaves=8,
    ).map(lambda told: json.dumps(told).encode())
)
def test_any_line_is_a_wish_or_refused(line: bytes) -> None:
    try:
        wish = read_wish(line, "patient")
    except RefusedError as error:
        assert str(error).endswith(".")
    else:
        assert type(wish) in WISHES.values()
        assert (wish.author, wish.id, wish.t_ns) == ("patient", "", 0)


@settings(max_examples=50, deadline=None)
@given(chunks=st.lists(st.binary(max_size=6000), max_size=6))
def test_whatever_bytes_come_in_whatever_pieces_the_next_client_is_served(chunks: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "patient.door"
        door = Door({"patient": path}, VirtualClock(1))
        bad, good = Guest(path), Guest(path)
        for chunk in chunks:
            with contextlib.suppress(OSError):
                bad.line.send(chunk, socket.MSG_DONTWAIT)
            serve(door)
        good.say(b'{"kind": "stop"}\n')
        assert [wish.kind for wish in serve(door)][-1] == "stop"
        assert good.hear()["answer"] == "taken"
        for guest in (bad, good):
            guest.line.close()
        door.close()
