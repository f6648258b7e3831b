"""Is the music as loud as prescribed, whatever is composed and whoever plays it? By a meter that is not the box's own.

Each composition stands or wanders somewhere on the plane, with instruments and texture drawn anew, and is rendered as
the box renders it. Every five minutes of it (gated as in ITU-R BS.1770-4) are held against what was prescribed for the
same moments: the prescription's loudness, and how far below it the session wanted to be.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import signal

from device.audio.conductor import Conductor
from device.commands.piece import Sound, Studio, Wish
from device.config import Preference, SessionConfig
from hardware.bench.figures import Figure
from hardware.bench.intents import config_of, standing, wandering
from hardware.listening.loudness import ABSOLUTE_GATE_LUFS, HIGH_PASS, RELATIVE_GATE_LU, SHELF

COMPOSITIONS, QUICK_COMPOSITIONS = 40, 4
PIECE_S = 340.0
WINDOW_S, HOP_S, GATE_S = 300.0, 10.0, 0.4
BAR_S = 3.0
"""About the length of a bar."""
ALLOWED_LU = 1.0
CORNERS_LU = 12.0
"""From the deepest corner of the plane to the liveliest, as `device.audio.conductor` intends; moods that sessions go
through lie 6 to 8 LU apart (`hardware.bench.levels`)."""
FIRST_SEED = 7000
INSTRUMENTS = {"melody": (0, 4, 11, 46, 73), "inner": (0, 4, 46, 24), "bass": (32, 33, 43), "pad": (48, 52, 88, 89)}
"""Programs of General MIDI that prescriptions for calm listening choose from."""
TEXTURES = ("auto", "full", "thin", "calm")
Floats = npt.NDArray[np.float64]


class Held(NamedTuple):
    """How far five minutes were from what was prescribed, at worst, and what was played."""

    name: str
    worst_lu: float
    mean_lufs: float


class MeteredSound(Sound):
    """Keeps, for each block, its K-weighted power and the gain that the session wanted; the WAV is not written."""

    def __init__(self, config: SessionConfig, path: Path) -> None:
        super().__init__(config, path)
        self._shelf, self._high_pass = np.zeros((2, 2)), np.zeros((2, 2))
        self.powers: list[float] = []
        self.gains_db: list[float] = []

    def render(self, conductor: Conductor) -> None:
        self.gains_db.append(conductor.level_db_at(self.renderer.end_frame))
        pcm = np.frombuffer(self.renderer.render(conductor), "<i2").reshape(-1, 2) / 32768.0
        shelved, self._shelf = signal.lfilter(*SHELF, pcm, axis=0, zi=self._shelf)
        weighted, self._high_pass = signal.lfilter(*HIGH_PASS, shelved, axis=0, zi=self._high_pass)
        self.powers.append(float(np.square(weighted).sum()) / len(pcm))


def measure(progress: Callable[[str], None], *, quick: bool) -> list[Figure]:
    """The worst five minutes of all compositions, and how many compositions keep within the unit that is allowed."""
    n_pieces = QUICK_COMPOSITIONS if quick else COMPOSITIONS
    held: list[Held] = []
    for one in render_all(range(FIRST_SEED, FIRST_SEED + n_pieces)):
        held.append(one)
        progress(f"loudness, composition {len(held)} of {n_pieces}: {one.name}: {one.worst_lu:+.2f} LU")
    worst = max(held, key=lambda one: abs(one.worst_lu))
    within = sum(abs(one.worst_lu) <= ALLOWED_LU for one in held) / n_pieces
    heard = [one.mean_lufs for one in held]
    return [
        Figure("any 5 minutes, from prescribed", abs(worst.worst_lu), ALLOWED_LU, "at most", "LU", worst.name),
        Figure("compositions that keep within it", within, 1.0, note=f"of {n_pieces}"),
        Figure("softest to loudest composition", max(heard) - min(heard), CORNERS_LU, "at most", "LU", "all corners"),
    ]


def render_all(seeds: range) -> Iterator[Held]:
    """One composition a seed."""
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            yield render(seed, Path(folder) / "piece.wav")


def render(seed: int, path: Path) -> Held:
    """Compose, play and measure one."""
    rng = np.random.default_rng(seed)
    valence, arousal = rng.uniform(-1.0, 1.0, 2)
    is_wandering = bool(seed % 2)
    n_bars = round(PIECE_S / BAR_S)
    journey = wandering(seed, n_bars) if is_wandering else standing(valence, arousal)
    config = _played_by(config_of(seed), rng)
    wish = Wish(journey, n_bars)
    with closing(MeteredSound(config, path)) as sound:
        Studio(config, wish, sound, lambda _: None).compose()
    where = "wandering" if is_wandering else f"at {valence:+.1f} {arousal:+.1f}"
    programs = "/".join(str(number) for number in config.prescription.programs.values())
    name = f"{where}, programs {programs}, {config.prescription.preference.texture}"
    block_s = config.device.audio.block_frames / config.device.audio.sfreq_hz
    worst, mean = _furthest(sound, config.prescription.loudness_lufs, block_s)
    return Held(name, worst, mean)


def _played_by(config: SessionConfig, rng: np.random.Generator) -> SessionConfig:
    programs = {voice: int(rng.choice(choice)) for voice, choice in INSTRUMENTS.items()}
    preference = Preference(texture=str(rng.choice(TEXTURES)))  # type: ignore[arg-type]
    prescription = msgspec.structs.replace(config.prescription, programs=programs, preference=preference)
    return msgspec.structs.replace(config, prescription=prescription)


def _furthest(sound: MeteredSound, prescribed_lufs: float, block_s: float) -> tuple[float, float]:
    """The greatest distance of any window from what was prescribed, with its sign, and the loudness of the whole."""
    powers, gains = np.array(sound.powers), 10.0 ** (np.array(sound.gains_db) / 10.0)
    n_window, hop = round(WINDOW_S / block_s), round(HOP_S / block_s)
    begins = range(0, max(1, len(powers) - n_window + 1), hop)
    away = [_away(powers[first : first + n_window], gains[first : first + n_window], block_s) for first in begins]
    return max((lu - prescribed_lufs for lu in away), key=abs), _gated(powers, gains, block_s)[0]


def _away(powers: Floats, gains: Floats, block_s: float) -> float:
    """Loudness of a window without what the session wanted it to be softer."""
    loudness, wanted_db = _gated(powers, gains, block_s)
    return loudness - wanted_db


def _gated(powers: Floats, gains: Floats, block_s: float) -> tuple[float, float]:
    """Integrated loudness in LUFS, and the mean gain in dB that was wanted of what passed the gates."""
    size = round(GATE_S / block_s)
    kernel = np.full(size, 1.0 / size)
    means, wanted = np.convolve(powers, kernel, "valid"), np.convolve(gains, kernel, "valid")
    heard = _lufs(means) > ABSOLUTE_GATE_LUFS
    kept = heard & (_lufs(means) > float(_lufs(means[heard].mean())) + RELATIVE_GATE_LU)
    return float(_lufs(means[kept].mean())), float(10.0 * np.log10(wanted[kept].mean()))


def _lufs(powers: npt.ArrayLike) -> Floats:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(powers, 1e-12)))
