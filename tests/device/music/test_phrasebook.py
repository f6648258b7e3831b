"""The phrasebook: music by any standard, not only valid notes."""

import itertools
import time

import msgspec
import pytest

from device.config import Preference, Prescription, SessionConfig, Theme
from device.messages import Bar, Mode, Note
from device.music.likeness import holds
from device.music.phrasebook import PROGRESSIONS, Phrasebook
from device.music.theory import SCALES
from device.stage import keyed_random
from tests.device.music.intents import intent, mean, write

STARTS = range(0, 64, 8)
"""The first bars of eight phrases."""


@pytest.fixture
def phrasebook(config: SessionConfig) -> Phrasebook:
    return Phrasebook(config)


def tune(bar: Bar) -> list[Note]:
    return [note for note in bar.notes if note.voice == "melody"]


def melody(bars: list[Bar]) -> list[int]:
    return [note.pitch for bar in bars for note in tune(bar)]


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("density", [0.0, 0.3, 0.6, 1.0])
def test_no_note_is_foreign_to_the_key(
    phrasebook: Phrasebook, config: SessionConfig, mode: str, density: float
) -> None:
    bars = write(phrasebook, config, 32, mode=mode, density=density, tonic_pc=4)
    scale = {(4 + step) % 12 for step in SCALES[mode]} | ({3} if mode == "minor" else set())
    assert {note.pitch % 12 for bar in bars for note in bar.notes} <= scale


def test_the_melody_moves_gently(phrasebook: Phrasebook, config: SessionConfig) -> None:
    line = melody(write(phrasebook, config, 64))
    leaps = [abs(b - a) for a, b in itertools.pairwise(line)]
    assert max(leaps) <= 12
    assert mean(leaps) < 3.5
    assert mean([leap <= 2 for leap in leaps]) > 0.45


def test_phrases_close_on_the_tonic(phrasebook: Phrasebook, config: SessionConfig) -> None:
    bars = write(phrasebook, config, 32)
    for bar in bars[7::8]:
        last = max((note for note in bar.notes if note.voice == "melody"), key=lambda note: note.onset_tick)
        assert last.pitch % 12 == bar.tonic_pc


def test_a_motif_returns_but_phrases_are_not_all_alike(phrasebook: Phrasebook, config: SessionConfig) -> None:
    bars = write(phrasebook, config, 64)
    openings = [tuple(note.onset_tick for bar in bars[start : start + 4] for note in tune(bar)) for start in STARTS]
    assert openings[0] == openings[1] == openings[3]
    tunes = {tuple(melody(bars[start : start + 8])) for start in STARTS}
    assert len(tunes) >= 5


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_harmony_is_the_more_its_modes_own_the_further_the_valence_lies_from_the_middle(
    config: SessionConfig, mode: Mode
) -> None:
    sign = 1.0 if mode == "major" else -1.0

    def place(depth: float) -> float:
        asked = intent(0, mode=mode, target_valence=sign * depth)
        drawn = [Phrasebook(msgspec.structs.replace(config, seed=seed))._phrase(asked).degrees for seed in range(60)]
        assert len(set(drawn)) > 1
        return mean([PROGRESSIONS[mode].index(degrees) for degrees in drawn]) * sign

    assert place(0.0) < place(0.5) < place(1.0)


def test_the_final_bar_is_the_tonic_chord_held(phrasebook: Phrasebook, config: SessionConfig) -> None:
    bars = write(phrasebook, config, 5)
    final = phrasebook.generate(intent(5, final=True, session_left_s=3.0), bars, keyed_random(1, "x", 0))
    assert {note.pitch % 12 for note in final.notes} == {2, 6, 9}
    assert all(note.pitch % 12 == 2 for note in final.notes if note.voice in {"melody", "bass"})
    assert all(note.onset_tick == 0 for note in final.notes)


def test_the_bar_before_the_end_leads_to_it(phrasebook: Phrasebook) -> None:
    bar = phrasebook.generate(intent(5, session_left_s=5.0), [], keyed_random(1, "x", 0))
    assert next(note.pitch for note in bar.notes if note.voice == "bass") % 12 == 9


def test_only_the_wished_voices_play(config: SessionConfig) -> None:
    wished = msgspec.structs.replace(
        config, prescription=Prescription(preference=Preference(voices=("melody", "bass")))
    )
    heard = [{note.voice for note in bar.notes} for bar in write(Phrasebook(wished), wished, 16)]
    # The melody takes breath now and then; the bass goes on.
    assert all("bass" in voices for voices in heard)
    assert set().union(*heard) == {"melody", "bass"}


def test_a_melody_that_may_never_sound_does_not(phrasebook: Phrasebook, config: SessionConfig) -> None:
    bars = write(phrasebook, config, 16)
    own = Theme(mode="major", bars=tuple(tuple(tune(bar)) for bar in bars))
    assert holds([own], bars)
    forbidden = msgspec.structs.replace(config, never=(own,))
    assert not holds([own], write(Phrasebook(forbidden), forbidden, 16))


def test_a_bar_is_there_at_once(phrasebook: Phrasebook, config: SessionConfig) -> None:
    write(phrasebook, config, 4)
    began = time.perf_counter()
    write(phrasebook, config, 100)
    assert time.perf_counter() - began < 2.0


SONG = tuple(
    tuple(Note(onset, length, pitch, 90, "melody") for onset, length, pitch in bar)
    for bar in (((12, 12, 60), (36, 12, 69), (60, 24, 62)), ((0, 24, 72), (84, 12, 60)), (), ((0, 96, 67),)) * 2
)


@pytest.fixture
def with_theme(config: SessionConfig) -> SessionConfig:
    return msgspec.structs.replace(config, theme=Theme(mode="major", bars=SONG))


def test_a_theme_that_was_stated_lends_its_rhythm_and_shape(with_theme: SessionConfig) -> None:
    first, second, *_ = write(Phrasebook(with_theme), with_theme, 10)[8:]
    assert [note.onset_tick for note in tune(first)] == [12, 36, 60]
    low, high, middle = (note.pitch for note in tune(first))
    assert low < middle < high
    assert [note.onset_tick for note in tune(second)] == [0, 84]


def test_where_a_theme_is_silent_or_away_the_melody_goes_on(with_theme: SessionConfig, config: SessionConfig) -> None:
    ours, own = (write(Phrasebook(settings), settings, 32) for settings in (with_theme, config))
    assert all(tune(bar) for bar in ours[8:16])
    onsets = [[[note.onset_tick for note in tune(bar)] for bar in bars] for bars in (ours, own)]
    assert onsets[0][16:24] == onsets[1][16:24]


def test_a_theme_of_any_shape_gives_bars_of_the_key(config: SessionConfig) -> None:
    for bars in (
        ((),) * 3 + ((Note(90, 6, 88, 1, "melody"), Note(0, 6, 55, 1, "melody")),),
        ((Note(0, 96, 61, 90, "melody"),),),
    ):
        odd = msgspec.structs.replace(config, theme=Theme(mode="minor", bars=bars))
        heard = {
            note.pitch % 12 for bar in write(Phrasebook(odd), odd, 64, tonic_pc=0, mode="major") for note in bar.notes
        }
        assert heard <= set(SCALES["major"])
