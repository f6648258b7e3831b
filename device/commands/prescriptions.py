"""Reads what a therapist prescribed and looks at it as a whole: what cannot be played is refused where it stands.

Where something else takes the place of what was wished, that is said; what is forbidden never sounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from device.config import Limits, Preference, Prescription, load
from device.errors import ConfigError
from device.files.toml_text import find_line, read_text
from device.messages import Mode
from device.music.instruments import NAMES
from device.music.keys import allowed_mode, key_of
from device.music.playing import programs_of

N_KEYS = 24
N_MELODIC = 112
"""The instruments of General MIDI behind these are drums and noises."""
HEARD_MIN, HEARD_MAX = 21, 108
"""The piano's range: beyond it instruments have no pitch that one hears."""
OCTAVE = 12
NARROW_BPM = 1.0
BAR_BEATS = 4
USUAL = Limits()


class Contradiction(NamedTuple):
    key: str
    """The key to mend, with its table."""
    sentence: str
    action: str


def load_prescription(path: Path | None) -> Prescription:
    """Read prescription.toml, or the prescription there is without one. Its files may be named from its own folder.

    Raises:
        ConfigError: it cannot be read or played, with file and line.
    """
    if path is None:
        return Prescription()
    prescription = load(path, Prescription)
    refuse_contradiction(prescription, path)
    preference = prescription.preference
    found: Preference = msgspec.structs.replace(
        preference,
        seed_melody=_beside(path, preference.seed_melody),
        never_melodies=tuple(_beside(path, name) for name in preference.never_melodies),
    )
    return msgspec.structs.replace(prescription, preference=found)


def _beside(path: Path, name: str) -> str:
    """The file of that name in the prescription's folder, if there is one."""
    try:
        beside = path.parent / name
        return str(beside) if name and not Path(name).is_absolute() and beside.is_file() else name
    except (OSError, ValueError):
        return name


def refuse_contradiction(prescription: Prescription, path: Path | None = None) -> None:
    """Refuse what leaves nothing to play, or what no music can follow.

    Raises:
        ConfigError: so it is, with the line of the file it came from.
    """
    for found in _contradictions(prescription):
        *tables, last = found.key.split(".")
        line = find_line(read_text(path), tables, last)[0] if path else 0
        place = f"{path}:{line}" if line else str(path or "The prescription")
        raise ConfigError(f"{place}: `{found.key}`: {found.sentence}.", found.action)


def _contradictions(prescription: Prescription) -> Iterator[Contradiction]:
    limits, never = prescription.limits, prescription.preference.never_keys
    yield from _swapped(limits, "tempo_min_bpm", "tempo_max_bpm")
    yield from _swapped(limits, "pitch_min", "pitch_max")
    if min(limits.pitch_max, HEARD_MAX) - max(limits.pitch_min, HEARD_MIN) < OCTAVE:
        sentence = (
            f"from {limits.pitch_min} to {limits.pitch_max} there is no octave between {HEARD_MIN} and {HEARD_MAX}"
        )
        key = "limits.pitch_min" if limits.pitch_min != USUAL.pitch_min else "limits.pitch_max"
        yield Contradiction(key, sentence, "Give melodies an octave at least.")
    if limits.density_max * limits.notes_per_beat_max * BAR_BEATS < 1.0:
        sentence = "with notes_per_beat_max it allows less than a note a bar"
        yield Contradiction("limits.density_max", sentence, "Raise one of them.")
    if len({key_of(name) for name in never}) == N_KEYS:
        yield Contradiction("preference.never_keys", "no key is left to play in", "Allow one at least.")
    if set(prescription.never_programs) >= set(range(N_MELODIC)):
        sentence = "it leaves no instrument to play on, drums and noises aside"
        yield Contradiction("never_programs", sentence, "Allow one at least.")


def _swapped(limits: Limits, low: str, high: str) -> Iterator[Contradiction]:
    """A least above a most; where the least was not given, the most is at fault."""
    least, most = getattr(limits, low), getattr(limits, high)
    if least <= most:
        return
    if least == getattr(USUAL, low):
        sentence = f"{most:g} is below {low}, which is {least:g} where it is not given"
        yield Contradiction(f"limits.{high}", sentence, f"Raise it, or give {low} too.")
    elif most == getattr(USUAL, high):
        sentence = f"{least:g} is above {high}, which is {most:g} where it is not given"
        yield Contradiction(f"limits.{low}", sentence, f"Lower it, or give {high} too.")
    else:
        yield Contradiction(f"limits.{low}", f"{least:g} is above {high}, which is {most:g}", "Swap them.")


def remarks_on(prescription: Prescription) -> Iterator[str]:
    """Say what takes the place of something wished, and where a limit leaves hardly a choice."""
    programs: dict[str, int] = programs_of(prescription)
    for voice, wished in prescription.programs.items():
        if wished != programs[voice]:
            yield f"The prescription forbids {NAMES[wished]} for {voice}; {NAMES[programs[voice]]} plays instead."
    limits = prescription.limits
    if limits.tempo_max_bpm - limits.tempo_min_bpm < NARROW_BPM:
        yield f"The prescription holds the tempo at {limits.tempo_min_bpm:g} bpm."
    modes: tuple[Mode, ...] = ("major", "minor")
    for mode in modes:
        left = allowed_mode(mode, prescription.preference.never_keys)
        if left != mode:
            yield f"The prescription forbids all {mode} keys: the music stays in {left}."
