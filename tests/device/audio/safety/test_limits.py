"""What each limit means, where neither bars nor notes are needed to see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.safety.limits import (
    RUBATO_MOST,
    STORY_DB,
    allowed_layers,
    guard_intent,
    guard_rubato,
    latest_end_s,
    ring_s,
)
from device.config import Limits, Prescription
from tests.device.audio.rig import intent


@pytest.mark.parametrize(("minutes", "n_holds", "end_s"), [(20.0, 0, 1260.0), (20.0, 2, 2460.0), (0.5, 1, 690.0)])
def test_nothing_sounds_a_minute_after_the_prescribed_end_and_ten_more_for_each_hold(
    minutes: float, n_holds: int, end_s: float
) -> None:
    assert latest_end_s(minutes, n_holds) == end_s


def test_a_note_rings_sixteen_beats_of_the_slowest_tempo() -> None:
    assert ring_s(Limits(tempo_min_bpm=60.0, tempo_max_bpm=120.0)) == 16.0
    assert ring_s(Limits(tempo_min_bpm=120.0, tempo_max_bpm=40.0)) == 24.0


def test_a_second_instrument_sounds_unless_it_is_forbidden() -> None:
    layered = Prescription(layers={"pad": 48, "melody": 46}, never_programs=(46,))
    assert allowed_layers(layered) == {"pad": (48,)}


@pytest.mark.parametrize(("wished", "given"), [(60.25, 60.25), (60.75, 60.75), (64.0, 61.0), (10.0, 60.0)])
def test_a_register_inside_a_range_of_a_semitone_is_left_as_it_is(wished: float, given: float) -> None:
    narrow = Limits(pitch_min=60, pitch_max=61)
    assert guard_intent(intent(0, register_midi=wished), narrow).register_midi == given


@given(st.floats())
def test_no_bar_bends_its_tempo_by_more_than_a_tenth(rubato: float) -> None:
    bent = guard_rubato(rubato)
    assert 1.0 - RUBATO_MOST <= bent <= 1.0 + RUBATO_MOST
    assert bent == rubato or not 1.0 - RUBATO_MOST <= rubato <= 1.0 + RUBATO_MOST


@given(st.floats())
def test_the_story_makes_music_softer_or_louder_by_little(story_db: float) -> None:
    softest, strongest = STORY_DB
    assert softest <= guard_intent(intent(0, story_db=story_db), Limits()).story_db <= strongest
