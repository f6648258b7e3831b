"""Bar lines stay where the file has them, whatever short or odd bar comes between."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.music.bar_lines import BAR_TICKS, BARS_MAX, UNITS, Meter, Unit, measures_of, stretches

Q = 24


def meters(*signs: tuple[int, int, int]) -> list[Meter]:
    """Time signatures as (bars that they last, numerator, denominator)."""
    tick, found = 0, []
    for n_bars, numerator, denominator in signs:
        meter = Meter(tick, numerator, denominator)
        found.append(meter)
        tick += n_bars * meter.bar_ticks
    return [*found, Meter(tick, 4, 4)]


def lines(signs: Sequence[Meter]) -> list[tuple[int, int]]:
    """Bar and offset of every measure of the first stretch."""
    (first, *_), _ = stretches(measures_of(signs[:-1], signs[-1].tick))
    return [(piece.bar, piece.offset) for piece in first.slices]


@pytest.mark.parametrize(
    ("signs", "places"),
    [
        (((3, 4, 4),), [(0, 0), (1, 0), (2, 0)]),
        (((1, 1, 4), (2, 4, 4)), [(0, 3 * Q), (1, 0), (2, 0)]),
        (((1, 1, 8), (2, 4, 4)), [(0, 7 * Q // 2), (1, 0), (2, 0)]),
        (((1, 3, 8), (2, 4, 4)), [(0, 5 * Q // 2), (1, 0), (2, 0)]),
        (((1, 1, 4), (4, 2, 4)), [(0, 3 * Q), (1, 0), (1, 2 * Q), (2, 0), (2, 2 * Q)]),
        (((1, 2, 4), (2, 4, 4)), [(0, 2 * Q), (1, 0), (2, 0)]),
        (((2, 4, 4), (1, 5, 4), (2, 4, 4)), [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]),
        (((2, 4, 4), (1, 2, 4), (1, 4, 4)), [(0, 0), (1, 0), (2, 0), (3, 0)]),
        (((1, 4, 4), (1, 3, 4), (1, 1, 4), (1, 4, 4)), [(0, 0), (1, 0), (1, 3 * Q), (2, 0)]),
        (((1, 4, 4), (1, 1, 4), (1, 4, 4)), [(0, 0), (1, 3 * Q), (2, 0)]),
        (((1, 4, 2), (1, 4, 4)), [(0, 0), (1, 0), (2, 0)]),
        (((2, 2, 2), (2, 8, 8)), [(0, 0), (1, 0), (2, 0), (3, 0)]),
        (((4, 1, 4),), [(0, 0), (0, Q), (0, 2 * Q), (0, 3 * Q)]),
        (((2, 4, 4), (9, 7, 8), (9, 4, 4)), [(0, 0), (1, 0)]),
    ],
)
def test_a_short_bar_is_an_upbeat_and_an_odd_one_an_exception(
    signs: tuple[tuple[int, int, int], ...], places: list[tuple[int, int]]
) -> None:
    assert lines(meters(*signs)) == places


def test_a_meter_that_stays_is_no_exception() -> None:
    common, other = stretches(measures_of(meters((4, 4, 4), (9, 3, 4), (6, 4, 4))[:-1], 15 * BAR_TICKS))
    assert len(common[0].measures) == 4
    assert {str(measure.meter) for measure in other[0]} == {"3/4"}


SIGNS = st.lists(
    st.builds(Meter, st.integers(0, 9000), st.integers(0, 255), st.sampled_from([0, 1, 2, 4, 8, 16, 64, 256]))
)


@given(SIGNS, st.integers(1, 10_000), st.sampled_from(UNITS))
def test_whatever_the_signs_no_two_bars_of_a_file_share_a_place(signs: list[Meter], end: int, unit: Unit) -> None:
    measures = measures_of(signs, end)
    assert 1 <= len(measures) <= BARS_MAX + 1
    for stretch in stretches(measures, unit)[0]:
        taken = -1
        for place in stretch.slices:
            begins = place.bar * unit.ticks + place.offset
            assert begins > taken
            assert 0 <= place.offset < place.offset + place.length <= unit.ticks
            taken = begins + place.length - 1
