"""The bench of true peaks reads what is there, and finds nothing above the ceiling."""

import numpy as np
import pytest

from hardware.bench.true_peak import KINDS, SFREQ_HZ, Batch, reading_dbtp, run


def test_its_meter_sees_a_peak_between_samples() -> None:
    wave = np.sin(np.pi / 2 * np.arange(SFREQ_HZ // 10) + np.pi / 4)
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-3.01, abs=0.01)
    assert -0.2 < reading_dbtp(np.column_stack((wave, wave))) < 1.0


def test_hostile_bars_stay_below_the_ceiling_and_the_same_seed_makes_the_same() -> None:
    batch = Batch(seed=1, first=0, n_bars=60)
    tally = run(batch)
    assert tally.over.total() == 0
    assert tally.highest_dbtp <= -1.0
    assert set(tally.bars) == {kind.__name__ for kind in KINDS}
    assert run(batch) == tally
