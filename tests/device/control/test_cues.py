import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Limits
from device.control.cues import cues_of, describe_change, expressed, mode_of
from device.control.plan.session_plan import State

LIMITS = Limits()
units = st.floats(-1, 1)
states = st.builds(State, units, units)


def test_arousal_speeds_up_thickens_brightens_and_shortens() -> None:
    calm, tense = cues_of(State(0, -0.8), LIMITS), cues_of(State(0, 0.8), LIMITS)
    for name in ("tempo_bpm", "density", "loudness_db", "brightness"):
        assert getattr(calm, name) < getattr(tense, name), name
    assert calm.articulation > tense.articulation


def test_pleasant_is_major_and_higher_and_matters_less_than_arousal_for_tempo() -> None:
    sad, glad = State(-0.6, 0), State(0.6, 0)
    assert (mode_of(sad.valence, "major"), mode_of(glad.valence, "minor")) == ("minor", "major")
    assert cues_of(sad, LIMITS).register_midi < cues_of(glad, LIMITS).register_midi
    by_valence = cues_of(glad, LIMITS).tempo_bpm - cues_of(sad, LIMITS).tempo_bpm
    by_arousal = cues_of(State(0, 0.6), LIMITS).tempo_bpm - cues_of(State(0, -0.6), LIMITS).tempo_bpm
    assert 0 < by_valence < by_arousal


def test_near_neutral_the_mode_stays() -> None:
    assert mode_of(0.05, "minor") == "minor"
    assert mode_of(-0.05, "major") == "major"


def test_the_calm_goal_has_the_tempo_of_customary_advice() -> None:
    assert 58 <= cues_of(State(0.4, -0.6), LIMITS).tempo_bpm <= 80


@given(state=states, tempo=st.floats(40, 130), ceiling_db=st.floats(-30, 0), density=st.floats(0, 1))
def test_cues_keep_inside_the_prescription(state: State, tempo: float, ceiling_db: float, density: float) -> None:
    limits = Limits(tempo_min_bpm=tempo, tempo_max_bpm=tempo + 5, loudness_max_db=ceiling_db, density_max=density)
    cues = cues_of(state, limits)
    assert tempo <= cues.tempo_bpm <= tempo + 5
    assert cues.loudness_db <= ceiling_db
    assert 0 <= cues.density <= density
    assert limits.pitch_min < cues.register_midi < limits.pitch_max
    assert 0 <= cues.brightness <= 1
    assert 0.3 <= cues.articulation <= 1


@given(valence=st.floats(-0.9, 0.9), arousal=st.floats(-0.9, 0.9))
def test_what_cues_express_is_read_back_from_them(valence: float, arousal: float) -> None:
    wide = Limits(tempo_min_bpm=40, tempo_max_bpm=140, pitch_min=36, pitch_max=96, density_max=1)
    found = expressed(cues_of(State(valence, arousal), wide), wide)
    assert found == pytest.approx((valence, arousal), abs=1e-6)


def test_where_limits_hold_cues_back_they_express_less_than_was_asked() -> None:
    narrow = Limits(tempo_max_bpm=80, density_max=0.3, loudness_max_db=-20)
    asked = State(0.0, 0.9)
    assert expressed(cues_of(asked, narrow), narrow).arousal < 0.8 * asked.arousal


def test_changes_are_told_in_words() -> None:
    last = cues_of(State(0, 0.5), LIMITS)
    wanted = last._replace(tempo_bpm=last.tempo_bpm - 2, loudness_db=last.loudness_db - 1)
    assert describe_change(last, wanted) == f"slower ({last.tempo_bpm:.0f}→{wanted.tempo_bpm:.0f} bpm), softer"
    assert describe_change(last, last) == "steady"


def test_tempo_is_spread_in_ratios() -> None:
    slow, middle, fast = (cues_of(State(0, arousal), LIMITS).tempo_bpm for arousal in (-0.5, 0, 0.5))
    assert middle / slow == pytest.approx(fast / middle)
