"""What a bar of each metre weighs, and which metre a movement has."""

import msgspec
import pytest

from device.config import Preference, Prescription, SessionConfig, Theme
from device.messages import TICKS_PER_BEAT, Bar, Metre, Note
from device.music.form import MOVEMENT_BARS
from device.music.metre import LAYOUTS, Layout, layout_of, metre_at
from device.music.playing import rest_bar
from tests.device.music.intents import intent

SONG = ((Note(0, 24, 60, 80, "melody"),),)


def preferring(config: SessionConfig, metre: str, seed: int = 1) -> SessionConfig:
    preference = msgspec.convert({"metre": metre}, Preference)
    return msgspec.structs.replace(config, seed=seed, prescription=Prescription(preference=preference))


@pytest.mark.parametrize("metre", LAYOUTS)
def test_a_bar_has_one_first_beat_and_beats_weigh_more_than_what_lies_between(metre: Metre) -> None:
    layout = LAYOUTS[metre]
    weights = [layout.weight(tick) for tick in range(layout.ticks)]
    assert [tick for tick, weight in enumerate(weights) if weight == 4] == [0]
    assert [tick for tick, weight in enumerate(weights) if weight >= 2] == list(range(0, layout.ticks, TICKS_PER_BEAT))
    assert weights.count(1) == layout.beats * (TICKS_PER_BEAT // layout.part_ticks - 1)
    assert layout.numerator * layout.written_bars == layout.beats * (3 if layout.swings else 1)


def test_the_middle_of_the_bar_stands_out_in_four_beats_alone() -> None:
    assert {metre: layout.weight(48) for metre, layout in LAYOUTS.items()} == {"4/4": 3, "3/4": 2, "6/8": 3}


def test_a_bar_with_other_beats_than_its_metre_counts_quarters(config: SessionConfig) -> None:
    bar: Bar = rest_bar(intent(0, metre="6/8"), config)
    assert layout_of(bar) == LAYOUTS["6/8"]
    assert layout_of(msgspec.structs.replace(bar, beats=3)) == Layout(3, 3, 4)
    assert layout_of(msgspec.structs.replace(bar, beats=5, metre="4/4")) == Layout(5, 5, 4)


@pytest.mark.parametrize("metre", LAYOUTS)
def test_the_metre_that_is_prescribed_is_played(config: SessionConfig, metre: Metre) -> None:
    asked = preferring(config, metre)
    assert {metre_at(asked, bar, arousal) for bar in (0, 64, 640) for arousal in (-1.0, 0.0, 1.0)} == {metre}


def test_a_melody_brings_its_metre(config: SessionConfig) -> None:
    theme = Theme(mode="major", metre="3/4", bars=SONG)
    assert metre_at(msgspec.structs.replace(preferring(config, "4/4"), theme=theme), 0, 0.0) == "3/4"


def drawn(config: SessionConfig, arousal: float) -> list[Metre]:
    return [
        metre_at(preferring(config, "any", seed), 64 * movement, arousal) for seed in range(200) for movement in (0, 1)
    ]


def test_most_movements_are_in_four_and_calm_ones_more_often_in_three(config: SessionConfig) -> None:
    calm, lively = drawn(config, -1.0), drawn(config, 1.0)
    assert 0.5 < calm.count("4/4") / len(calm) < 0.7
    assert 0.1 < calm.count("6/8") / len(calm) < 0.3
    assert 0.1 < calm.count("3/4") / len(calm) < 0.3
    assert 0.75 < lively.count("4/4") / len(lively) < 0.95


@pytest.mark.parametrize("arousal", [-7.0, -1.0, 0.3, 9.0])
def test_a_movement_keeps_its_metre_whatever_the_bar(config: SessionConfig, arousal: float) -> None:
    asked = preferring(config, "any", 5)
    for movement in range(20):
        bars = range(movement * MOVEMENT_BARS, (movement + 1) * MOVEMENT_BARS)
        assert len({metre_at(asked, bar, arousal) for bar in bars}) == 1
