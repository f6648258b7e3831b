"""The doors for commands, MIDI and configuration take whatever is fuzzed: it is read, or refused in a sentence."""

import random

import pytest

from device.errors import IsotoneError
from hardware.fuzz.runner import one_case


@pytest.mark.parametrize(
    ("target", "least_read"),
    [("commands", 0.1), ("midi", 0.1), ("configuration", 0.05), ("trials", 0.05), ("voices", 0.2), ("sounds", 0.2)],
)
def test_what_is_fuzzed_is_read_or_refused(target: str, least_read: float) -> None:
    n_read = 0
    with one_case(target) as made:
        for case in range(200):
            try:
                made.run(random.Random(f"1/{case}"))
            except IsotoneError as error:
                assert error.sentence.endswith(".")
            else:
                n_read += 1
    assert n_read >= least_read * 200
