"""Chores run one at a time behind everything else, and give way to a session."""

import time

from device.box.chores import Chore, Chores, Done

HELLO = Chore("hello", ("-c", "import os; print(os.nice(0))"))
SLEEP = Chore("sleep", ("-c", "import time; time.sleep(60)"), may_be_broken_off=True)


def finish(chores: Chores) -> Done:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if done := chores.turn(has_time=True):
            return done
        time.sleep(0.02)
    raise AssertionError("it did not end")


def test_a_chore_is_nice_and_what_it_says_is_kept() -> None:
    chores = Chores()
    chores.add(HELLO)
    chores.add(HELLO)
    done = finish(chores)
    assert (done.chore, done.exit_code) == (HELLO, 0)
    assert int(done.said) >= 15
    assert chores.turn(has_time=True) is None, "the same was asked for once"


def test_without_time_nothing_begins() -> None:
    chores = Chores()
    chores.add(HELLO)
    assert chores.turn(has_time=False) is None
    time.sleep(0.2)
    assert chores.turn(has_time=False) is None
    chores.close()


def test_a_session_that_begins_has_the_machine_for_itself() -> None:
    chores = Chores()
    chores.add(SLEEP)
    chores.turn(has_time=True)
    began = time.monotonic()
    chores.give_way()
    assert time.monotonic() - began < 5
    chores.add(HELLO)
    assert finish(chores).chore == HELLO
