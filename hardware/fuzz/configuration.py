"""What people write for the box: device.toml, prescription.toml and the path of a piece, mistyped, torn and hostile."""

from __future__ import annotations

import random
from pathlib import Path

from device.commands.prescriptions import load_prescription, remarks_on
from device.config import DeviceConfig, load
from device.control.journey import BYTES_MAX, journey_of
from device.files.toml_text import read_text
from hardware.fuzz.mutations import mutate

DEVICE = """[sources.head]
type = "cyton"
port = "/dev/ttyUSB0"
[audio]
sink = "wav"
sfreq_hz = 48000
ceiling_dbfs = -6.0
[affect]
baseline_s = 60.0
[session]
minutes = 20.0
"""
PRESCRIPTION = """goal_valence = 0.4
goal_arousal = -0.6
never_programs = [1, 2]
[limits]
tempo_min_bpm = 48.0
tempo_max_bpm = 120.0
density_max = 0.9
notes_per_beat_max = 8.0
pitch_min = 28
pitch_max = 96
[programs]
melody = 73
[preference]
never_keys = ["C minor", "F# major"]
never_melodies = ["song.mid"]
voices = ["melody", "bass"]
"""
PATH_CSV = "time_s,valence,arousal\n0,0.5,0.8\n30,0.1,0.0\n60,-0.5,-1\n"
PATH_TOML = "[[point]]\nbar = 0\nvalence = 0.5\narousal = 0.8\n[[point]]\nbar = 16\nvalence = 0.1\narousal = 0\n"
FILES = {"device.toml": DEVICE, "prescription.toml": PRESCRIPTION, "way.csv": PATH_CSV, "way.toml": PATH_TOML}
VALUES = (
    "inf", "-inf", "nan", "1e-300", "1e300", "-1", "0", "99999999999999999999", "9" * 5000, '""', '"x"', "true", "[]",
    "[[]]", "{}", "[1, 2]", "1979-05-27", "2000-13-41", '["C major"]', '"\\u0000"', '"~nobody/x"', "''", "",
)  # fmt: skip
HOSTILE = (
    lambda: ".".join("a" * 30_000) + " = 1",
    lambda: "\n".join(f"a{number}.b.c = 1" for number in range(4000)),
    lambda: "a = " + "[" * 5000 + "]" * 5000,
    lambda: "a = " + "{a=" * 5000 + "1" + "}" * 5000,
    lambda: "\n".join(f"[t{number}]" for number in range(5000)),
    lambda: "x" * 70_000,
    lambda: '"' * 60_000,
    lambda: " " * 60_000 + "=",
    lambda: "time_s,valence,arousal\n" + "0,0,0\n" * 20_000,
    lambda: "time_s,valence,arousal" + ",a" * 100_000 + "\n1,1,1\n",
    lambda: 'time_s,valence,arousal\n"' + "\n" * 200_000,
)


class Configuration:
    """One file of each name after the other, in one place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, rng: random.Random) -> None:
        name = rng.choice(sorted(FILES))
        path = self._folder / name
        path.write_bytes(_text(FILES[name], rng))
        if name == "device.toml":
            load(path, DeviceConfig)
        elif name == "prescription.toml":
            list(remarks_on(load_prescription(path)))
        else:
            journey = journey_of(read_text(path, BYTES_MAX), name)
            journey.at(rng.randrange(10_000), rng.random() * 90_000)


def _text(text: str, rng: random.Random) -> bytes:
    match rng.choice(("bytes", "value", "value", "lines", "hostile")):
        case "bytes":
            return mutate(text.encode(), rng)
        case "value":
            return _with_values(text, rng).encode()
        case "lines":
            lines = text.splitlines(keepends=True)
            rng.shuffle(lines)
            return "".join(lines[rng.randrange(3) :]).encode()
        case _:
            return (text * rng.randrange(2) + rng.choice(HOSTILE)()).encode()


def _with_values(text: str, rng: random.Random) -> str:
    """Some values in place of others."""
    mark = "," if "," in text.partition("\n")[0] else " = "
    lines = text.splitlines()
    for place in rng.sample(range(len(lines)), rng.choice((1, 1, 3))):
        key, found, _ = lines[place].rpartition(mark)
        lines[place] = f"{key}{mark}{rng.choice(VALUES)}" if found else lines[place]
    return "\n".join(lines)
