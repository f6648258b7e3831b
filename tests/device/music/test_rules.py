"""The rules: they sound like what they were asked for, and like music."""

import itertools
import time

import msgspec
import pytest

from device.config import Limits, Preference, Prescription, SessionConfig, Theme
from device.control.cues import cues_of
from device.control.plan.session_plan import State
from device.messages import Bar, Mode, Note
from device.music.colours import COLOURS, Colour, mood_colour
from device.music.form import place_of
from device.music.likeness import holds
from device.music.rules import Rules
from device.music.theme import theme_of
from device.stage import keyed_random
from tests.device.music.intents import intent, mean, notes_per_bar, write
from tests.device.music.midi_files import TUNE, midi, tune

CORNERS = [(0.6, 0.7), (0.6, -0.7), (-0.6, 0.7), (-0.6, -0.7)]


@pytest.fixture
def rules(config: SessionConfig) -> Rules:
    return Rules(config)


def express(config: SessionConfig, valence: float, arousal: float, count: int = 32, tonic_pc: int = 2) -> list[Bar]:
    cues = cues_of(State(valence, arousal), Limits())._asdict()
    mode: Mode = "major" if valence >= 0 else "minor"
    return write(
        Rules(config),
        config,
        count,
        target_valence=valence,
        target_arousal=arousal,
        mode=mode,
        tonic_pc=tonic_pc,
        **cues,
    )


def line(bars: list[Bar]) -> list[int]:
    return [note.pitch for bar in bars for note in sung(bar)]


def sung(bar: Bar) -> list[Note]:
    return [note for note in bar.notes if note.voice == "melody"]


@pytest.mark.parametrize("colour", COLOURS, ids=lambda colour: colour.name)
@pytest.mark.parametrize("arousal", [-0.8, 0.0, 0.8])
def test_no_note_is_foreign_to_the_colour(config: SessionConfig, colour: Colour, arousal: float) -> None:
    valence = colour.darkest + 0.05
    bars = write(
        Rules(config), config, 64, mode=colour.mode, target_valence=valence, target_arousal=arousal, tonic_pc=4
    )
    foreign = {"lydian": {6}, "mixolydian": {8}, "aeolian": {11}, "phrygian": {1, 11}}.get(colour.name, set())
    scale = {(4 + step) % 12 for step in {*colour.scale, *foreign}}
    assert {note.pitch % 12 for bar in bars for note in bar.notes} <= scale


def test_the_colour_changes_only_where_a_phrase_closes(rules: Rules) -> None:
    seen: list[str] = []
    for index in range(16):
        valence = 1.0 - index / 8
        rules.generate(intent(index, mode="minor", target_valence=valence), [], keyed_random(1, "x", index))
        assert rules._colour is not None
        seen.append(rules._colour[1].name)
    assert all(len(set(seen[start : start + 4])) == 1 for start in range(0, 16, 4))
    assert seen[0] == mood_colour(1.0, "minor").name
    assert seen[-1] != seen[0]


@pytest.mark.parametrize(("valence", "arousal"), CORNERS)
def test_the_melody_moves_gently(config: SessionConfig, valence: float, arousal: float) -> None:
    leaps = [abs(b - a) for a, b in itertools.pairwise(line(express(config, valence, arousal, 64)))]
    assert max(leaps) <= 12
    assert mean([float(leap) for leap in leaps]) < 3.6
    assert mean([float(leap > 7) for leap in leaps]) < 0.08


def test_more_arousal_is_denser_and_wider(config: SessionConfig) -> None:
    calm, lively = express(config, 0.4, -0.7), express(config, 0.4, 0.7)
    assert notes_per_bar(lively) > 1.7 * notes_per_bar(calm)

    def width(bars: list[Bar]) -> float:
        lines = [[note.pitch for note in sung(bar)] for bar in bars if sung(bar)]
        return mean([max(line) - min(line) for line in lines])

    assert width(lively) > width(calm)


def test_lively_harmony_moves_twice_a_bar(config: SessionConfig) -> None:
    def struck(bars: list[Bar]) -> int:
        return sum(note.voice == "pad" and note.onset_tick == 48 for bar in bars for note in bar.notes)

    # Below it only suspensions fall there.
    assert struck(express(config, 0.5, 0.8)) > 3 * struck(express(config, 0.5, 0.2))


def test_unease_leaves_the_beat(config: SessionConfig) -> None:
    def beside(valence: float) -> float:
        return mean([float(note.onset_tick % 24 > 0) for bar in express(config, valence, 0.2) for note in sung(bar)])

    assert beside(-0.7) > beside(0.7) + 0.1


def test_sections_close_on_the_tonic_and_return(config: SessionConfig) -> None:
    bars = express(config, 0.5, -0.3, 64)
    for index, bar in enumerate(bars):
        if place_of(config.seed, index).close == "full":
            assert sung(bar)[-1].pitch % 12 == bar.tonic_pc
    openings: dict[str, list[tuple[int, ...]]] = {place_of(config.seed, start).section: [] for start in range(0, 64, 8)}
    for start in range(0, 64, 8):
        rhythm = tuple(note.onset_tick for bar in bars[start : start + 3] for note in sung(bar))
        openings[place_of(config.seed, start).section].append(rhythm)
    assert len(openings["A"]) >= 3
    assert len(set(openings["A"])) == 1
    assert len({rhythms[0] for rhythms in openings.values()}) > 1


def test_forty_minutes_are_not_one_loop(config: SessionConfig) -> None:
    bars = express(config, 0.4, -0.5, 640)
    sections = [tuple(line(bars[start : start + 8])) for start in range(0, 640, 8)]
    assert len(set(sections)) > 40


@pytest.fixture
def with_theme(config: SessionConfig) -> SessionConfig:
    return msgspec.structs.replace(config, theme=theme_of(midi(("melody", 0, tune(TUNE * 2))), "song.mid"))


@pytest.mark.parametrize("tonic_pc", [0, 7])
def test_a_theme_is_heard_in_the_key_of_the_moment(with_theme: SessionConfig, tonic_pc: int) -> None:
    bars = express(with_theme, 0.5, 0.0, 8, tonic_pc)
    heard = [(pitch - tonic_pc) % 12 for pitch in line(bars[:7])]
    assert heard == [pitch % 12 for pitch in (TUNE * 2)[: len(heard)]]


def test_a_theme_turns_dark_with_the_mode(with_theme: SessionConfig) -> None:
    bars = express(with_theme, -0.5, 0.0, 4, 0)
    assert line(bars)[2] % 12 == 3


def test_a_theme_that_was_stated_is_thinned_to_the_density_asked_for(with_theme: SessionConfig) -> None:
    sparse = write(Rules(with_theme), with_theme, 64, density=0.0)
    assert [len(sung(bar)) for bar in sparse[:8]] == [4] * 8
    assert notes_per_bar(sparse[8:]) < 7


def test_a_theme_of_any_shape_gives_bars(config: SessionConfig) -> None:
    for bars in (((),) * 3 + ((Note(90, 6, 84, 1, "melody"),),), ((Note(0, 96, 61, 90, "melody"),),)):
        odd = msgspec.structs.replace(config, theme=Theme(mode="minor", bars=bars))
        assert all(bar.notes for bar in write(Rules(odd), odd, 64))


def test_a_melody_that_may_never_sound_does_not(with_theme: SessionConfig) -> None:
    assert with_theme.theme is not None
    never = (with_theme.theme,)
    assert holds(never, express(with_theme, 0.5, 0.0))
    forbidden = msgspec.structs.replace(with_theme, never=never)
    assert not holds(never, express(forbidden, 0.5, 0.0))


def test_only_the_wished_voices_play(config: SessionConfig) -> None:
    wished = msgspec.structs.replace(config, prescription=Prescription(preference=Preference(voices=("inner", "pad"))))
    for bar in express(wished, 0.3, 0.7):
        assert {note.voice for note in bar.notes} == {"inner", "pad"}


def test_the_bar_before_the_end_leads_home(rules: Rules) -> None:
    bar = rules.generate(intent(5, session_left_s=5.0), [], keyed_random(1, "x", 0))
    assert next(note.pitch for note in bar.notes if note.voice == "bass") % 12 == 9


def test_a_bar_is_there_at_once(rules: Rules, config: SessionConfig) -> None:
    began = time.perf_counter()
    write(rules, config, 100, density=1.0, target_arousal=0.9)
    assert time.perf_counter() - began < 2.0
