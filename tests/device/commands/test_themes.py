import os
from pathlib import Path

import pytest

from device.commands.themes import read_song, read_themes
from device.config import Preference
from device.errors import RecordingError
from tests.device.music.midi_files import midi, tune


def test_a_melody_that_cannot_be_read_is_told_and_does_not_stop_the_session(tmp_path: Path) -> None:
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    preference = Preference(
        seed_melody=str(tmp_path / "none.mid"), never_melodies=(str(tmp_path / "broken.mid"), "~nobody-here/x.mid")
    )
    theme, never, (first, second, third), _ = read_themes(preference)
    assert (theme, never) == (None, ())
    assert "none.mid" in first
    assert "goes on without this melody" in first
    assert "broken.mid" in second
    assert "cannot be kept out" in second
    assert "nobody-here" in third


@pytest.mark.parametrize("name", [".", "none.mid", "pipe", "\0"])
def test_what_is_no_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordingError) as caught:
        read_song(tmp_path / name)
    assert caught.value.action


def write(path: Path, *words: object) -> str:
    path.write_bytes(midi(*words))  # type: ignore[arg-type]
    return str(path)


def test_what_is_forbidden_is_not_taken_up_whoever_likes_it(tmp_path: Path) -> None:
    liked = write(tmp_path / "liked.mid", ("melody", 0, tune(up=5, length=0.5)))
    forbidden = write(tmp_path / "forbidden.mid", ("Voice", 0, tune()))
    other = write(tmp_path / "other.mid", ("", 0, tune((60, 67, 62, 69, 64, 71, 65, 60) * 2)))
    banned = Preference(seed_melody=liked, never_melodies=(forbidden,))
    themes = read_themes(banned)
    assert themes.liked is None
    assert themes.remarks == (
        "The prescription forbids the melody of liked.mid. The music goes on without this melody.",
    )
    assert read_themes(Preference(never_melodies=(forbidden,)), Path(liked)).liked is None
    assert read_themes(Preference(seed_melody=other, never_melodies=(forbidden,)), Path(liked)).liked is not None
    assert not read_themes(Preference(seed_melody=other, never_melodies=(forbidden,))).remarks


def test_what_was_understood_is_told_for_each_file(tmp_path: Path) -> None:
    liked = write(tmp_path / "liked.mid", ("melody", 0, tune()))
    other = write(tmp_path / "other.mid", ("", 0, tune((60, 67, 62, 69, 64, 71, 65, 60) * 2)))
    first, second = read_themes(Preference(seed_melody=liked, never_melodies=(other,))).heard
    assert first.startswith("liked.mid: took 16 notes of the melody on track 2 (melody)")
    assert second.startswith("Never to be heard: other.mid: took 16 notes")
