"""What an intent asks of the composer."""

import numpy as np
import pytest

from device.config import Preference
from device.messages import MusicIntent, Note
from device.music import controls as c
from device.music import tokens as t
from device.music.form import place_of
from device.music.phrasing import Line
from device.music.reference import remember
from device.music.steering import (
    CALM_LEAPS,
    Variety,
    chord_leaning,
    controls_of,
    grammar_of,
    lean_of,
    vary,
    voices_of,
    welcome,
    wished_colour,
)
from device.music.theory import Chord, notes_per_beat
from device.stage import keyed_random
from tests.device.music.intents import intent

PLACE = place_of(1, 2)
ANY = Preference()
NOTES = 4 * notes_per_beat(0.5)


def told(wish: MusicIntent, preference: Preference = ANY) -> c.Controls:
    return controls_of(
        wish,
        PLACE,
        preference,
        vary(wish, PLACE, None, Line(), None, preference, keyed_random(1, "bars", wish.bar_index)),
    )


def test_the_controls_are_the_classes_of_the_wish() -> None:
    calm = intent(tempo_bpm=50, density=0.0, register_midi=58, loudness_db=-40, target_arousal=-1.0)
    lively = intent(tempo_bpm=130, density=1.0, register_midi=82, loudness_db=0, target_arousal=1.0)
    low, high = told(calm), told(lively)
    for name in ("tempo", "density", "register", "loudness"):
        assert getattr(low, name) < getattr(high, name)
    assert c.TEXTURES[low.texture or 0] == "calm"
    assert c.TEXTURES[high.texture or 0] == "full"


def test_bars_differ_as_people_s_and_are_as_dense_as_asked_for_on_average() -> None:
    calm, lively = ([_vary(bar, arousal) for bar in range(400)] for arousal in (-1.0, 0.5))
    assert {variety.leaps for variety in calm} == set(CALM_LEAPS)
    assert {variety.leaps for variety in lively} == set(range(len(c.LEAP_EDGES) + 1))
    notes = [variety.notes for variety in lively]
    assert np.mean(notes) == pytest.approx(NOTES, rel=0.03)
    assert 0.6 * NOTES <= min(notes) < max(notes) <= 1.4 * NOTES
    assert _vary(7, 0.5) == _vary(7, 0.5)


def test_a_calm_melody_has_the_notes_that_are_asked_for_and_may_rest() -> None:
    wish = intent(density=0.3, target_arousal=-0.7)
    for notes in (0, 1, 6):
        assert vary(wish, PLACE, None, Line(), notes, ANY, keyed_random(1, "bars", 0)).melody == notes


def _vary(bar: int, arousal: float) -> Variety:
    wish = intent(bar, density=0.5, target_arousal=arousal)
    return vary(wish, PLACE, None, Line(), None, ANY, keyed_random(1, "bars", bar))


def test_a_melody_that_returns_moves_as_it_did() -> None:
    wide = [Note(24 * beat, 24, pitch, 80, "melody") for beat, pitch in enumerate((60, 69, 62, 72))]
    returns, varied = (PLACE._replace(likeness=likeness) for likeness in ("close", "varied"))
    reference = remember(t.encode_notes(wide, 4))
    wish, rng = intent(target_arousal=0.5), keyed_random(1, "bars", 0)
    assert {vary(wish, returns, reference, Line(), None, ANY, rng).leaps for _ in range(50)} == {len(c.LEAP_EDGES)}
    assert len({vary(wish, varied, reference, Line(), None, ANY, rng).leaps for _ in range(50)}) > 1


def test_a_wished_texture_decides_who_plays_however_many_notes_there_are() -> None:
    few, many = intent(density=0.1), intent(density=0.9)
    assert "inner" in voices_of(few, Preference(texture="full"))
    assert "inner" not in voices_of(many, Preference(texture="calm"))
    assert "inner" not in voices_of(few, ANY)
    assert told(few, preference=Preference(texture="full")).rhythm is None


@pytest.mark.parametrize("arousal", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize(("mode", "end"), [("major", 1.0), ("minor", -1.0)])
def test_within_a_mode_the_harmony_brightens_with_the_valence_to_its_end(mode: str, end: float, arousal: float) -> None:
    wishes = [intent(target_valence=end * depth / 10, target_arousal=arousal, mode=mode) for depth in range(11)]
    leans = [end * lean_of(wish) for wish in wishes]
    assert leans == sorted(leans)
    assert leans[0] < leans[-1] == pytest.approx(1.0)
    assert wished_colour(wishes[-1]) == (len(c.COLOUR_EDGES) if mode == "major" else 0)


def test_towards_the_middle_each_mode_borrows_from_the_other() -> None:
    major, minor = (intent(target_valence=0.0, target_arousal=0.0, mode=mode) for mode in ("major", "minor"))
    assert lean_of(major) == -lean_of(minor) < 0


def test_on_average_bars_are_as_bright_as_the_lean() -> None:
    for valence, mode in ((0.0, "major"), (0.5, "major"), (-0.5, "minor"), (1.0, "major")):
        wish = intent(target_valence=valence, target_arousal=0.5, mode=mode)
        told = [vary(wish, PLACE, None, Line(), None, ANY, keyed_random(2, "bars", bar)).colour for bar in range(2000)]
        assert np.mean(told) == pytest.approx(wished_colour(wish), abs=0.05)
        assert max(told) - min(told) <= 1


def test_across_the_modes_the_harmony_never_darkens_with_the_valence() -> None:
    for arousal in (-1.0, 0.0, 1.0):
        minor, major = (
            [lean_of(intent(target_valence=end * depth / 4, target_arousal=arousal, mode=mode)) for depth in (4, 2)]
            for mode, end in (("minor", -1.0), ("major", 1.0))
        )
        neutral = lean_of(intent(target_valence=0.0, target_arousal=arousal, mode="major"))
        assert minor == sorted(minor)
        assert minor[-1] < neutral < major[-1] < major[0]


def test_the_lean_is_heard_in_the_choice_of_chords() -> None:
    bright = chord_leaning(intent(target_valence=1.0, mode="major"))
    assert bright[t.chord_token(Chord(0, "maj"))] > 0 > bright[t.chord_token(Chord(9, "min"))]
    assert not bright[t.FIRST_STEP :].any()


def variety(notes: float) -> Variety:
    return Variety(2, 1, notes, None, moves=False, lift=0.0, is_late=False)


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_bar_of_the_form_can_be_written(mode: str) -> None:
    for bar in range(64):
        for density in (0.0, 0.5, 1.0):
            grammar = grammar_of(
                intent(bar, mode=mode, density=density), place_of(3, bar), ANY, variety(8.0 + 16.0 * density)
            )
            for _ in range(2):
                grammar.take(int(np.flatnonzero(grammar.mask())[0]))
            assert grammar.mask().any()


def test_a_full_close_stands_on_the_tonic() -> None:
    bar = next(bar for bar in range(64) if place_of(5, bar).close == "full")
    grammar = grammar_of(intent(bar, mode="minor"), place_of(5, bar), ANY, variety(12.0))
    grammar.take(int(np.flatnonzero(grammar.mask())[0]))
    assert [t.chord_of(int(token)) for token in np.flatnonzero(grammar.mask())] == [Chord(9, "min")]


def test_whatever_register_is_asked_every_voice_has_some_note() -> None:
    for register in range(20, 110):
        mask = welcome(intent(register_midi=float(register), tonic_pc=0), Chord(0, "maj"), ANY)
        voices = {voice for (voice, _), free in zip(t.NOTES, mask, strict=True) if free}
        assert voices >= {"inner", "bass", "pad"}


def test_voices_that_are_not_wished_get_no_notes() -> None:
    alone = Preference(voices=("melody", "bass"))
    assert told(intent(density=0.3), preference=alone).voices == c.voice_bits(["melody", "bass"])
    grammar = grammar_of(intent(density=0.9), PLACE, alone, variety(20.0))
    voices = set()
    while not grammar.complete:
        token = int(np.flatnonzero(grammar.mask())[-2 if grammar.mask().sum() > 1 else 0])
        grammar.take(token)
        if t.FIRST_NOTE <= token < t.FIRST_LENGTH:
            voices.add(t.NOTES[token - t.FIRST_NOTE][0])
    assert voices <= {"melody", "bass"}


def test_a_forbidden_style_leaves_the_other() -> None:
    assert told(intent(), preference=Preference(never_styles=("song",))).style == c.STYLES.index("lied")
    assert told(intent()).style is None
