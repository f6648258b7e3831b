"""A report tells how a box is, and has no room for how its listener is; what others send is read with suspicion."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.fleet.report import DoseState, FleetReport, Reporter, dose_state, read_report
from device.messages import BoxStatus, Exposure
from tests.cases import cases

ALLOWED = {
    "name", "group", "version", "state", "code", "disk_free_mb", "dose", "n_sessions", "n_broken", "told_utc",
    "rollout", "before", "update", "why",
}  # fmt: skip
"""Whoever adds a field decides anew that nothing of it was measured of a person, nor guessed of one."""


def test_these_fields_leave_the_box_and_no_others() -> None:
    assert {field.name for field in msgspec.structs.fields(FleetReport)} == ALLOWED


def exposure(percent: float, limit_db: float) -> Exposure:
    return Exposure(
        t_ns=1, session_pa2h=0.1, heard_s=9.0, dose_percent=percent, limit_db=limit_db, headphones="unknown"
    )


@pytest.mark.parametrize(
    ("percent", "limit_db", "word"),
    [(-1.0, 0.0, "unknown"), (12.0, 0.0, "inside"), (12.0, -6.0, "softer"), (101.0, -6.0, "used up")],
)
def test_a_dose_is_told_in_a_word(percent: float, limit_db: float, word: DoseState) -> None:
    assert dose_state(exposure(percent, limit_db)) == word


def test_a_report_holds_the_last_that_was_heard_and_no_sentence() -> None:
    reporter = Reporter("anna-1", "ward", "0.7.0")
    reporter.hear(BoxStatus(t_ns=1, state="needs_help", sentence="Anna's headset is gone.", light="help", code="21"))
    reporter.hear(exposure(12.0, 0.0))
    report = reporter.report(900, 5, 1)
    assert (report.state, report.code, report.dose, report.n_broken) == ("needs_help", "21", "inside", 1)
    assert b"Anna's" not in msgspec.json.encode(report)
    reporter.silent()
    assert reporter.report(900, 5, 1).state == "silent"


def test_a_report_is_read_back_and_anothers_is_none() -> None:
    report = FleetReport(name="anna-1", state="ready", told_utc="2026-11-29T10:00:00Z")
    assert read_report("anna-1", msgspec.json.encode(report)) == report
    assert read_report("anna-2", msgspec.json.encode(report)) is None


@settings(max_examples=cases(60), deadline=None)
@given(st.one_of(st.binary(max_size=6000), st.text(max_size=500).map(str.encode)))
def test_what_is_no_report_is_left_out(payload: bytes) -> None:
    assert read_report("anna-1", payload) is None


@pytest.mark.parametrize(
    "change", [{"code": "\x1b[2J"}, {"version": "x" * 65}, {"disk_free_mb": -1}, {"state": "dancing"}]
)
def test_a_report_that_could_steer_a_terminal_is_left_out(change: dict[str, object]) -> None:
    report = {"name": "anna-1", "state": "ready"} | change
    assert read_report("anna-1", msgspec.json.encode(report)) is None
