"""The melody breathes: the same bar is always as busy, no two phrases need be, and now and then it rests."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from device.config import SessionConfig
from device.messages import TICKS_PER_BEAT, Metre
from device.music import GENERATORS
from device.music.activity import melody_notes, origin_of
from device.music.form import place_of
from device.music.generator import open_generator
from device.music.metre import LAYOUTS
from tests.device.music.intents import write

FORTY_MINUTES = 600


def seeded(config: SessionConfig, seed: int) -> SessionConfig:
    return msgspec.structs.replace(config, seed=seed)


def drawn(config: SessionConfig, density: float = 0.2) -> list[int]:
    bars = range(FORTY_MINUTES)
    return [melody_notes(config.seed, origin_of(config, bar), density, "4/4") for bar in bars]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("density", [0.1, 0.4, 0.8])
def test_forty_minutes_are_not_one_count(config: SessionConfig, seed: int, density: float) -> None:
    counted = Counter(drawn(seeded(config, seed), density))
    # People's commonest count takes a fifth to a third of their bars.
    assert max(counted.values()) < 0.42 * FORTY_MINUTES
    assert 0.02 < counted[0] / FORTY_MINUTES < 0.15


def test_more_is_sung_where_more_is_asked(config: SessionConfig) -> None:
    sparse, dense = (sum(drawn(seeded(config, 4), density)) for density in (0.1, 0.7))
    assert dense > 1.3 * sparse


def test_a_bar_that_returns_is_as_busy_as_it_was(config: SessionConfig) -> None:
    counts = drawn(config)
    returns = [bar for bar in range(FORTY_MINUTES) if place_of(config.seed, bar).likeness == "close"]
    assert returns
    assert all(counts[bar] == counts[place_of(config.seed, bar).refers_to or 0] for bar in returns)


def test_a_piece_begins_with_its_melody() -> None:
    assert all(melody_notes(seed, 0, 0.1, "4/4") for seed in range(60))


@pytest.mark.parametrize("name", sorted(GENERATORS))
@pytest.mark.parametrize("metre", LAYOUTS)
def test_every_generator_breathes_and_holds_its_last_notes(config: SessionConfig, name: str, metre: Metre) -> None:
    bars = write(open_generator(name, config), config, 24, density=0.25, target_arousal=-0.6, metre=metre)
    melodies = [[note for note in bar.notes if note.voice == "melody"] for bar in bars]
    for melody in filter(None, melodies):
        last = max(melody, key=lambda note: note.onset_tick)
        room = LAYOUTS[metre].ticks - last.onset_tick
        assert room < TICKS_PER_BEAT or last.duration_tick >= 0.85 * room
    counted = Counter(map(len, melodies))
    assert len(counted) >= 4
    assert max(counted.values()) <= 14
