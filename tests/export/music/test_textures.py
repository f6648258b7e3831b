"""Songs on the grid, and the calm ones made from them."""

from pathlib import Path

import pytest

from device.messages import Note
from device.music.grammar import decode_bar
from device.music.tokens import encode_notes
from export.music.corpus import Song, read_lieder, read_pop909
from export.music.textures import quantise, textures, thin
from tests.export.music.songs import write_lied, write_pop909


@pytest.fixture
def song(tmp_path: Path) -> Song:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("dataset,file,composer\n", "utf-8")
    write_lied(tmp_path / "a.mid")
    return next(read_lieder(tmp_path, manifest))


def voices(bar: list[Note]) -> set[str]:
    return {note.voice for note in bar}


def test_what_was_written_is_what_is_read(song: Song) -> None:
    first = quantise(song)[0]
    melody = [note for note in first if note.voice == "melody"]
    assert [(note.onset_tick, note.duration_tick) for note in melody] == [(0, 24), (24, 24), (48, 24), (72, 24)]
    assert [note.pitch % 12 for note in melody] == [0, 2, 4, 5]
    assert [note.duration_tick for note in first if note.voice == "bass"] == [96]
    assert sum(note.voice == "inner" for note in first) == 3


def test_the_three_textures_keep_the_melody(song: Song) -> None:
    written, thinned, calm = textures(song)
    for one, two, three in zip(written, thinned, calm, strict=True):
        tunes = [{note for note in bar if note.voice == "melody"} for bar in (one, two, three)]
        assert tunes[0] == tunes[1] == tunes[2]
        assert len(two) <= len(one)
        assert voices(three) == {"melody", "bass", "pad"}


def test_thinning_keeps_one_accompanying_note_a_beat() -> None:
    chord = [Note(24, 12, pitch, 60, "inner") for pitch in (60, 64, 67)] + [Note(30, 6, 69, 60, "inner")]
    assert thin(chord) == [Note(24, 24, 67, 60, "inner")]


def test_every_bar_of_every_texture_is_valid(tmp_path: Path) -> None:
    write_pop909(tmp_path, "001")
    (song,) = read_pop909(tmp_path, tmp_path)
    for texture in textures(song):
        for notes, measure in zip(texture, song.measures, strict=True):
            decode_bar(encode_notes(notes, measure.beats), measure.beats)


@pytest.mark.parametrize("late", [-0.03, 0.0, 0.03])
def test_playing_a_little_off_the_beat_is_put_on_it(song: Song, late: float) -> None:
    moved = song._replace(notes=tuple(note._replace(start=max(0.0, note.start + late)) for note in song.notes))
    assert quantise(moved) == quantise(song)
