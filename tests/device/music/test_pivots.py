"""Music slips into another key by a chord of both, whoever composes."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from device.config import SessionConfig
from device.messages import Bar, Key, Mode
from device.music.generator import open_generator
from device.music.pivots import pivot_of
from device.music.theory import degree_triad, detect_chord
from device.stage import keyed_random
from tests.device.music.intents import intent

MODE = st.sampled_from(("major", "minor"))
HALF = 48


@given(st.integers(0, 11), MODE, st.integers(0, 11), MODE)
def test_a_pivot_belongs_to_both_keys_and_is_neither_tonic(tonic: int, mode: Mode, to: int, to_mode: Mode) -> None:
    chord = pivot_of(intent(7, tonic_pc=tonic, mode=mode, leads_to=Key(to, to_mode)))
    assume(chord is not None)
    assert chord in {degree_triad(tonic, mode, degree) for degree in range(1, 7)}
    assert chord in {degree_triad(to, to_mode, degree) for degree in range(1, 7)}


@given(st.integers(0, 11), MODE, st.sampled_from((5, 7)))
def test_keys_a_fifth_apart_always_have_one(tonic: int, mode: Mode, fifth: int) -> None:
    assert pivot_of(intent(7, tonic_pc=tonic, mode=mode, leads_to=Key((tonic + fifth) % 12, mode))) is not None


def test_there_is_none_where_the_key_stays_or_the_music_ends() -> None:
    assert pivot_of(intent(7)) is None
    assert pivot_of(intent(7, leads_to=Key(9, "major"), final=True)) is None


@pytest.mark.parametrize("name", ["rules", "phrasebook", "transformer"])
def test_every_generator_has_it_in_the_bar_before_the_join_and_its_pads_step_into_the_new_key(
    name: str, config: SessionConfig
) -> None:
    generator = open_generator(name, config)
    bars: list[Bar] = []
    for index in range(16):
        leads_to = {7: Key(9, "major"), 15: Key(2, "major")}.get(index)
        asked = intent(index, tonic_pc=9 if index > 7 else 2, leads_to=leads_to)
        bars.append(generator.generate(asked, bars, keyed_random(config.seed, "bars", index)))
    for index, (tonic_pc, to) in {7: (2, 9), 15: (9, 2)}.items():
        chord = pivot_of(intent(index, tonic_pc=tonic_pc, leads_to=Key(to, "major")))
        assert _chord(bars[index], HALF) == chord
    before, after = _pads(bars[7], 95), _pads(bars[8], 0)
    moves = [abs(a - b) for a, b in zip(before, after, strict=True)]
    assert sum(moves) / len(moves) <= 3.0


def _pads(bar: Bar, tick: int) -> list[int]:
    sounding = (note for note in bar.notes if note.onset_tick <= tick < note.onset_tick + note.duration_tick)
    return sorted(note.pitch for note in sounding if note.voice == "pad")


def _chord(bar: Bar, tick: int) -> object:
    weights = [0.0] * 12
    for pitch in _pads(bar, tick):
        weights[pitch % 12] += 1.0
    basses = [note.pitch % 12 for note in bar.notes if note.voice == "bass" and note.onset_tick >= tick]
    return detect_chord(weights, basses[0] if basses else None)
