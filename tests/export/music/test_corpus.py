"""Reading both corpora: metre, beats, key."""

import itertools
from pathlib import Path

import pytest

from export.music.corpus import Song, held_out, read_lieder, read_pop909
from tests.export.music.songs import write_lied, write_pop909

MANIFEST = "dataset,file,composer\n"


def lied(tmp_path: Path, **score: object) -> Song:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(MANIFEST, "utf-8")
    write_lied(tmp_path / "a.mid", **score)
    return next(read_lieder(tmp_path, manifest))


@pytest.mark.parametrize("tonic", range(60, 72))
def test_every_key_comes_home_to_c(tmp_path: Path, tonic: int) -> None:
    song = lied(tmp_path, tonic=tonic)
    melody = [note.pitch for note in song.notes if note.part == "melody"]
    assert melody[0] % 12 == 0
    assert abs(melody[0] - tonic) <= 6
    assert set(song.modes) == {"major"}


@pytest.mark.parametrize(
    ("meter", "beats", "count"), [((4, 4), 4, 12), ((3, 4), 3, 16), ((2, 4), 4, 12), ((6, 8), 4, 8), ((2, 2), 4, 12)]
)
def test_metres_become_bars_of_three_or_four_beats(
    tmp_path: Path, meter: tuple[int, int], beats: int, count: int
) -> None:
    song = lied(tmp_path, meter=meter)
    assert {measure.beats for measure in song.measures} == {beats}
    assert len(song.measures) == count


def test_a_metre_that_is_not_ours_is_left_out(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(MANIFEST, "utf-8")
    write_lied(tmp_path / "a.mid", meter=(5, 8))
    assert list(read_lieder(tmp_path, manifest)) == []


def test_pop_songs_lie_on_their_annotated_beats(tmp_path: Path) -> None:
    write_pop909(tmp_path, "001")
    (song,) = read_pop909(tmp_path, tmp_path)
    assert len(song.measures) == 12
    assert all(measure.tempo_bpm == pytest.approx(120) for measure in song.measures)
    melody = [note for note in song.notes if note.part == "melody"]
    assert [note.start for note in melody[:4]] == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert melody[0].pitch % 12 == 0


def test_a_composer_is_wholly_in_or_out() -> None:
    assert held_out("Schubert") == held_out("Schubert")
    share = sum(held_out(str(number)) for number in range(2000)) / 2000
    assert 0.03 < share < 0.10


def test_real_songs_lie_in_the_key_they_are_brought_to(data_dir: Path) -> None:
    folder = data_dir / "open"
    songs = itertools.islice(read_pop909(folder / "music_pop909", folder / "music_pop909_annotations"), 12)
    shares = []
    for song in songs:
        melody = [note.pitch % 12 for note in song.notes if note.part == "melody"]
        shares.append(sum(pitch_class in {0, 2, 4, 5, 7, 9, 11} for pitch_class in melody) / len(melody))
        assert len(song.measures) > 30
    assert sorted(shares)[3] > 0.9
