"""The grammar: whatever is sampled is a valid bar."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import TICKS_PER_BEAT
from device.music import tokens as t
from device.music.grammar import Grammar, InvalidBarError, decode_bar

HEAD = t.control_tokens(t.Controls(1, 0))


def sample(grammar: Grammar, head: list[int], rng: np.random.Generator) -> list[int]:
    """A bar from logits that know nothing."""
    tokens = list(head)
    while not grammar.complete:
        logits = np.where(grammar.mask(), rng.normal(size=len(t.VOCABULARY)), -np.inf)
        tokens.append(int(np.argmax(logits)))
        grammar.take(tokens[-1])
    return tokens


def test_two_thousand_bars_from_random_logits_are_all_valid() -> None:
    rng = np.random.default_rng(1)
    for number in range(2000):
        head = t.control_tokens(t.Controls(number % 2, number // 2 % 2))
        tokens = sample(Grammar(head), head, rng)
        decoded = decode_bar(tokens)
        end = decoded.beats * TICKS_PER_BEAT
        assert len(tokens) <= t.MAX_BAR_TOKENS
        for note in decoded.notes:
            assert 0 <= note.onset_tick < end
            assert note.onset_tick + note.duration_tick <= end + t.RING_TICKS
            assert t.RANGES[note.voice][0] <= note.pitch <= t.RANGES[note.voice][1]


def test_a_greedy_sampler_that_never_wants_to_end_still_ends() -> None:
    grammar = Grammar(HEAD)
    count = 0
    while not grammar.complete:
        allowed = np.flatnonzero(grammar.mask())
        grammar.take(int(allowed[allowed != t.END][0]) if len(allowed) > 1 else int(allowed[0]))
        count += 1
    assert count <= t.MAX_BAR_TOKENS - t.N_CONTROLS


@given(st.integers(2, 20), st.integers(0, 10), st.integers(0, 2**32 - 1))
def test_the_number_of_notes_stays_within_what_was_asked(fewest: int, more: int, seed: int) -> None:
    grammar = Grammar(HEAD, fewest=fewest, most=fewest + more)
    decoded = decode_bar(sample(grammar, HEAD, np.random.default_rng(seed)))
    assert len(decoded.notes) <= fewest + more


def test_a_voice_keeps_its_share() -> None:
    for seed in range(50):
        grammar = Grammar(HEAD, fewest=10, most_of={"melody": 1, "inner": 0})
        voices = [note.voice for note in decode_bar(sample(grammar, HEAD, np.random.default_rng(seed))).notes]
        assert voices.count("melody") <= 1
        assert voices.count("inner") == 0


def test_notes_that_are_due_do_not_crowd_the_end_of_the_bar() -> None:
    for seed in range(50):
        tokens = sample(Grammar(HEAD, fewest=12), HEAD, np.random.default_rng(seed))
        onsets = sorted({0, *(note.onset_tick for note in decode_bar(tokens).notes[:12])})
        pauses = [later - earlier for earlier, later in itertools.pairwise(onsets)]
        assert not pauses or max(pauses) <= 48


def test_notes_and_chords_that_are_not_welcome_are_not_played() -> None:
    white = np.array([pitch % 12 in {0, 2, 4, 5, 7, 9, 11} for _, pitch in t.NOTES])
    wanted = t.FIRST_CHORD + 1
    for seed in range(50):
        grammar = Grammar(HEAD, chords=([wanted], [wanted]))
        grammar.welcome = (white, white)
        tokens = sample(grammar, HEAD, np.random.default_rng(seed))
        assert tokens[t.N_CONTROLS : t.N_CONTROLS + 2] == [wanted, wanted]
        assert all(note.pitch % 12 in {0, 2, 4, 5, 7, 9, 11} for note in decode_bar(tokens).notes)


@given(st.lists(st.integers(-3, len(t.VOCABULARY) + 3), max_size=30))
def test_any_other_tokens_are_refused(tokens: list[int]) -> None:
    with pytest.raises(InvalidBarError):
        decode_bar(tokens)


def test_a_bar_that_was_cut_or_goes_on_is_refused() -> None:
    whole = sample(Grammar(HEAD), HEAD, np.random.default_rng(0))
    for broken in (whole[:-1], [*whole, t.END], whole[1:]):
        with pytest.raises(InvalidBarError):
            decode_bar(broken)
