"""The melodies that a prescription names: read once, before the session or the piece begins."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from device.config import Preference, Prescription, Theme
from device.errors import ConfigError, RecordingError
from device.music.midi_reader import BYTES_MAX
from device.music.theme import theme_of

N_PROGRAMS = 128
WITHOUT_MELODY = "The music goes on without this melody."


def refuse_silence(prescription: Prescription) -> None:
    """What forbids every instrument is a mistake, and the guard would keep to it.

    Raises:
        ConfigError: it does.
    """
    if len(set(prescription.never_programs)) == N_PROGRAMS:
        raise ConfigError("The prescription's never_programs leaves no instrument to play on.", "Allow one at least.")


def read_theme(path: Path) -> Theme:
    """The melody of a MIDI file.

    Raises:
        RecordingError: no file that can be read, or `theme_of` refuses what is in it.
    """
    return theme_of(read_song(path), path.name)


def read_song(path: Path) -> bytes:
    """What a MIDI file holds, as far as `theme_of` looks at it.

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


def read_themes(preference: Preference) -> tuple[Theme | None, tuple[Theme, ...], tuple[str, ...]]:
    """The melody to take up, those that may never sound, and a sentence for each file that cannot be read.

    A session is not stopped by such a file.
    """
    liked, remarks = _read_all(filter(None, [preference.seed_melody]), WITHOUT_MELODY)
    never, more = _read_all(preference.never_melodies, "This melody cannot be kept out.")
    return (liked[0] if liked else None), never, (*remarks, *more)


def _read_all(names: Iterable[str], effect: str) -> tuple[tuple[Theme, ...], list[str]]:
    themes: list[Theme] = []
    sentences: list[str] = []
    for name in names:
        try:
            themes.append(read_theme(Path(name)))
        except RecordingError as error:
            sentences.append(f"{error.sentence} {effect} {error.action}")
    return tuple(themes), sentences
