"""However a session's process ends, the box makes one thing of it, and a fault has a sentence and a code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.box.endings import Ending, event_of, kept_as
from device.box.session_child import Said
from device.errors import Exit

TORN = Said(exit=7, fault="The disk is full.", code="DiskError")


@pytest.mark.parametrize(
    ("ending", "kind", "kept"),
    [
        (Ending(0, Said(exit=0)), "ended", "ended"),
        (Ending(0, Said(exit=0), was_stopped=True), "stopped", "stopped"),
        (Ending(-15, None, was_stopped=True), "stopped", "stopped"),
        (Ending(-15, None), "broke", "broke"),
        (Ending(7, TORN), "broke", "broke"),
        (Ending(7, TORN, was_stopped=True), "broke", "broke"),
        (Ending(-9, None, was_stopped=True, was_killed=True), "broke", "broke"),
        (Ending(5, Said(exit=5, fault="Enough.", code="DoseError")), "declined", "broke"),
        (Ending(0, Said(exit=0), has_used_dose=True), "declined", "broke"),
        (Ending(12, Said(exit=12, fault="Nobody was asked.", code="IntakeError")), "failing", "broke"),
    ],
)
def test_what_an_end_means(ending: Ending, kind: str, kept: str) -> None:
    event = event_of(ending)
    assert (event.kind, kept_as(event)) == (kind, kept)


def test_a_session_that_hung_after_its_stop_is_a_fault_that_says_so() -> None:
    event = event_of(Ending(-9, None, was_stopped=True, was_killed=True))
    assert "ended by force" in event.sentence
    assert event.code == str(int(Exit.INTERNAL))


def test_what_is_missing_is_told_with_its_own_code() -> None:
    event = event_of(Ending(12, Said(exit=12, fault="Nobody was asked.", code="IntakeError")))
    assert (event.what, event.sentence, event.code) == ("intake-missing", "Nobody was asked.", "12")


said = st.none() | st.builds(Said, exit=st.integers(0, 12), fault=st.just("It broke."), code=st.text(max_size=12))


@given(st.builds(Ending, st.integers(-64, 255), said, st.booleans(), st.booleans(), st.booleans()))
def test_no_fault_is_without_a_sentence_and_digits(ending: Ending) -> None:
    event = event_of(ending)
    assert event.kind in ("ended", "stopped", "declined", "broke", "failing")
    if event.kind in ("broke", "failing"):
        assert event.sentence
        assert event.code.isdigit()
