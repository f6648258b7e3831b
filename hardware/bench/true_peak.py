"""`python -m hardware.bench.true_peak`: nothing leaves the PCM guard above -1 dBTP, by a meter that is not its own.

Hostile sound goes in, bar by bar, with wild gains and blocks of any size; what comes out is read by
`scipy.signal.resample_poly`, eight times oversampled. `--proof` asks a linear programme for the sound that such a meter
reads highest beside the guard's own, among all sounds there are.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.signal import firwin, resample_poly

from device.audio.safety.pcm_guard import FULL_SCALE, PcmGuard
from device.audio.safety.true_peak import PHASES, TAPS
from device.config import AudioConfig, Limits
from device.console.printing import say, say_json
from hardware.simulation.workers import Workers, each

Wave = npt.NDArray[np.float64]
SFREQ_HZ = 48_000
BAR_FRAMES = 8192
BLOCKS = (64, 256, 1024)
OVERSAMPLED = 8
PROOF_FRAMES, PROOF_TAPS = 64, 20
BATCH = 500
EDGE_FRAMES = 64
"""Bars are read as the one stream that they are: a cut is an edge of the meter's, whose overshoot nobody hears."""


def square(rng: np.random.Generator) -> Wave:
    """A square wave of any frequency, up to one that changes its sign with every sample."""
    turns = 10 ** rng.uniform(-4, 0) * np.arange(BAR_FRAMES) + rng.uniform(0.01, 0.99)
    return np.asarray(np.sign(np.sin(np.pi * turns)))


def between_samples(rng: np.random.Generator) -> Wave:
    """A tone whose peaks fall between samples: a quarter of the sampling frequency at 45 degrees, and its like."""
    divisor, phase = rng.choice([3, 4, 5, 6, 8, 12]), rng.choice([math.pi / 4, rng.uniform(0, 7)])
    return np.asarray(np.sin(2 * np.pi * np.arange(BAR_FRAMES) / divisor + phase))


def turning(rng: np.random.Generator) -> Wave:
    """Alternating samples that turn their phase, which interpolation answers with its highest peaks."""
    signs = np.where(rng.random(BAR_FRAMES) < 10 ** rng.uniform(-3, -0.3), -1.0, 1.0)
    return np.asarray(np.cumprod(signs) * np.where(np.arange(BAR_FRAMES) % 2, 1.0, -1.0))


def impulses(rng: np.random.Generator) -> Wave:
    wave = np.zeros(BAR_FRAMES)
    wave[rng.integers(0, BAR_FRAMES, rng.integers(1, 30))] = rng.choice([-1.0, 1.0])
    return wave


def steps(rng: np.random.Generator) -> Wave:
    """Levels that change all at once, constant in between."""
    return np.repeat(rng.uniform(-1, 1, BAR_FRAMES // 256), 256)


def noise(rng: np.random.Generator) -> Wave:
    return np.asarray(rng.standard_normal(BAR_FRAMES))


def no_numbers(rng: np.random.Generator) -> Wave:
    """Noise in which samples are no numbers, or without end."""
    places = rng.random(BAR_FRAMES) < 0.02
    return np.where(places, rng.choice([np.nan, np.inf, -np.inf, 1e30, -3e38], BAR_FRAMES), noise(rng))


def burst(rng: np.random.Generator) -> Wave:
    """Something of the others, out of silence and into it again."""
    first, last = sorted(rng.integers(0, BAR_FRAMES, 2))
    others = (square, between_samples, turning, noise)
    wave = others[rng.integers(len(others))](rng)
    wave[:first] = wave[last:] = 0.0
    return wave


KINDS: tuple[Callable[[np.random.Generator], Wave], ...] = (
    square,
    between_samples,
    turning,
    impulses,
    steps,
    noise,
    no_numbers,
    burst,
)


class Batch(msgspec.Struct, frozen=True):
    seed: int
    first: int
    n_bars: int


class Tally(msgspec.Struct):
    """What became of bars."""

    bars: Counter[str] = msgspec.field(default_factory=Counter)
    over: Counter[str] = msgspec.field(default_factory=Counter)
    """Bars that were read above the ceiling."""
    highest_dbtp: float = -math.inf

    def add(self, other: Tally) -> None:
        self.bars += other.bars
        self.over += other.over
        self.highest_dbtp = max(self.highest_dbtp, other.highest_dbtp)


def run(batch: Batch) -> Tally:
    """All bars of a batch, through one guard, one after the other."""
    rng = np.random.default_rng((batch.seed, batch.first))
    audio, tally = AudioConfig(sfreq_hz=SFREQ_HZ), Tally()
    guard = PcmGuard(audio, Limits(loudness_slope_db_s=100.0), batch.seed)
    past = np.zeros((2 * EDGE_FRAMES, 2))
    for _ in range(batch.n_bars):
        kind = KINDS[rng.integers(len(KINDS))]
        wave = kind(rng) * 10 ** rng.uniform(-1.5, 1.5)
        line = np.concatenate((past, played(guard, wave, rng)))
        past = line[-2 * EDGE_FRAMES :]
        reading = reading_dbtp(line)
        tally.bars[kind.__name__] += 1
        tally.over[kind.__name__] += reading > audio.ceiling_dbtp
        tally.highest_dbtp = max(tally.highest_dbtp, reading)
    return tally


def played(guard: PcmGuard, wave: Wave, rng: np.random.Generator) -> Wave:
    """What the guard makes of a bar, full scale 1, under gains that change with every block."""
    n_frames = int(rng.choice(BLOCKS))
    shift = int(rng.integers(0, 64))
    with np.errstate(invalid="ignore", over="ignore"):
        sound = np.column_stack((wave, np.roll(wave, shift))).astype(np.float32)
    parts = [
        guard.pass_on(sound[first : first + n_frames], 1.0 if rng.random() < 0.8 else rng.uniform(0, 2))
        for first in range(0, len(sound), n_frames)
    ]
    return np.frombuffer(b"".join(parts), "<i2").reshape(-1, 2) / FULL_SCALE


def reading_dbtp(sound: Wave) -> float:
    """The highest true peak inside its edges, by a meter of another make."""
    inside = slice(EDGE_FRAMES * OVERSAMPLED, -EDGE_FRAMES * OVERSAMPLED)
    highest = float(np.abs(resample_poly(sound, OVERSAMPLED, 1, axis=0)[inside]).max())
    return 20 * math.log10(highest) if highest else -math.inf


def worst_under_reading_db(oversampled: int) -> float:
    """How far the guard's own meter may read below a sharp one, at worst, over all sounds.

    A sound is a point, and what each meter reads of it is linear but for its sign: the highest reading of one while the
    other reads at most 1 is a linear programme for each instant between two samples.
    """
    own = [
        np.concatenate((np.zeros(t), phase, np.zeros(PROOF_FRAMES))) for t in range(PROOF_FRAMES) for phase in PHASES
    ]
    rows = np.array([row[TAPS : TAPS + PROOF_FRAMES] for row in own])
    sharp = firwin(PROOF_TAPS * oversampled + 1, 1 / oversampled, window=("kaiser", 5.0)) * oversampled
    worst = 1.0
    for phase in range(oversampled):
        weights = sharp[phase::oversampled]
        target = np.zeros(PROOF_FRAMES)
        target[(PROOF_FRAMES - PROOF_TAPS) // 2 :][: len(weights)] = weights
        bounds = np.ones(2 * len(rows))
        found = linprog(-target, A_ub=np.vstack((rows, -rows)), b_ub=bounds, bounds=(-1, 1), method="highs")
        worst = max(worst, -found.fun)
    return 20 * math.log10(worst)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.true_peak", description=__doc__)
    parser.add_argument("--bars", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--proof", action="store_true")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    if asked.proof:
        say(f"at worst {worst_under_reading_db(OVERSAMPLED):.3f} dB below a sharp meter, whatever the sound")
        return 0
    began_s, tally = time.monotonic(), Tally()
    batches = [Batch(asked.seed, first, min(BATCH, asked.bars - first)) for first in range(0, asked.bars, BATCH)]
    for done in each(run, batches, Workers(asked.jobs)):
        tally.add(done)
    report: dict[str, Any] = {
        "bars": tally.bars.total(),
        "over": tally.over.total(),
        "highest_dbtp": round(tally.highest_dbtp, 3),
        "seconds": round(time.monotonic() - began_s, 1),
        "kinds": dict(tally.bars),
    }
    if asked.as_json:
        say_json(report)
    else:
        for name, value in report.items():
            say(f"{name:14} {value}")
    return int(tally.over.total() > 0)


if __name__ == "__main__":
    raise SystemExit(main())
