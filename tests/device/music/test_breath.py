"""Arcs, touch and rubato."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.safety.limits import RUBATO_MOST
from device.config import Limits
from device.messages import Metre, Note
from device.music.breath import arc_db, rubato_of, swollen, velocity_beside
from device.music.form import SECTION_BARS
from device.music.metre import LAYOUTS
from device.music.playing import play
from device.stage import keyed_random
from tests.device.music.intents import intent

FOUR = LAYOUTS["4/4"]
SLOWEST_BAR_S, FASTEST_BAR_S = 6.0, 1.8


@given(st.integers(0, 2000))
def test_a_section_rises_to_its_peak_at_two_thirds_and_sinks_again(section: int) -> None:
    levels = [arc_db(section * SECTION_BARS + bar, 0.5) for bar in range(SECTION_BARS)]
    assert 2.0 <= max(levels) - min(levels) <= 7.0
    assert levels.index(max(levels)) in (5, 6)
    assert levels[-1] < 0.0 > levels[0]


@given(st.integers(0, 4000))
def test_an_arc_is_gentler_than_the_slope_of_loudness_and_goes_on_over_the_bar_line(bar: int) -> None:
    assert abs(arc_db(bar, 1.0) - arc_db(bar, 0.0)) / FASTEST_BAR_S <= 1.5 * Limits().loudness_slope_db_s
    assert abs(arc_db(bar + 1, 0.0) - arc_db(bar, 1.0)) <= 2.2


def test_sections_differ_in_depth() -> None:
    peaks = {round(arc_db(section * SECTION_BARS + 5, 0.0), 2) for section in range(8)}
    assert len(peaks) == 8


@given(st.integers(0, 4000))
def test_tempo_bends_no_further_than_the_guard_allows_and_yields_at_closes(bar: int) -> None:
    assert abs(rubato_of(bar, final=False) - 1.0) < RUBATO_MOST
    assert rubato_of(bar, final=True) < 0.95
    assert rubato_of(SECTION_BARS * bar + 7, final=False) < min(
        rubato_of(bar * SECTION_BARS + i, final=False) for i in range(7)
    )


def test_strong_beats_and_high_notes_are_struck_harder_as_people_do() -> None:
    def mean(tick: int, octaves: float) -> float:
        rng = keyed_random(1, "touch", 0)
        return statistics.mean(velocity_beside("melody", FOUR.weight(tick), octaves, 1.0, rng) for _ in range(500))

    assert mean(0, 0.0) > mean(12, 0.0) > mean(6, 0.0)
    assert mean(24, 0.5) > mean(24, 0.0)


@pytest.mark.parametrize("metre", LAYOUTS)
def test_a_bar_is_accented_by_its_metre(metre: Metre) -> None:
    layout = LAYOUTS[metre]
    even = [Note(tick, 8, 67, 0, "melody") for tick in range(0, layout.ticks, layout.part_ticks)]
    struck: dict[int, list[float]] = {}
    for bar in range(160):
        for note in play(even, intent(bar, metre=metre), Limits(), keyed_random(5, "bars", bar)):
            struck.setdefault(note.onset_tick, []).append(note.velocity)
    means = {tick: statistics.mean(velocities) for tick, velocities in struck.items()}
    strongest = {tick for tick in means if layout.weight(tick) >= 3}
    between = {tick for tick in means if layout.weight(tick) == 1}
    assert min(means[tick] for tick in strongest) > max(means[tick] for tick in between)
    assert strongest == ({0} if metre == "3/4" else {0, 48})


@given(st.floats(0.7, 1.3), st.integers(0, 95), st.integers(0, 1000))
def test_no_accompanying_note_stands_out(depth: float, tick: int, seed: int) -> None:
    rng = keyed_random(seed, "touch", 0)
    assert abs(velocity_beside("inner", FOUR.weight(tick), 0.0, depth, rng)) < 16.0
    assert velocity_beside("pad", FOUR.weight(tick), 0.0, depth, rng) == 0.0


def test_a_bar_is_not_played_evenly() -> None:
    tune = [Note(tick, 12, 60 + tick // 12, 0, "melody") for tick in range(0, 96, 12)]
    played = [play(tune, intent(bar), Limits(), keyed_random(3, "bars", bar)) for bar in range(40)]
    spread = statistics.mean(statistics.pstdev(note.velocity for note in notes) for notes in played)
    assert 3.9 <= spread <= 18.9


def test_the_last_chord_is_held_while_it_fades() -> None:
    chord = [Note(0, 96, pitch, 0, "pad") for pitch in (60, 64, 67)]
    assert all(note.duration_tick == 288 for note in play(chord, intent(final=True), Limits(), keyed_random(1, "x", 0)))


def test_six_db_double_the_power_twice() -> None:
    assert abs(swollen(50.0, 6.0) - 50.0 * 10 ** (6.0 / 40.0)) < 1e-9
