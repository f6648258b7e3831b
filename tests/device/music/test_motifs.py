import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Theme
from device.messages import Metre, Note
from device.music.metre import LAYOUTS
from device.music.motifs import lay_motif, lay_theme, new_motif, step_of

MOTIF = new_motif(random.Random(1))


@given(st.sampled_from(list(LAYOUTS)), st.integers(1, 8), st.floats(0, 6), st.booleans(), st.booleans())
def test_a_motif_fills_its_bar_in_order(metre: Metre, count: int, span: float, regular: bool, turned: bool) -> None:
    laid = lay_motif(MOTIF, metre, count, span, regular=regular, turned=turned)
    assert len(laid) == min(count, 2 * LAYOUTS[metre].beats)
    assert laid[-1].onset_tick + laid[-1].length_tick == LAYOUTS[metre].ticks
    assert all(note.onset_tick % LAYOUTS[metre].part_ticks == 0 for note in laid)
    assert all(a.onset_tick + a.length_tick == b.onset_tick for a, b in itertools.pairwise(laid))
    assert all(abs(note.step) <= span + 0.5 for note in laid)


@pytest.mark.parametrize("metre", LAYOUTS)
def test_a_denser_motif_is_the_same_one_with_notes_between(metre: Metre) -> None:
    sparse = lay_motif(MOTIF, metre, 3, 3.0, regular=True, turned=False)
    dense = lay_motif(MOTIF, metre, 6, 3.0, regular=True, turned=False)
    assert {(note.onset_tick, note.step) for note in sparse} <= {(note.onset_tick, note.step) for note in dense}


def test_a_motif_can_be_turned_upside_down() -> None:
    up = lay_motif(MOTIF, "4/4", 8, 3.0, regular=True, turned=False)
    down = lay_motif(MOTIF, "4/4", 8, 3.0, regular=True, turned=True)
    assert [note.step for note in up] == [-note.step for note in down]


BAR = (Note(0, 24, 60, 80, "melody"), Note(24, 12, 62, 80, "melody"), Note(36, 12, 64, 80, "melody"))


def test_a_theme_is_laid_as_it_is_or_thinned_to_what_tells_most() -> None:
    theme = Theme(mode="major", bars=(BAR,))
    assert [tuple(note) for note in lay_theme(theme, BAR, 9)] == [(0, 24, 0), (24, 12, 1), (36, 12, 2)]
    assert [tuple(note) for note in lay_theme(theme, BAR, 1)] == [(0, 96, 0)]


def test_steps_are_counted_from_the_tonic_of_the_themes_mode() -> None:
    major, minor = Theme(mode="major", bars=(BAR,)), Theme(mode="minor", bars=(BAR,))
    assert [step_of(major, pitch) for pitch in (59, 60, 61, 67, 72)] == [-1, 0, 0, 4, 7]
    assert [step_of(minor, pitch) for pitch in (57, 60, 69)] == [0, 2, 7]
