"""The meter of the bench is right, and takes what the session wanted to be softer for what it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware.bench import held_loudness
from hardware.listening.loudness import SFREQ_HZ, measure_lufs
from tests.device.audio.test_synth import needs_synth

BLOCK_S = 1024 / SFREQ_HZ


def test_what_was_wanted_softer_is_not_held_against_the_music() -> None:
    power = 10.0 ** ((-23.0 + 0.691) / 10.0)
    gains = np.repeat([1.0, 0.25], 4000)
    assert held_loudness._away(power * gains, gains, BLOCK_S) == pytest.approx(-23.0, abs=0.01)
    assert held_loudness._away(power * np.ones(8000), gains, BLOCK_S) > -22.0


def test_rests_are_no_loss_of_loudness() -> None:
    power = 10.0 ** ((-23.0 + 0.691) / 10.0) * np.repeat([1.0, 1e-9, 1.0], 4000)
    assert held_loudness._away(power, np.ones(12_000), BLOCK_S) == pytest.approx(-23.0, abs=0.05)


@needs_synth
def test_a_composition_is_rendered_and_held_against_what_was_prescribed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_loudness, "PIECE_S", 12.0)
    held = held_loudness.render(held_loudness.FIRST_SEED, tmp_path / "piece.wav")
    assert "programs" in held.name
    assert -40.0 < held.mean_lufs < -20.0
    assert measure_lufs(np.zeros((SFREQ_HZ, 2))) == float("-inf")
