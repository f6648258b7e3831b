"""No random session breaks a promise, and one that was broken on purpose is found."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from device import control
from device.control import controller
from device.control.cues import Cues
from device.control.dialogue import Dialogue
from hardware.bench import properties
from hardware.bench.evil import EVIL
from hardware.bench.promises import Promises
from hardware.bench.properties import Batch, Tally, run
from hardware.bench.sequences import policies, sequence_of

SEQUENCES = 1000


@pytest.fixture(autouse=True)
def _only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evil policies stand in the table for these tests alone."""
    monkeypatch.setattr(control, "POLICIES", dict(control.POLICIES))
    monkeypatch.setattr("hardware.bench.sequences.POLICIES", control.POLICIES)
    monkeypatch.setattr("device.control.policies.loading.POLICIES", control.POLICIES)


def test_random_sessions_keep_all_promises() -> None:
    tally = run(Batch(seed=1, first=0, n_sequences=SEQUENCES))
    assert tally.broken == {}
    assert tally.counts["sessions"] == SEQUENCES
    for reached in ("decided by shield", "decided by policy", "refused", "with a locked cue", "after a stop",
                    "shield: plan alone", "shield: calm neutral"):  # fmt: skip
        assert tally.counts[reached], reached


def test_the_same_number_makes_the_same_session_whatever_came_before() -> None:
    names = (*policies(), *EVIL)
    assert sequence_of(3, 7, names) == sequence_of(3, 7, names)
    assert sequence_of(3, 7, names) != sequence_of(4, 7, names)


def test_cues_that_jump_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def leap(before: Cues, wanted: Cues, *_: object) -> Cues:
        return wanted

    monkeypatch.setattr(controller, "settle", leap)
    broken = run(Batch(seed=1, first=0, n_sequences=300)).broken
    assert "tempo_bpm faster than its slope" in broken
    assert "loudness_db faster than its slope" not in broken  # there audio has the last word


def test_a_reason_that_is_missing_a_stop_that_is_undone_and_a_moved_lock_are_found() -> None:
    sequence = sequence_of(1, 0, ("hand",))
    line = Dialogue(sequence.config).answer(b'{"t": 1, "known": false}')
    promises = Promises(sequence.config.prescription.limits)
    stopped = msgspec.structs.replace(line, stopped=True, silent=True, answer="taken", decided_by="patient")
    assert list(promises.broken({"command": "stop"}, stopped)) == []
    undone = msgspec.structs.replace(line, reason=" ")
    assert set(promises.broken({}, undone)) == {"no reason", "stopped, and begun again", "stopped, and still moving"}

    promises = Promises(sequence.config.prescription.limits)
    locked = msgspec.structs.replace(line, answer="taken", locked=("mode",))
    other = "minor" if line.mode == "major" else "major"
    assert list(promises.broken({"command": "lock", "cue": "mode"}, locked)) == []
    assert list(promises.broken({}, msgspec.structs.replace(line, mode=other))) == ["mode was locked, and moved"]


def test_an_error_is_told_as_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(properties, "answer", lambda *_: 1 / 0)
    counts: Counter[str] = Counter()
    assert properties.play(sequence_of(1, 0, ("hand",)), counts)[0].startswith("ZeroDivisionError")


def test_tallies_add_up() -> None:
    one, other = Tally(Counter(lines=2), {"x": [1]}), Tally(Counter(lines=3), {"x": [2], "y": [3]})
    one.add(other)
    assert one == Tally(Counter(lines=5), {"x": [1, 2], "y": [3]})
