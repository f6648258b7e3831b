"""Melodies out of MIDI files; whatever the bytes, a theme or a sentence."""

import io
import random
import struct
import time
import tracemalloc
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config import THEME_BARS, Theme
from device.errors import RecordingError
from device.messages import Metre
from device.music.metre import LAYOUTS
from device.music.midi_reader import BYTES_MAX
from device.music.theme import hear, theme_of
from device.music.tokens import LENGTHS, STEP_TICKS, n_steps
from tests.device.music.midi_files import TUNE, midi, tune


def pitches(theme: Theme) -> list[int]:
    return [note.pitch for bar in theme.bars for note in bar]


def onsets(theme: Theme) -> list[int]:
    return [note.onset_tick for bar in theme.bars for note in bar]


def wrong(data: bytes) -> str:
    with pytest.raises(RecordingError) as caught:
        theme_of(data, "song.mid")
    assert caught.value.sentence.startswith("song.mid ")
    assert caught.value.sentence.endswith(".")
    assert caught.value.action.endswith(".")
    return caught.value.sentence


def test_a_tune_comes_back_in_c_major_whatever_its_key() -> None:
    for up in range(12):
        theme = theme_of(midi(("", 0, tune(up=up))), "song.mid")
        assert theme.mode == "major"
        assert [pitch % 12 for pitch in pitches(theme)] == [pitch % 12 for pitch in TUNE]
        assert [len(bar) for bar in theme.bars] == [4, 4, 4, 4]
        assert 60 <= sum(pitches(theme)) / len(TUNE) <= 78


def test_a_minor_tune_comes_back_in_a_minor() -> None:
    minor = (62, 65, 69, 67, 65, 64, 62, 61, 62, 69, 70, 69, 67, 65, 64, 62)
    theme = theme_of(midi(("", 0, tune(minor))), "song.mid")
    assert theme.mode == "minor"
    assert pitches(theme)[0] % 12 == 9


def test_the_track_with_the_voices_name_is_the_melody() -> None:
    piano = ("Piano", 0, tune([84] * 16))
    singer = ("Vocals", 1, tune())
    theme = theme_of(midi(piano, singer), "song.mid")
    assert len({pitch % 12 for pitch in pitches(theme)}) > 4


def test_without_a_name_the_highest_notes_are_the_melody() -> None:
    chords = [(4.0 * bar, 4.0, pitch) for bar in range(4) for pitch in (48, 52, 55)]
    theme = theme_of(midi(("", 0, [*tune(), *chords])), "song.mid")
    assert [pitch % 12 for pitch in pitches(theme)] == [pitch % 12 for pitch in TUNE]


def test_silent_bars_at_the_start_are_left_out_but_not_the_place_in_the_bar() -> None:
    theme = theme_of(midi(("", 0, tune(begins=13.0))), "song.mid")
    assert onsets(theme)[:3] == [24, 48, 72]


def test_a_file_whose_beats_lie_beside_its_own_grid_is_set_right() -> None:
    theme = theme_of(midi(("", 0, tune(begins=0.2))), "song.mid")
    assert {onset % 24 for onset in onsets(theme)} == {0}


def test_onsets_and_lengths_lie_on_the_grid() -> None:
    rng = random.Random(3)
    notes = [
        (index * 0.5 + rng.uniform(-0.1, 0.1) + 1, rng.uniform(0.05, 3.0), rng.choice(TUNE)) for index in range(99)
    ]
    theme = theme_of(midi(("", 0, notes)), "song.mid")
    assert set(onsets(theme)) <= set(STEP_TICKS)
    assert {note.duration_tick for bar in theme.bars for note in bar} <= set(LENGTHS)


def test_triplets_stay_triplets() -> None:
    theme = theme_of(midi(("", 0, tune(length=1 / 3))), "song.mid")
    assert {onset % 24 for onset in onsets(theme)} == {0, 8, 16}


def test_a_long_song_gives_its_first_bars() -> None:
    theme = theme_of(midi(("", 0, tune(TUNE * 20))), "song.mid")
    assert len(theme.bars) == THEME_BARS


def test_drums_alone_are_no_melody() -> None:
    assert "no melody" in wrong(midi(("Drums", 9, tune())))


@pytest.mark.parametrize("meter", [(7, 8), (11, 8), (15, 8), (5, 4), (5, 8), (7, 4)])
def test_other_meters_run_over_their_bar_lines_and_are_said(meter: tuple[int, int]) -> None:
    heard = hear(midi(("", 0, tune(begins=10 * 4 * meter[0] / meter[1])), meter=meter), "song.mid")
    found = [96 * bar + note.onset_tick for bar, notes in enumerate(heard.theme.bars) for note in notes]
    assert found == [(16 if meter == (15, 8) else 24) * place for place in range(len(TUNE))]
    assert [pitch % 12 for pitch in pitches(heard.theme)] == [pitch % 12 for pitch in TUNE]
    assert f"in {meter[0]}/{meter[1]}, C major" in heard.sentence
    assert f"that run over the bar lines of {meter[0]}/{meter[1]}" in heard.sentence


@pytest.mark.parametrize(
    ("meter", "lengths", "ours"),
    [
        ((3, 4), (1, 1, 1, 2, 0.5, 0.5), "3/4"),
        ((6, 4), (1, 1, 1, 3), "3/4"),
        ((6, 8), (0.5, 0.5, 0.5, 1, 0.5, 1.5, 1, 0.5), "6/8"),
        ((6, 8), (0.75, 0.25, 0.5, 1.5), "6/8"),
        ((3, 8), (0.5, 0.5, 0.5, 1, 0.5), "6/8"),
        ((12, 8), (1.5, 1.5, 1.5, 1, 0.5), "6/8"),
        ((9, 8), (1.5, 0.5, 0.5, 0.5, 1, 0.5), "3/4"),
    ],
)
def test_what_is_in_three_keeps_its_metre_and_its_rhythm(
    meter: tuple[int, int], lengths: tuple[float, ...], ours: Metre
) -> None:
    onsets_ = [sum((lengths * 9)[:index]) for index in range(16)]
    notes = [(onset, (lengths * 9)[index], TUNE[index]) for index, onset in enumerate(onsets_)]
    heard = hear(midi(("", 0, notes), meter=meter), "song.mid")
    layout = LAYOUTS[heard.theme.metre]
    quarter_ticks = 16 if meter[1] == 8 else 24
    places = [layout.ticks * bar + note.onset_tick for bar, notes in enumerate(heard.theme.bars) for note in notes]
    assert heard.theme.metre == ours
    assert [place / quarter_ticks for place in places] == pytest.approx(onsets_)
    assert set(onsets(heard.theme)) <= set(STEP_TICKS[: n_steps(layout.beats)])
    assert [pitch % 12 for pitch in pitches(heard.theme)] == [pitch % 12 for pitch in TUNE]
    assert f"in {meter[0]}/{meter[1]}, C major" in heard.sentence
    assert f"bars of {ours}" in heard.sentence


def test_a_waltz_with_an_upbeat_keeps_its_bar_lines() -> None:
    notes = [(0.0, 1.0, 67), *tune(begins=1.0)]
    heard = hear(with_meters(midi(("", 0, notes), meter=None), (0, 1, 4), (1, 3, 4)), "song.mid")
    assert [[note.onset_tick for note in bar] for bar in heard.theme.bars[:3]] == [[48], [0, 24, 48], [0, 24, 48]]
    assert "an upbeat of 1 quarter" in heard.sentence


@pytest.mark.parametrize("meter", [None, (4, 4), (2, 4), (2, 2), (8, 8)])
def test_meters_that_fill_four_quarters_are_taken(meter: tuple[int, int] | None) -> None:
    assert theme_of(midi(("", 0, tune()), meter=meter), "song.mid").bars


def test_what_follows_a_change_of_meter_is_left_out() -> None:
    file = mido.MidiFile(file=io.BytesIO(midi(("", 0, tune(TUNE * 2)))))
    file.tracks[0].insert(1, mido.MetaMessage("time_signature", numerator=7, denominator=8, time=8 * 480))
    out = io.BytesIO()
    file.save(file=out)
    assert len(theme_of(out.getvalue(), "song.mid").bars) == 2


def with_meters(data: bytes, *meters: tuple[float, int, int]) -> bytes:
    """The file with meters as (beat, numerator, denominator)."""
    file = mido.MidiFile(file=io.BytesIO(data))
    last = 0.0
    for beat, numerator, denominator in meters:
        sign = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)
        file.tracks[0].append(sign.copy(time=round(480 * (beat - last))))
        last = beat
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


@pytest.mark.parametrize(("beats", "meter"), [(1.0, (1, 4)), (0.5, (1, 8)), (1.5, (3, 8)), (2.0, (2, 4))])
def test_an_upbeat_leaves_the_bar_lines_where_they_are(beats: float, meter: tuple[int, int]) -> None:
    upbeat = [(0.0, beats, 67)]
    data = midi(("", 0, [*upbeat, *tune(begins=beats)]), meter=None)
    heard = hear(with_meters(data, (0, *meter), (beats, 4, 4)), "song.mid")
    whole = theme_of(midi(("", 0, tune())), "song.mid")
    assert [note.onset_tick for note in heard.theme.bars[0]] == [round(96 - 24 * beats)]
    assert pitches(heard.theme)[1:] == pitches(whole)
    assert heard.theme.bars[1:] == whole.bars
    assert f"an upbeat of {beats:g}" in heard.sentence


def test_one_odd_bar_cuts_nothing_and_is_said() -> None:
    notes = [*tune(TUNE[:8]), *tune(TUNE[8:12], begins=8.0), (12.0, 1.0, 72), *tune(TUNE[12:] * 4, begins=13.0)]
    data = with_meters(midi(("", 0, notes), meter=None), (0, 4, 4), (8, 5, 4), (13, 4, 4))
    heard = hear(data, "song.mid")
    assert len(heard.theme.bars) == 7
    assert pitches(heard.theme)[12:16] == pitches(heard.theme)[-4:]
    assert "the end of a bar of 5 quarters" in heard.sentence


def test_many_odd_bars_are_said_once() -> None:
    meters = [(9 * number + beat, numerator, 4) for number in range(20) for beat, numerator in ((0, 4), (4, 5))]
    data = with_meters(midi(("", 0, tune(TUNE * 11)), meter=None), *meters)
    assert hear(data, "song.mid").sentence.endswith("; the end of 20 bars of 5 quarters.")


def test_what_was_understood_is_said_in_one_line() -> None:
    sentence = hear(midi(("Backing", 1, tune([50] * 8)), ("Voice", 0, tune(TUNE * 20, up=2))), "song.mid").sentence
    assert sentence == (
        "song.mid: took 128 notes of the melody on track 3 (Voice), in 4/4, D major, 120 bpm; "
        "they make 32 bars of 4/4. "
        "Passed over: 192 notes behind its first 32 bars."
    )


def test_a_change_of_meter_is_said() -> None:
    heard = hear(with_meters(midi(("", 0, tune(TUNE * 2))), (8, 7, 8)), "song.mid")
    assert len(heard.theme.bars) == 2
    assert "bars of 7/8" in heard.sentence


def chunk(body: bytes, division: int = 480, kind: int = 1, tracks: int = 1) -> bytes:
    head = b"MThd" + struct.pack(">LHHH", 6, kind, tracks, division)
    return head + b"MTrk" + struct.pack(">L", len(body)) + body


NOTES = b"\x00\x90\x3c\x40\x10\x3c\x00" * 8 + b"\x00\xff\x2f\x00"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not a MIDI"),
        (b"\x00" * 5000, "not a MIDI"),
        (bytes(5000) + midi(("", 0, tune())), "not a MIDI"),
        (b"MThd", "broken"),
        (midi(("", 0, tune()))[:14], "broken"),
        (midi(("", 0, tune()))[:60], "no melody"),
        (midi(), "no melody"),
        (chunk(NOTES, division=0), "no length"),
        (chunk(NOTES, division=0xE728), "film frames"),
        (chunk(NOTES, kind=2), "type 2"),
        (chunk(NOTES, kind=9), "type 9"),
        (chunk(b"\x00\xff\x51\xff\xff\xff\x7f"), "no melody"),
        (chunk(b"\x00\xf0\x8f\xff\xff\x7f"), "no melody"),
        (chunk(b"\x00\x3c\x40" + NOTES), "no melody"),
        (chunk(b"\xff" * 100_000 + b"\x00" + NOTES), "no melody"),
        (chunk(b"\xff\xff\xff\x7f\x90\x3c\x40\x10\x3c\x00" * 8), "lasts longer"),
        (b"MThd" + bytes(BYTES_MAX), "larger"),
    ],
)
def test_what_is_no_song_is_refused_in_words(data: bytes, word: str) -> None:
    assert word in wrong(data)


def test_a_piece_that_lasts_for_days_is_refused() -> None:
    days = [(1e5 * index, 1.0, pitch) for index, pitch in enumerate(TUNE)]
    assert "bars" in wrong(midi(("", 0, days)))


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\x90\x3c\x40" + b"\x01\x3c\x00" * ((BYTES_MAX - 100) // 3),
        b"\x00\xc0\x01" + b"\x00\x01" * ((BYTES_MAX - 100) // 2),
        b"\x00\xff\x01\x00" * ((BYTES_MAX - 100) // 4),
        b"\x00\x90\x3c\x40" + b"".join(b"\x00" + bytes([pitch % 128]) + b"\x40" for pitch in range(87_000)),
    ],
)
def test_the_worst_file_of_the_size_allowed_costs_little(body: bytes) -> None:
    began = time.process_time()
    answer(chunk(body))
    assert time.process_time() - began < 4.0
    tracemalloc.start()
    answer(chunk(body))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6


def answer(data: bytes) -> Theme | str:
    try:
        return theme_of(data, "song.mid")
    except RecordingError as error:
        assert error.sentence.startswith("song.mid ")
        return error.sentence


@given(st.binary(max_size=400))
def test_any_bytes_at_all_give_a_sentence(data: bytes) -> None:
    assert isinstance(answer(data), str)
    answer(b"MThd" + data)
    answer(chunk(data))


SONG = midi(("Melody", 0, tune(TUNE * 2)), ("Bass", 1, tune([40] * 8, length=2.0)), ("Drums", 9, tune([36] * 8)))


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(SONG) - 1), st.integers(0, 255)), max_size=12), st.integers(0, 40))
def test_a_song_with_wrong_bytes_is_a_theme_or_a_sentence(changes: list[tuple[int, int]], missing: int) -> None:
    data = bytearray(SONG)
    for place, value in changes:
        data[place] = value
    check(answer(bytes(data[: len(data) - missing])))


def check(found: Theme | str) -> None:
    if isinstance(found, Theme):
        assert 1 <= len(found.bars) <= THEME_BARS
        assert set(onsets(found)) <= set(STEP_TICKS)
        assert all(0 <= pitch <= 127 for pitch in pitches(found))


def test_real_songs_with_wrong_bytes_are_themes_or_sentences(data_dir: Path) -> None:
    songs = sorted((data_dir / "open" / "music_pop909").glob("*.mid"))[:6]
    rng = random.Random(1)
    for song in songs:
        whole = song.read_bytes()
        found = answer(whole)
        assert isinstance(found, Theme)
        for _ in range(20):
            data = bytearray(whole)
            for _ in range(rng.choice([1, 3, 30])):
                data[rng.randrange(len(data))] = rng.randrange(256)
            check(answer(bytes(data)))


def test_a_tempo_of_nothing_is_the_usual_one() -> None:
    assert "120 bpm" in hear(chunk(b"\x00\xff\x51\x03\x00\x00\x00" + NOTES, kind=0), "a.mid").sentence
