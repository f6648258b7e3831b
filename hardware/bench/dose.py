"""`python -m hardware.bench.dose --hours 40`: an integration that shares no code with the box's says the same dose.

Noises of several colours, tones, composed music and silence, soft and loud, go as 16-bit sound through the hearing
guard, an hour a session. Beside it each stretch of 11 s is weighted and added up in float64: the poles of IEC 61672-1
through `scipy.signal`, one transform of the whole stretch, no windows that overlap.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft, signal
from scipy.io import wavfile

from device.audio.safety.hearing import HearingGuard
from device.commands.piece import Sound, Studio, Wish
from device.config import DeviceConfig, HeadphonesConfig, SessionConfig
from device.console.printing import say, say_json
from hardware.bench.figures import Figure
from hardware.bench.intents import config_of, standing
from hardware.simulation.workers import Workers, each

HOURS, QUICK_HOURS = 40.0, 0.5
ALLOWED_DB = 0.3
SFREQ_HZ = 48_000
STRETCH_FRAMES = 2**19
BLOCKS_FRAMES = (2**12, 2**16)
"""The guard is given blocks of any length between these."""
SENSITIVITY_DB_V, FULL_SCALE_V = 103.0, 1.0
COLOURS = {"white": 0.0, "pink": -0.5, "brown": -1.0, "blue": 0.5}
"""Slope of the amplitude over frequency."""
KINDS = (*COLOURS, "tone", "music", "silence")
LEVELS_DBFS = (-60.0, -3.0)
EARS_DB = 6.0
"""Each ear is softer by up to so much, so that they differ."""
MUSIC_BARS = 20
Wave = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


class Hour(NamedTuple):
    """One session of the week."""

    seed: int
    number: int
    n_stretches: int
    music: Path
    """A WAV file that is looped."""


class Heard(NamedTuple):
    """A session's exposure in Pa2h: as the box counts it, and each ear's as the other integration does."""

    box_pa2h: float
    left_pa2h: float
    right_pa2h: float

    @property
    def apart_db(self) -> float:
        return 10.0 * math.log10(self.box_pa2h / max(self.left_pa2h, self.right_pa2h))


def compose(path: Path, seed: int) -> None:
    """A minute of music as the box plays it."""
    config = config_of(seed)
    with closing(Sound(config, path)) as sound:
        Studio(config, Wish(standing(0.4, 0.2), MUSIC_BARS), sound, lambda _: None).compose()


def hear(hour: Hour) -> Heard:
    """Have a session heard by both."""
    headphones = HeadphonesConfig(sensitivity_db_v=SENSITIVITY_DB_V, full_scale_v=FULL_SCALE_V)
    guard = HearingGuard(
        SessionConfig(session_id="bench", run_dir="", session_dir="", models_dir="", minutes=60.0,
                      device=DeviceConfig(headphones=headphones))
    )  # fmt: skip
    rng = np.random.default_rng([hour.seed, hour.number])
    weights, ears_pa2h = _weights_pa2h(), np.zeros(2)
    for pcm in stretches(hour, rng):
        for block in _blocks(pcm, rng):
            guard.hear(0, block.tobytes())
        spectrum = fft.rfft(pcm / 32768.0, axis=0)
        ears_pa2h += weights @ (np.square(spectrum.real) + np.square(spectrum.imag))
    return Heard(guard.session_pa2h, *ears_pa2h.tolist())


def stretches(hour: Hour, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int16]]:
    """What sounds, a stretch at a time, shape (`STRETCH_FRAMES`, 2)."""
    sources = {name: _noise(rng, slope) for name, slope in COLOURS.items()} | {"music": _music(hour.music)}
    for _ in range(hour.n_stretches):
        kind = str(rng.choice(KINDS))
        if kind == "silence":
            yield np.zeros((STRETCH_FRAMES, 2), np.int16)
            continue
        level = 10.0 ** (rng.uniform(*LEVELS_DBFS) / 20.0)
        ears = level * 10.0 ** (-rng.uniform(0.0, EARS_DB, 2) / 20.0)
        wave = _tone(rng) if kind == "tone" else np.roll(sources[kind], int(rng.integers(STRETCH_FRAMES)), axis=0)
        yield np.clip(wave * (32767.0 * ears).astype(np.float32), -32768, 32767).round().astype(np.int16)


def _noise(rng: np.random.Generator, slope: float) -> Wave:
    """A stretch of noise whose mean square is 1."""
    spectrum = fft.rfft(rng.standard_normal((STRETCH_FRAMES, 2)), axis=0)
    frequency_hz = np.maximum(fft.rfftfreq(STRETCH_FRAMES, 1.0 / SFREQ_HZ), 10.0)
    wave = fft.irfft(spectrum * frequency_hz[:, None] ** slope, axis=0)
    return np.asarray(wave / wave.std(), np.float32)


def _tone(rng: np.random.Generator) -> Wave:
    """A sine anywhere from 20 Hz to 20 kHz."""
    turns_per_frame = 20.0 * 1000.0 ** rng.random() / SFREQ_HZ
    wave = math.sqrt(2.0) * np.sin(2.0 * np.pi * turns_per_frame * np.arange(STRETCH_FRAMES))
    return np.repeat(wave.astype(np.float32)[:, None], 2, axis=1)


def _music(path: Path) -> Wave:
    """A stretch of a WAV file, begun anew where it ends, at a mean square of 1."""
    _, pcm = wavfile.read(path)
    wave = np.resize(pcm, (STRETCH_FRAMES, 2)).astype(np.float32)
    return np.asarray(wave / wave.std(), np.float32)


def _blocks(pcm: npt.NDArray[np.int16], rng: np.random.Generator) -> Iterator[npt.NDArray[np.int16]]:
    first = 0
    while first < len(pcm):
        n_frames = int(rng.integers(*BLOCKS_FRAMES))
        yield pcm[first : first + n_frames]
        first += n_frames


def _weights_pa2h() -> Floats:
    """What a stretch's squared spectrum weighs in Pa2h."""
    f1, f2, f3, f4 = (-2.0 * np.pi * hz for hz in (20.598997, 107.65265, 737.86223, 12194.217))
    poles, corner = [f1, f1, f2, f3, f4, f4], f4**2 * 10.0 ** (1.9997 / 20.0)
    frequency_hz = fft.rfftfreq(STRETCH_FRAMES, 1.0 / SFREQ_HZ)
    _, response = signal.freqs_zpk([0.0] * 4, poles, corner, worN=2.0 * np.pi * frequency_hz)
    pascal = 20e-6 * 10.0 ** (SENSITIVITY_DB_V / 20.0) * FULL_SCALE_V * math.sqrt(2.0)
    weights = np.square(np.abs(response) * pascal) / (STRETCH_FRAMES * SFREQ_HZ * 3600.0)
    weights[1:-1] *= 2.0
    return np.asarray(weights, np.float64)


def hear_all(hours: float, seed: int, workers: Workers) -> Iterator[Heard]:
    """Session by session, until `hours` were heard."""
    left = math.ceil(hours * 3600.0 * SFREQ_HZ / STRETCH_FRAMES)
    per_hour = math.ceil(3600.0 * SFREQ_HZ / STRETCH_FRAMES)
    with tempfile.TemporaryDirectory() as folder:
        music = Path(folder) / "music.wav"
        compose(music, seed)
        firsts = range(0, left, per_hour)
        week = [Hour(seed, index, min(per_hour, left - first), music) for index, first in enumerate(firsts)]
        yield from each(hear, week, workers)


def measure(progress: Callable[[str], None], *, quick: bool) -> list[Figure]:
    """How far the box's dose is from the other integration: of all, and of the worst session."""
    hours, sessions = QUICK_HOURS if quick else HOURS, []
    for heard in hear_all(hours, 0, Workers()):
        sessions.append(heard)
        progress(f"dose, session {len(sessions)} of {math.ceil(hours)}: {heard.apart_db:+.4f} dB")
    worst_db = max(abs(heard.apart_db) for heard in sessions)
    note = f"{hours:g} h accelerated"
    return [
        Figure("dose, from a float64 integration", abs(whole(sessions).apart_db), ALLOWED_DB, "at most", "dB", note),
        Figure("dose of the worst session", worst_db, ALLOWED_DB, "at most", "dB", note),
    ]


def whole(sessions: Sequence[Heard]) -> Heard:
    """All sessions as one."""
    return Heard(*(sum(column) for column in zip(*sessions, strict=True)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.dose", description=__doc__)
    parser.add_argument("--hours", type=float, default=HOURS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    began_s, sessions = time.monotonic(), []
    for heard in hear_all(asked.hours, asked.seed, Workers(asked.jobs)):
        sessions.append(heard)
        say(f"session {len(sessions)}: {heard.box_pa2h:.6g} Pa2h, {heard.apart_db:+.5f} dB", err=True)
    total = whole(sessions)
    apart_db = [heard.apart_db for heard in sessions]
    report: dict[str, Any] = {
        "hours": asked.hours,
        "apart_db": round(total.apart_db, 5),
        "worst_session_db": round(max(*apart_db, -min(apart_db)), 5),
        "box_pa2h": total.box_pa2h,
        "integrated_pa2h": max(total.left_pa2h, total.right_pa2h),
        "seconds": round(time.monotonic() - began_s, 1),
    }
    if asked.as_json:
        say_json(report)
    else:
        for name, value in report.items():
            say(f"{name:16} {value}")
    return int(abs(total.apart_db) > ALLOWED_DB)


if __name__ == "__main__":
    raise SystemExit(main())
