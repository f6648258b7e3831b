"""The tune is found by name and by how it moves, not by the first word that looks like it."""

from pathlib import Path

import pytest

from device.music.midi_reader import read_midi
from device.music.parts import find_tune, parts_of
from tests.device.music.midi_files import TUNE, Track, midi, tune

PAD = [(4.0 * bar, 4.0, pitch) for bar in range(4) for pitch in (60, 64, 67)]
CALLS = [(3.0 * index, 3.0, pitch) for index, pitch in enumerate((60, 65, 60, 65))]
BROKEN_CHORD = tune((48, 52, 55, 52) * 4)


def found(*tracks: Track) -> int:
    """The place of the tune among the tracks."""
    tune_ = find_tune(parts_of(read_midi(midi(*tracks), "song.mid")))
    assert tune_ is not None
    return tune_.track - 1


@pytest.mark.parametrize(
    "name",
    ["Backing Vocals", "Backing vox", "BV's", "B.Vox", "BGV", "Background Voices", "Choir", "Voice Oohs", "Choir Aahs",
     "Harmony vocal", "Voice 2", "Alto voice", "Second voice", "2. Stimme", "Lead pad", "Voice Pad", "Vocal strings",
     "Lead bass", "Missing", "Leader of the band", "Bkg Vox", "2nd Voice", "Gegenstimme", "Coro voz", "2ª voz",
     "Choeur (voix)"],
)  # fmt: skip
def test_what_only_sounds_like_a_melody_by_name_is_not_taken(name: str) -> None:
    for beside in (CALLS, PAD):
        assert found((name, 1, beside), ("Melody", 0, tune())) == 1
        assert found((name, 1, beside), ("", 0, tune())) == 1
        assert found((name, 1, beside), ("Piano RH", 0, tune())) == 1


@pytest.mark.parametrize(
    "name",
    ["Melody", "Vocals", "Lead Vocal", "Voice", "Singer", "Gesang", "Singstimme", "MELODIE", "Mélodie", "Voz", "Voix",
     "Voce", "Zang", "Sång", "Голос", "Мелодия", "主旋律", "ボーカル", "歌"],
)  # fmt: skip
def test_a_part_named_for_its_melody_is_taken_though_another_is_higher(name: str) -> None:
    assert found(("Flute", 1, tune(up=12)), (name, 0, tune())) == 1


def test_without_names_the_line_that_sings_is_taken() -> None:
    assert found(("", 0, BROKEN_CHORD), ("", 1, tune()), ("", 2, PAD)) == 1
    assert found(("", 0, PAD), ("", 1, tune([36, 43] * 8)), ("", 2, tune())) == 2


def test_channels_of_one_track_are_parts_of_their_own() -> None:
    file = read_midi(midi(("My voice", 0, PAD)), "song.mid")
    both = file.tracks[1].events + tuple(read_midi(midi(("", 5, tune())), "song.mid").tracks[1].events)
    parts = parts_of(file._replace(tracks=(file.tracks[1]._replace(events=both),)))
    assert [part.name for part in parts] == ["", ""]
    tune_ = find_tune(parts)
    assert tune_ is not None
    assert tune_.channel == 5


def test_drums_and_a_few_notes_are_no_tune() -> None:
    assert find_tune(parts_of(read_midi(midi(("Melody", 9, tune()), ("Lead", 0, tune(TUNE[:3]))), "song.mid"))) is None


def test_the_tunes_of_real_songs_are_found_without_their_names(data_dir: Path) -> None:
    songs = sorted((data_dir / "open" / "music_pop909").glob("*.mid"))[::20]
    hits = 0
    for song in songs:
        parts = parts_of(read_midi(song.read_bytes(), song.name))
        tune_ = find_tune([part._replace(name="") for part in parts])
        assert tune_ is not None
        hits += any(part.track == tune_.track and part.name == "MELODY" for part in parts)
    assert hits >= 0.85 * len(songs)
