"""A rest that was asked for is played as one; music that failed to come is not taken for one, nor one for that."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import msgspec
import pytest

from device.audio.conductor import INTENT_LASTS_BARS, REST_BRIGHTNESS, REST_DB
from device.config import SessionConfig
from device.messages import Message, Transport
from tests.device.audio.rig import SECOND_NS, bar, intent
from tests.device.audio.test_conductor import SFREQ_HZ, SLOPE_DB_S, Run, composed

RESTS = range(2, 12)


def resting(asked: Transport) -> Iterable[Message]:
    """Some bars of rest between music; the composer's bars for them never come."""
    is_rest = asked.bar_index in RESTS
    wanted = msgspec.structs.replace(intent(asked.bar_index), silent=is_rest)
    return [wanted] if is_rest else [wanted, bar(asked.bar_index)]


def test_a_rest_needs_no_composer_and_is_no_fault(config: SessionConfig) -> None:
    run = Run(config, resting).start()
    played = run.bars(15)
    assert [item.bar_index for item in played if item.silent] == list(RESTS)
    assert all(not item.notes for item in played if item.silent)
    assert all(item.notes for item in played if not item.silent)
    assert not any(item.fallback for item in played)
    assert run.conductor.late_bars == 0


def test_it_sinks_and_comes_back_by_the_slope_of_loudness(config: SessionConfig) -> None:
    run = Run(config, resting).start()
    levels = []
    frame = 0
    while len(run.played) < 18:
        frame += SFREQ_HZ // 10
        run.until(frame)
        levels.append(run.conductor.loudness_db_at(frame))
    steps = [abs(after - before) for before, after in itertools.pairwise(levels)]
    assert max(steps) <= SLOPE_DB_S / 10 + 1e-6
    assert min(levels) == pytest.approx(REST_DB)
    assert levels[-1] > REST_DB + 3


def test_distress_lands_softly_the_sound_gets_softer_duller_and_thinner_and_then_rests(config: SessionConfig) -> None:
    """The shield's last step is a rest (`control/shield`): what comes of it in the eight seconds after it begins."""
    run = Run(config, resting).start()
    run.bars(3)
    began = run.played[-1].start_frame
    assert run.played[-1].silent
    frames = [began + second * SFREQ_HZ for second in range(9)]
    levels, colours = [], []
    for frame in frames:
        run.until(frame)
        levels.append(run.conductor.loudness_db_at(frame))
        colours.append(run.conductor.brightness_at(frame))
    assert all(after < before for before, after in itertools.pairwise(levels))
    assert levels[-1] < levels[0] - 6
    assert colours[-1] == pytest.approx(REST_BRIGHTNESS)
    assert not any(item.notes for item in run.played if item.start_frame >= began)


def test_a_rest_that_comes_after_its_bar_was_composed_is_kept_and_one_called_off_is_not_a_rest(
    config: SessionConfig,
) -> None:
    def turned(asked: Transport) -> Iterable[Message]:
        rest_first = asked.bar_index == 3
        first = msgspec.structs.replace(intent(asked.bar_index), silent=rest_first)
        composed_bar = bar(asked.bar_index)
        if rest_first:
            composed_bar = msgspec.structs.replace(composed_bar, notes=(), silent=True)
        is_turned = asked.bar_index in (2, 3)
        second = msgspec.structs.replace(intent(asked.bar_index), revision=1, silent=not rest_first)
        return [first, composed_bar, *([second] if is_turned else [])]

    played = Run(config, turned).start().bars(5)
    assert [item.silent for item in played] == [False, False, True, False, False]
    assert played[3].notes
    assert "was not there" in played[3].fallback, "the phrasebook helps out, and says so"


def test_a_loop_that_dies_in_a_rest_is_told_and_music_comes_back(config: SessionConfig) -> None:
    def dies(asked: Transport) -> Iterable[Message]:
        return [msgspec.structs.replace(intent(2), silent=True)] if asked.bar_index == 2 else (
            composed(asked) if asked.bar_index < 2 else []
        )  # fmt: skip

    played = Run(config, dies).start().bars(2 + INTENT_LASTS_BARS + 4)
    assert not played[2].fallback
    assert all("nobody said" in item.fallback for item in played[3:] if item.silent)
    assert played[-1].notes
    assert played[-1].generator == "phrasebook"


def test_a_bar_without_notes_that_nobody_asked_for_is_replaced(config: SessionConfig) -> None:
    def empty(asked: Transport) -> Iterable[Message]:
        return [intent(asked.bar_index), msgspec.structs.replace(bar(asked.bar_index), notes=())]

    played = Run(config, empty).start().bars(3)
    assert all(item.fallback and item.notes and not item.silent for item in played)


def test_less_of_a_voice_is_obeyed_by_the_phrasebook_too(config: SessionConfig) -> None:
    def nobody_composes(asked: Transport) -> Iterable[Message]:
        return [msgspec.structs.replace(intent(asked.bar_index), voice_levels={"bass": 0.0})]

    played = Run(config, nobody_composes, begins_ns=SECOND_NS).start().bars(4)
    assert not any(note.voice == "bass" for item in played for note in item.notes)


def test_a_pause_is_one_bar_long_and_neither_sinks_nor_lasts_where_nobody_says_how_to_go_on(
    config: SessionConfig,
) -> None:
    def pausing(asked: Transport) -> Iterable[Message]:
        if asked.bar_index == 2:
            return [msgspec.structs.replace(intent(2), silent=True, pause=True)]
        return [intent(asked.bar_index), bar(asked.bar_index)] if asked.bar_index < 2 else []

    run = Run(config, pausing).start()
    run.bars(3)
    before_db = run.conductor.level_db_at(run.played[2].start_frame)
    played = run.bars(5)
    assert [item.silent for item in played] == [False, False, True, False, False]
    assert all(item.notes and "not there" in item.fallback for item in played[3:])
    assert run.conductor.level_db_at(played[3].start_frame) >= before_db
