"""Tension on the spiral array."""

import numpy as np
import pytest

from export.music.tension import key_centre, place, tension_of
from tests.export.music.scores import Written, chord, piece


def _bars(*triads: tuple[int, ...]) -> list[Written]:
    return [note for bar, triad in enumerate(triads) for note in chord(4.0 * bar, 4.0, *triad)]


CADENCE = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))


def test_fifths_and_thirds_lie_near_and_tritones_far() -> None:
    fifth, third, tritone = (float(np.linalg.norm(place(0) - place(k))) for k in (1, 4, 6))
    assert third == pytest.approx(4 * np.sqrt(2 / 15))
    assert max(fifth, third) < tritone


def test_the_tonic_chord_strains_least_and_a_chromatic_one_most() -> None:
    tension = tension_of(piece(_bars(*CADENCE, (49, 53, 56), (48, 52, 55))))
    per_bar = tension.strain[::2]
    assert int(np.argmax(per_bar)) == 4
    assert per_bar[0] == per_bar[3] < per_bar[2] < per_bar[4]


def test_a_chord_that_stays_has_no_momentum() -> None:
    tension = tension_of(piece(_bars(*CADENCE)))
    assert tension.momentum[1::2] == pytest.approx([0.0] * 4)
    assert (tension.momentum[2::2] > 0.1).all()
    assert tension.beat.tolist() == [0, 2, 4, 6, 8, 10, 12, 14]


def test_clusters_are_wide() -> None:
    tension = tension_of(piece(_bars(*CADENCE, (48, 49, 54))))
    assert tension.diameter[-1] > tension.diameter[0]


@pytest.mark.parametrize("shift", [1, 6, 7])
def test_the_key_does_not_matter(shift: int) -> None:
    here, there = (
        tension_of(piece([(onset, length, pitch + up) for onset, length, pitch in _bars(*CADENCE)]))
        for up in (0, shift)
    )
    assert there.strain == pytest.approx(here.strain)
    assert there.diameter == pytest.approx(here.diameter)


def test_silence_is_left_out() -> None:
    tension = tension_of(piece([(0.0, 2.0, 60), (9.0, 2.0, 64)]))
    assert tension.beat.tolist() == [0.0, 8.0, 10.0]


def test_major_and_minor_keys_have_their_own_centres() -> None:
    assert np.linalg.norm(key_centre(is_major=True) - key_centre(is_major=False)) > 0.2
