"""Ours beside people's: what could be asked for counts, and the rest is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.music.theory import notes_per_beat
from hardware.bench import quality
from hardware.bench.quality import can_be_asked, forty_minutes, mirrored, nats
from tests.export.music.scores import piece, scale_tune


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules compose: nothing here needs the model."""
    config_of = quality.config_of
    monkeypatch.setattr(quality, "config_of", lambda seed: config_of(seed, "rules"))
    monkeypatch.setattr(quality, "GENERATOR", "rules")


def test_music_denser_than_can_be_asked_for_is_told_apart() -> None:
    sparse = piece(scale_tune(64))
    dense = piece([(onset / 10, 0.1, pitch) for onset, _, pitch in scale_tune(640)])
    assert notes_per_beat(1.0) < 10
    assert (can_be_asked(sparse), can_be_asked(dense)) == (True, False)


def test_each_of_theirs_has_one_of_ours(tmp_path: Path) -> None:
    people = [piece(scale_tune(128, tonic)) for tonic in (60, 62, 65, 67)]
    told: list[str] = []
    figures = mirrored(people, tmp_path, told.append)
    assert told[-1] == "quality: mirror, piece 4"
    assert len(figures) == len(quality.WITHIN) + len(quality.STRUCTURES) + 2
    assert all("all 4" in figure.note for figure in figures)


def test_one_setting_neither_repeats_nor_drifts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "FORTY_BARS", 32)
    repeats, key, register = forty_minutes([piece(scale_tune(128))], tmp_path, lambda _: None, [1])
    assert 0 <= repeats.value <= 1
    assert key.is_met
    assert register.unit == "semitones"


def test_the_card_beats_the_n_gram() -> None:
    (figure,) = nats()
    assert figure.is_met
