"""The runner counts what ends well and finds what does not: errors, deaths, hangs, memory."""

import os
import random
import time
from pathlib import Path

import pytest

from device.errors import IsotoneError, RecordingError
from hardware.fuzz import runner
from hardware.fuzz.runner import fuzz, one_case
from hardware.fuzz.targets import TARGETS


class Unruly:
    """Ends in its own way for each case."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, rng: random.Random) -> None:
        match rng.choice(("ok", "ok", "refused", "refused", "error", "death", "hang", "memory")):
            case "refused":
                raise RecordingError("It is refused.")
            case "error":
                raise ZeroDivisionError
            case "death":
                os._exit(3)
            case "hang":
                time.sleep(60)
            case "memory":
                bytes(2**40)
            case _:
                (self._folder / "x").write_text("fine")


def test_every_ending_is_counted_and_the_same_seed_ends_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "unruly", f"{__name__}:Unruly")
    monkeypatch.setattr(runner, "CASE_S", 1)
    monkeypatch.setattr(runner, "BATCH", 5)
    report, again = (fuzz("unruly", 20, 0, jobs=2) for _ in range(2))
    assert report.cases == report.ok + report.refused + report.failed == 20
    assert report.ok
    assert report.refused
    kinds = " ".join(report.failures)
    assert all(word in kinds for word in ("ZeroDivisionError", "exited with 3", "hung for", "MemoryError"))
    assert again.failures == report.failures


@pytest.mark.parametrize(("target", "cases"), [("logs", 60), ("npz", 120), ("models", 60)])
def test_what_is_fuzzed_is_read_or_refused(target: str, cases: int) -> None:
    n_read = 0
    with one_case(target) as made:
        for case in range(cases):
            try:
                made.run(random.Random(f"7/{case}"))
            except IsotoneError as error:
                assert error.sentence.endswith((".", "!", "?"))
            else:
                n_read += 1
    assert n_read >= 0.03 * cases
