"""The melodies that a prescription names: read once, before the session or the piece begins."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from device.config import Preference, Theme
from device.errors import RecordingError
from device.music.likeness import is_one_of
from device.music.midi_reader import BYTES_MAX
from device.music.theme import Heard, hear

WITHOUT_MELODY = "The music goes on without this melody."
NOT_KEPT_OUT = "This melody cannot be kept out."


class Themes(NamedTuple):
    liked: Theme | None
    never: tuple[Theme, ...]
    remarks: tuple[str, ...]
    """What cannot be read or had, a sentence each."""
    heard: tuple[str, ...]
    """What was understood of each file that was read."""


def read_song(path: Path) -> bytes:
    """What a MIDI file holds, as far as `hear` looks at it.

    Raises:
        RecordingError: no file that can be read.
    """
    try:
        path = path.expanduser()
        if not path.is_file():
            raise RecordingError(f"{path} is no file.", "Give an existing MIDI file.")
        with path.open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: `~` of a user without a home
        raise RecordingError(f"{path} cannot be read: {error}.", "Give a MIDI file that can be read.") from error


def read_themes(preference: Preference, wished: Path | None = None) -> Themes:
    """The melody to take up, which may be `wished` in the prescribed one's place, and those that may never sound.

    A file that holds no melody stops nothing, and what is forbidden is not taken up, whoever likes it.

    Raises:
        RecordingError: there is no file `wished`, or it cannot be read.
    """
    if wished is not None:
        read_song(wished)
    remarks: list[str] = []
    unread: list[str] = []
    never = _read_all(preference.never_melodies, NOT_KEPT_OUT, unread)
    forbidden = tuple(heard.theme for heard in never)
    liked: Heard | None = None
    for name in filter(None, [str(wished or ""), preference.seed_melody]):
        for heard in _read_all([name], WITHOUT_MELODY, remarks) if liked is None else ():
            if is_one_of(heard.theme, forbidden):
                remarks.append(f"The prescription forbids the melody of {Path(name).name}. {WITHOUT_MELODY}")
            else:
                liked = heard
    if liked and preference.metre not in ("any", liked.theme.metre):
        remarks.append(f"The melody is in {liked.theme.metre}, and so is the music, not in {preference.metre}.")
    told = tuple(heard.sentence for heard in ([liked] if liked else []))
    banned = tuple(f"Never to be heard: {heard.sentence}" for heard in never)
    return Themes(liked.theme if liked else None, forbidden, (*remarks, *unread), told + banned)


def _read_all(names: Iterable[str], effect: str, remarks: list[str]) -> list[Heard]:
    found: list[Heard] = []
    for name in names:
        try:
            found.append(hear(read_song(Path(name)), Path(name).name))
        except RecordingError as error:
            remarks.append(f"{error.sentence} {effect} {error.action}")
    return found
