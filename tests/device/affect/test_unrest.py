"""Whether the listener rested while rest was taken: doubted, told, and mended as the session goes on."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.evidence import Evidence, SourceEvidence
from device.affect.reader import Reader, values_of
from device.affect.unrest import Doubt, Mirror, Seen, speaks_of_unrest, weighed
from device.config import AffectConfig
from device.files.models import MODELS_DIR
from device.messages import FeatureFrame
from tests.device.affect.frames import EIGHT, LOAD, REST, S, eeg_frame, eeg_frames

LOG_ODDS = st.floats(-8, 8)
RESTED, COLD = (Reader(MODELS_DIR, name) for name in AffectConfig().eeg_models)


def make_source(rest_probability: float = 0.75) -> SourceEvidence:
    return SourceEvidence("cyton", [RESTED], 60.0, 0.0, (), COLD, rest_probability)


def after(source: SourceEvidence, frames: Iterable[FeatureFrame], now_s: float) -> Evidence:
    for frame in frames:
        source.take(frame)
    return source.evidence(round(now_s * S))


def test_a_beginning_at_rest_is_hardly_doubted() -> None:
    source = make_source()
    found = after(source, eeg_frames(4, 90, REST), 90)
    assert source.unrest < 0.2
    assert found.log_odds < 0
    assert not any("rest at the start" in reason for reason in found.reasons)


def test_a_beginning_under_load_is_doubted_and_said_so() -> None:
    """It looks loaded to the model that needs no rest, so that what has not changed since is not told to be calm."""
    source, trusting = make_source(), make_source(1.0)
    frames = list(eeg_frames(4, 90, LOAD))
    found, trusted = after(source, frames, 90), after(trusting, frames, 90)
    assert source.unrest > 0.4
    assert any("the rest at the start was perhaps none" in reason for reason in found.reasons)
    assert trusted.log_odds < -1
    assert abs(found.log_odds) < abs(trusted.log_odds)


def test_who_calms_down_below_their_rest_is_told_to_be_calm_and_not_loaded() -> None:
    source = make_source()
    after(source, eeg_frames(4, 64, LOAD), 64)
    found = after(source, eeg_frames(64, 150, REST), 150)
    assert source.unrest > 0.8
    assert found.log_odds < -1


def test_load_after_a_real_rest_is_still_told_as_load() -> None:
    source = make_source()
    after(source, eeg_frames(4, 90, REST), 90)
    found = after(source, eeg_frames(90, 150, LOAD), 150)
    assert source.unrest < 0.1
    assert found.log_odds > 1


def test_a_rest_that_was_perhaps_none_is_worth_less_to_later_sessions() -> None:
    loaded, rested = make_source(), make_source()
    after(loaded, eeg_frames(4, 90, LOAD), 90)
    after(rested, eeg_frames(4, 90, REST), 90)
    told = [source.models[0].personal_baseline("cyton", source.unrest) for source in (loaded, rested)]
    assert told[0]
    assert told[1]
    assert max(told[0].weight_s) < 0.7 * max(told[1].weight_s)


def test_without_doubt_all_is_as_the_model_says() -> None:
    plain = SourceEvidence("cyton", [RESTED], 60.0, 0.0)
    frames = list(eeg_frames(4, 64, LOAD)) + list(eeg_frames(64, 120, REST))
    assert after(make_source(1.0), frames, 120) == after(plain, frames, 120)


def test_a_mirror_that_has_seen_nothing_says_nothing() -> None:
    frame = eeg_frame(4, REST)
    assert Mirror(RESTED, RESTED.layout(frame.names, frame.ch_names)).log_odds() == 0


def test_a_mirror_sees_that_the_beginning_was_load() -> None:
    assert mirrored(LOAD, REST) > 1
    assert mirrored(REST, REST) < -1


def mirrored(begin: dict[str, float], end: dict[str, float]) -> float:
    frames = [*eeg_frames(4, 64, begin), *eeg_frames(64, 124, end)]
    layout = RESTED.layout(frames[0].names, EIGHT)
    mirror = Mirror(RESTED, layout)
    for frame in frames:
        seen = Seen(*values_of(frame, layout, 0.5))
        mirror.take(seen, 0.25, 4.0, is_rest=frame.t_ns < 64 * S)
    return mirror.log_odds()


@given(rested=LOG_ODDS, unrested=LOG_ODDS, unrest=st.floats(0, 1))
def test_both_stories_together_lie_between_them(rested: float, unrested: float, unrest: float) -> None:
    told = weighed(rested, unrested, unrest)
    assert min(rested, unrested) - 1e-6 <= told <= max(rested, unrested) + 1e-6


@given(st.floats(0.01, 1.0), LOG_ODDS, st.lists(st.tuples(LOG_ODDS, LOG_ODDS, st.floats(0, 5)), max_size=20))
def test_a_doubt_is_a_probability_whatever_is_heard(
    rest_probability: float, cold: float, heard: list[tuple[float, float, float]]
) -> None:
    doubt = Doubt(rest_probability)
    assert doubt.probability == pytest.approx(1 - rest_probability)
    for rested, mirror, since_s in heard:
        doubt.hear(cold, speaks_of_unrest(rested, mirror), since_s)
        assert 0 <= doubt.probability <= 1
    assert rest_probability < 1 or doubt.probability == 0
