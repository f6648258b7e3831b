"""The box's dose is that of an integration that shares no code with it, and the bench would notice if it were not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from hardware.bench import dose
from hardware.bench.dose import ALLOWED_DB, KINDS, SFREQ_HZ, STRETCH_FRAMES, Heard, Hour, hear, stretches, whole


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Something shorter than a stretch."""
    path = tmp_path / "music.wav"
    turns = np.outer(np.arange(SFREQ_HZ), (220.0, 330.0)) / SFREQ_HZ
    wavfile.write(path, SFREQ_HZ, (9000 * np.sin(2 * np.pi * turns)).astype(np.int16))
    return path


def test_a_shortened_week_is_within_what_is_allowed(music: Path) -> None:
    sessions = [hear(Hour(seed=1, number=index, n_stretches=8, music=music)) for index in range(2)]
    assert all(abs(heard.apart_db) < ALLOWED_DB for heard in sessions)
    assert abs(whole(sessions).apart_db) < ALLOWED_DB


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_each_kind_of_sound_alone_is(kind: str, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dose, "KINDS", (kind,))
    heard = hear(Hour(seed=2, number=0, n_stretches=1, music=music))
    assert heard.box_pa2h > 0.0
    assert abs(heard.apart_db) < ALLOWED_DB


def test_a_box_that_hears_too_little_is_noticed(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dose, "FULL_SCALE_V", 1.05)
    weights = dose._weights_pa2h()
    monkeypatch.setattr(dose, "FULL_SCALE_V", 1.0)
    monkeypatch.setattr(dose, "_weights_pa2h", lambda: weights)
    assert hear(Hour(seed=3, number=0, n_stretches=2, music=music)).apart_db == pytest.approx(-0.424, abs=0.05)


def test_the_louder_ear_counts_and_the_same_seed_sounds_the_same(music: Path) -> None:
    assert Heard(2.0, 1.0, 2.0).apart_db == pytest.approx(0.0)
    hour = Hour(seed=4, number=0, n_stretches=3, music=music)
    first, second = (list(stretches(hour, np.random.default_rng(5))) for _ in range(2))
    assert all(
        one.shape == (STRETCH_FRAMES, 2) and (one == other).all() for one, other in zip(first, second, strict=True)
    )
