"""How people touch a piano, from pieces made for it."""

import numpy as np
import pytest

from export.music.breath import TERMS, fit, notes_of, toml
from export.music.midi import Piece


def piece(seed: int) -> Piece:
    """Forty bars of eighths whose velocity is 60, 8 more on downbeats, 12 more an octave up, and some noise."""
    rng = np.random.default_rng(seed)
    onset = np.arange(0.0, 160.0, 0.5)
    pitch = rng.integers(60, 73, len(onset))
    velocity = 60.0 + 8.0 * (onset % 4 == 0) + 12.0 * (pitch - 66) / 12.0 + rng.normal(0.0, 2.0, len(onset))
    return Piece(
        "made", np.arange(0.0, 161.0, 4.0), onset, np.full(len(onset), 0.5), pitch, velocity,
        np.full(len(onset), "melody"), np.array([0.0, 160.0]), np.array([0.0, 120.0]),
    )  # fmt: skip


def test_what_was_played_is_found_again() -> None:
    found = fit([notes_of(piece(seed), "melody") for seed in range(4)], [notes_of(piece(9), "melody")])
    weights = dict(zip(TERMS, found.weights, strict=True))
    assert weights["downbeat"] - weights["beat"] == pytest.approx(8.0, abs=1.0)
    assert weights["height"] == pytest.approx(12.0, abs=1.0)
    assert found.residual_sd == pytest.approx(2.0, abs=0.3)
    assert found.explained > 0.6


def test_the_file_names_its_command_and_every_term() -> None:
    found = fit([notes_of(piece(1), "melody")], [notes_of(piece(2), "melody")])
    written = toml({"melody": found}, "python -m export.music.breath", 3)
    assert all(f"\n{term} = " in written for term in TERMS)
    assert "python -m export.music.breath" in written
