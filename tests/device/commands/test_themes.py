import os
from pathlib import Path

import pytest

from device.commands.themes import read_theme, read_themes
from device.config import Preference
from device.errors import RecordingError


def test_a_melody_that_cannot_be_read_is_told_and_does_not_stop_the_session(tmp_path: Path) -> None:
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    preference = Preference(
        seed_melody=str(tmp_path / "none.mid"), never_melodies=(str(tmp_path / "broken.mid"), "~nobody-here/x.mid")
    )
    theme, never, (first, second, third) = read_themes(preference)
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
        read_theme(tmp_path / name)
    assert caught.value.action
