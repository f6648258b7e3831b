"""The wrist with known beats is what it says: same seed same wrist, the asked ratio, real faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware.twin import pulse


def test_same_seed_same_wrist() -> None:
    first, again, other = pulse.make(1, 5.0, 30.0), pulse.make(1, 5.0, 30.0), pulse.make(2, 5.0, 30.0)
    assert np.array_equal(first.ppg, again.ppg, equal_nan=True)
    assert np.array_equal(first.motion_g, again.motion_g, equal_nan=True)
    assert not np.array_equal(first.beats_s, other.beats_s)


@pytest.mark.parametrize("seed", range(5))
def test_hearts_are_plausible(seed: int) -> None:
    wrist = pulse.make(seed, 10.0)
    intervals_ms = 1000 * np.diff(wrist.beats_s)
    assert 50 < 60_000 / intervals_ms.mean() < 115
    assert 5 < np.sqrt((np.diff(intervals_ms) ** 2).mean()) < 100
    assert wrist.ppg.shape == (7680,)
    assert wrist.motion_g.shape == (3840, 3)


@pytest.mark.parametrize("snr_db", [10.0, 0.0, -5.0])
def test_the_artefact_has_the_asked_power(snr_db: float) -> None:
    """The same seed without artefact, taken away, leaves it."""
    clean, moved = (pulse.make(4, snr, 60.0, faults=False).ppg for snr in (200.0, snr_db))
    breath_free = clean - clean.mean()
    ratio = pulse.band_power(breath_free, pulse.PPG_HZ) / pulse.band_power(moved - clean, pulse.PPG_HZ)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.5)


def test_a_beat_stands_where_the_clean_wave_peaks() -> None:
    wrist = pulse.make(4, 200.0, 60.0, faults=False)
    for beat_s in wrist.beats_s[3:-3]:
        around = wrist.ppg[round((beat_s - 0.15) * 64) : round((beat_s + 0.15) * 64)]
        assert abs(round((beat_s - 0.15) * 64) / 64 + around.argmax() / 64 - beat_s) < 0.06


def test_gravity_is_one_g_whatever_the_arm_does() -> None:
    magnitude_g = np.linalg.norm(pulse.make(3, 0.0).motion_g, axis=1)
    assert 0.8 < np.nanmedian(magnitude_g) < 1.3


def test_some_walk_in_step_with_their_pulse() -> None:
    wrists = [pulse.make(seed, 0.0, 30.0) for seed in range(30)]
    hr_hz = [1 / np.diff(wrist.beats_s).mean() for wrist in wrists]
    ratios = [wrist.cadence_hz / hz for wrist, hz in zip(wrists, hr_hz, strict=True)]
    assert 1 <= sum(abs(ratio - 1) < 0.03 for ratio in ratios) <= 12
    assert any(abs(ratio - 0.5) < 0.015 for ratio in ratios)


def test_faults_occur_within_their_bounds_and_can_be_left_out() -> None:
    wrists = [pulse.make(seed, 10.0) for seed in range(20)]
    lost = np.array([np.isnan(wrist.ppg).mean() for wrist in wrists])
    assert lost.max() > 0.05
    assert lost.max() < pulse.LOSS_MAX + 0.05
    assert 3 < sum(len(wrist.readable_s) > 1 for wrist in wrists) < 17
    assert np.isfinite(pulse.make(0, 10.0, 30.0, faults=False).ppg).all()


def test_lifted_contact_is_where_it_says() -> None:
    wrist = next(wrist for wrist in (pulse.make(seed, 20.0) for seed in range(20)) if len(wrist.readable_s) > 1)
    begin, end = round(wrist.readable_s[0, 1] * 64) + 1, round(wrist.readable_s[1, 0] * 64) - 1
    assert np.nanstd(wrist.ppg[begin:end]) < 0.1 * np.nanstd(wrist.ppg[: begin - 2])


def test_the_command_writes_all_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrist.npz"
    assert pulse.main(["--seed", "2", "--snr-db", "3", "--seconds", "30", "--out", str(path)]) == 0
    with np.load(path) as written:
        assert set(written) == {*pulse.Wrist._fields, "ppg_hz", "motion_hz"}
        assert np.array_equal(written["ppg"], pulse.make(2, 3.0, 30.0).ppg, equal_nan=True)
    assert "beats" in capsys.readouterr().out
