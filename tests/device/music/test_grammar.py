"""The grammar: whatever is sampled is a valid bar."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import TICKS_PER_BEAT
from device.music import tokens as t
from device.music.grammar import Grammar, InvalidBarError, decode_bar


def sample(grammar: Grammar, rng: np.random.Generator) -> list[int]:
    """A bar from logits that know nothing."""
    tokens = [t.BAR]
    while not grammar.complete:
        logits = np.where(grammar.mask(), rng.normal(size=len(t.VOCABULARY)), -np.inf)
        tokens.append(int(np.argmax(logits)))
        grammar.take(tokens[-1])
    return tokens


def test_two_thousand_bars_from_random_logits_are_all_valid() -> None:
    rng = np.random.default_rng(1)
    for number in range(2000):
        beats = 3 + number % 2
        tokens = sample(Grammar(beats), rng)
        decoded = decode_bar(tokens, beats)
        end = decoded.beats * TICKS_PER_BEAT
        assert len(tokens) <= t.MAX_BAR_TOKENS
        for note in decoded.notes:
            assert 0 <= note.onset_tick < end
            assert note.onset_tick + note.duration_tick <= end + t.RING_TICKS
            assert t.RANGES[note.voice][0] <= note.pitch <= t.RANGES[note.voice][1]


def test_a_greedy_sampler_that_never_wants_to_end_still_ends() -> None:
    grammar = Grammar(4)
    count = 0
    while not grammar.complete:
        allowed = np.flatnonzero(grammar.mask())
        grammar.take(int(allowed[allowed != t.END][0]) if len(allowed) > 1 else int(allowed[0]))
        count += 1
    assert count <= t.MAX_BAR_TOKENS - 1


@given(st.integers(2, 20), st.integers(0, 10), st.integers(0, 2**32 - 1))
def test_the_number_of_notes_stays_within_what_was_asked(fewest: int, more: int, seed: int) -> None:
    grammar = Grammar(4, fewest=fewest, most=fewest + more)
    decoded = decode_bar(sample(grammar, np.random.default_rng(seed)))
    assert len(decoded.notes) <= fewest + more


@given(st.integers(2, 20), st.integers(0, 10), st.integers(0, 24), st.integers(0, 2**32 - 1))
def test_swinging_beats_are_of_three(fewest: int, more: int, enter: int, seed: int) -> None:
    grammar = Grammar(4, fewest=fewest, most=fewest + more, enter=enter, swings=True)
    decoded = decode_bar(sample(grammar, np.random.default_rng(seed)))
    assert min(fewest, 4) <= len(decoded.notes) <= fewest + more
    assert all(note.onset_tick % t.THIRD_TICKS == note.duration_tick % t.THIRD_TICKS == 0 for note in decoded.notes)


@pytest.mark.parametrize("swings", [False, True])
@pytest.mark.parametrize("beats", [3, 4])
def test_a_melody_that_is_not_late_begins_with_the_bar(beats: int, swings: bool) -> None:
    for seed in range(60):
        grammar = Grammar(beats, fewest=8, most=12, opening=3, enter=0, swings=swings)
        notes = decode_bar(sample(grammar, np.random.default_rng(seed)), beats).notes
        assert min(note.onset_tick for note in notes if note.voice == "melody") == 0
        assert sum(note.voice == "pad" and note.onset_tick == 0 for note in notes) >= 3


def test_a_voice_keeps_its_share() -> None:
    for seed in range(50):
        grammar = Grammar(4, fewest=10, most_of={"melody": 1, "inner": 0})
        voices = [note.voice for note in decode_bar(sample(grammar, np.random.default_rng(seed))).notes]
        assert voices.count("melody") <= 1
        assert voices.count("inner") == 0


def test_a_bar_may_begin_with_a_chord_of_the_pad() -> None:
    low = np.array([voice != "pad" or pitch % 12 in {0, 4, 7} for voice, pitch in t.NOTES])
    for seed in range(100):
        grammar = Grammar(4, opening=3, most=12)
        grammar.welcome(low, low)
        notes = decode_bar(sample(grammar, np.random.default_rng(seed))).notes
        assert sum(note.voice == "pad" and note.onset_tick == 0 for note in notes) >= 3


def test_a_chord_that_cannot_be_had_is_not_waited_for() -> None:
    no_pad = np.array([voice != "pad" for voice, _ in t.NOTES])
    two = no_pad | np.array([(voice, pitch) in {("pad", 60), ("pad", 64)} for voice, pitch in t.NOTES])
    for welcome, count in ((no_pad, 0), (two, 2)):
        grammar = Grammar(4, opening=3)
        grammar.welcome(welcome, welcome)
        notes = decode_bar(sample(grammar, np.random.default_rng(1))).notes
        assert sum(note.voice == "pad" and note.onset_tick == 0 for note in notes) <= count


def test_notes_that_are_due_do_not_crowd_the_end_of_the_bar() -> None:
    for seed in range(50):
        tokens = sample(Grammar(4, fewest=12), np.random.default_rng(seed))
        onsets = sorted({0, *(note.onset_tick for note in decode_bar(tokens).notes[:12])})
        pauses = [later - earlier for earlier, later in itertools.pairwise(onsets)]
        assert not pauses or max(pauses) <= 48


def test_notes_and_chords_that_are_not_welcome_are_not_played() -> None:
    white = np.array([pitch % 12 in {0, 2, 4, 5, 7, 9, 11} for _, pitch in t.NOTES])
    wanted = t.FIRST_CHORD + 1
    for seed in range(50):
        grammar = Grammar(4, chords=([wanted], [wanted]))
        grammar.welcome(white, white)
        tokens = sample(grammar, np.random.default_rng(seed))
        assert tokens[1:3] == [wanted, wanted]
        assert all(note.pitch % 12 in {0, 2, 4, 5, 7, 9, 11} for note in decode_bar(tokens).notes)


@given(st.lists(st.integers(-3, len(t.VOCABULARY) + 3), max_size=30))
def test_any_other_tokens_are_refused(tokens: list[int]) -> None:
    with pytest.raises(InvalidBarError):
        decode_bar(tokens)


def test_a_bar_that_was_cut_or_goes_on_is_refused() -> None:
    whole = sample(Grammar(4), np.random.default_rng(0))
    for broken in (whole[:-1], [*whole, t.END], whole[1:]):
        with pytest.raises(InvalidBarError):
            decode_bar(broken)


def test_a_metre_that_is_not_ours_is_refused() -> None:
    with pytest.raises(InvalidBarError, match="5 beats"):
        Grammar(5)


STEPS = st.lists(st.integers(0, t.n_steps(4) - 1), max_size=24, unique=True).map(sorted)


@given(STEPS, st.integers(0, 20), st.integers(4, 20), st.integers(0, 2**32 - 1))
def test_a_given_melody_is_written_as_it_is_whatever_else_is_asked(
    steps: list[int], fewest: int, most: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    melody = [(step, t.FIRST_NOTE + int(rng.integers(t.N_MELODY)), t.FIRST_LENGTH) for step in steps]
    grammar = Grammar(4, fewest=min(fewest, most), most=most, most_of={"pad": 3}, opening=3)
    grammar.give(melody)
    written = decode_bar(sample(grammar, rng)).notes
    wanted = [(t.STEP_TICKS[step], *t.NOTES[note - t.FIRST_NOTE]) for step, note, _ in melody]
    assert [(note.onset_tick, note.voice, note.pitch) for note in written if note.voice == "melody"] == wanted
