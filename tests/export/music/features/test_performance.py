"""Features of a performance have the values that can be read off small pieces by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from export.music.features import performance
from tests.export.music.scores import piece, scale_tune


def test_velocities_that_nobody_shaped_tell_nothing() -> None:
    flat = piece(scale_tune(64))
    assert np.isnan(performance.velocity_sd(flat))
    assert np.isnan(performance.arc_db(flat))
    swelling = replace(flat, velocity=60.0 + 10.0 * np.sin(np.arange(64) / 32 * np.pi))
    assert performance.arc_db(swelling) > 1.0
    assert 0.0 < performance.velocity_sd(swelling) < 3.0


def test_timing_is_told_in_milliseconds_off_the_grid() -> None:
    straight = piece(scale_tune(32))
    late = replace(straight, onset=straight.onset + 0.02)
    assert performance.timing_ms(straight) == 0.0
    assert performance.timing_ms(late) == pytest.approx(20.0)
    triplets = piece([(n / 3, 1 / 3, 60 + n % 5) for n in range(96)])
    assert performance.timing_ms(triplets) == pytest.approx(0.0, abs=1e-6)
