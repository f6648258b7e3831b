"""What people write for the box: device.toml, prescription.toml, plans and paths, mistyped, torn and hostile."""

from __future__ import annotations

import random
from pathlib import Path

from device.commands.plans import plan_session, read_plan
from device.commands.prescriptions import load_prescription, remarks_on
from device.config import DeviceConfig, Prescription, load
from device.control.plan.journey import BYTES_MAX, journey_of
from device.control.plan.session_plan import State, plan_for
from device.files.toml_text import read_text
from hardware.fuzz.mutations import mutate

DEVICE = """[sources.head]
type = "cyton"
port = "/dev/ttyUSB0"
[audio]
sink = "wav"
sfreq_hz = 48000
ceiling_dbtp = -1.0
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
PLAN = """name = "Evening"
order = "iso"
[goal]
arousal = -0.7
arousal_side = "at most"
zone = 0.15
[limits]
tempo_max_bpm = 90
[[phase]]
kind = "baseline"
[[phase]]
kind = "match"
minutes = 3
[[phase]]
kind = "shift"
share = 3
points = [{ at = 0.4, valence = 0.0, arousal = 0.2 }, { at = 1.0, valence = 0.4, arousal = -0.7 }]
[[phase]]
kind = "hold"
minutes = 1
silent = true
[[phase]]
kind = "cool-down"
minutes = 2
"""
PATH_CSV = "time_s,valence,arousal\n0,0.5,0.8\n30,0.1,0.0\n60,-0.5,-1\n"
PATH_TOML = "[[point]]\nbar = 0\nvalence = 0.5\narousal = 0.8\n[[point]]\nbar = 16\nvalence = 0.1\narousal = 0\n"
FILES = {
    "device.toml": DEVICE,
    "prescription.toml": PRESCRIPTION,
    "plan.toml": PLAN,
    "way.csv": PATH_CSV,
    "way.toml": PATH_TOML,
}
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
        elif name == "plan.toml":
            _play(path, rng)
        else:
            journey = journey_of(read_text(path, BYTES_MAX), name)
            journey.at(rng.randrange(10_000), rng.random() * 90_000)


def _play(path: Path, rng: random.Random) -> None:
    """Bring a plan under the usual prescription, and go through it from anywhere."""
    written = read_plan(path, Prescription(), None)
    prescription, minutes = plan_session(written, Prescription(), rng.choice((None, 0.3, 20.0)), 20.0, 60.0)
    plan = plan_for(prescription, minutes, 60.0)
    for share in (0.0, rng.random(), 1.0):
        setpoint = plan.at(share * plan.length_s, State(rng.uniform(-1, 1), rng.uniform(-1, 1))).setpoint
        if not all(-1 <= float(value) <= 1 for value in setpoint):
            raise AssertionError(f"a target of {setpoint}")


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
