"""Choosing a token."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.music import tokens as t
from device.music.sampling import NOTE_OF, ROOT_OF, draw, lead, tire, tire_of_loops
from device.music.theory import Chord


@given(st.integers(0, 2**32 - 1), st.floats(0, 1, exclude_max=True))
def test_a_drawn_token_is_always_one_the_mask_allows(seed: int, chance: float) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(len(t.VOCABULARY)) < 0.1
    mask[seed % len(mask)] = True
    logits = (rng.normal(size=len(mask)) * 10).astype(np.float32)
    assert mask[draw(logits, mask, 0.9, 0.93, chance)]


def test_draws_come_as_often_as_the_model_thinks() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    drawn = [draw(logits, np.ones(3, bool), 1.0, 1.0, (step + 0.5) / 1000) for step in range(1000)]
    assert [drawn.count(token) / 1000 for token in range(3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.01)


def test_a_note_tires_with_every_repetition_and_rests_when_another_came() -> None:
    once, twice, rested = (np.zeros(len(t.VOCABULARY), np.float32) for _ in range(3))
    first, second = list(NOTE_OF)[3:5]
    tire(once, [first, t.BAR], NOTE_OF, 0.5)
    tire(twice, [first, t.BAR, first, t.END], NOTE_OF, 0.5)
    tire(rested, [first, first, second], NOTE_OF, 0.5)
    assert twice[first] < once[first] < 0
    assert rested[first] == 0 > rested[second]
    before = rested.copy()
    tire(rested, [t.BAR, t.END], NOTE_OF, 0.5)
    assert (rested == before).all()


def test_a_root_tires_whatever_stands_on_it() -> None:
    logits = np.zeros(len(t.VOCABULARY), np.float32)
    major, minor, other = (t.chord_token(Chord(*kind)) for kind in ((9, "maj"), (9, "min"), (2, "maj")))
    tire(logits, [other, major, minor], ROOT_OF, 0.8)
    assert logits[major] == logits[minor] == np.float32(-1.6)
    assert logits[other] == 0


def test_a_melody_is_led_on_by_steps_but_has_as_many_notes_as_before() -> None:
    name = {pitch: t.TOKEN_OF[f"melody={pitch}"] for pitch in (65, 67, 69, 71, 72, 76)}
    led, alone = (np.zeros(len(t.VOCABULARY), np.float32) for _ in range(2))
    lead(led, [name[67], name[69]])
    assert led[name[71]] > led[name[67]] > led[name[72]] > led[name[76]] == led[name[69]] == led[name[65]]
    assert np.logaddexp.reduce(led[list(NOTE_OF)]) == pytest.approx(np.log(len(NOTE_OF)), abs=1e-4)
    assert not np.delete(led, list(NOTE_OF)).any()
    lead(alone, [])
    assert not alone.any()


def test_going_on_as_earlier_bars_did_tires_the_more_the_longer_they_were_alike() -> None:
    one, two, three, other = list(NOTE_OF)[:4]
    logits = np.zeros(len(t.VOCABULARY), np.float32)
    tire_of_loops(logits, [one], [[one, two, three], [other, two]], 0.5)
    assert logits[two] == -0.5
    tire_of_loops(logits, [one, two], [[one, two, three], [one, two, three]], 0.5)
    assert logits[three] == -2.0
    before = logits.copy()
    tire_of_loops(logits, [], [[one, two]], 0.5)
    tire_of_loops(logits, [one, two, three], [[one, two, three]], 0.5)
    assert (logits == before).all(), "every bar begins, and what is over goes nowhere"
