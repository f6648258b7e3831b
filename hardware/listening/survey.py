"""How music sounds, in figures and a picture: pieces of two releases beside human pieces.

    python -m hardware.listening.survey render DIR                      # twelve pieces of the tree that is imported
    python -m hardware.listening.survey human DIR MIDI...               # human pieces on the box's synthesiser
    python -m hardware.listening.survey report OUT.md BEFORE AFTER HUMAN  # folders of WAVs; OUT.png beside it

An older release is rendered by the same file: PYTHONPATH=OLD_TREE python hardware/listening/survey.py render DIR.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import signal
from scipy.io import wavfile

from device.commands.piece import Sound, Studio, Wish
from device.control.cues import cues_of
from device.control.plan.session_plan import State
from hardware.bench.intents import config_of, standing
from hardware.listening.loudness import SFREQ_HZ, measure_lufs

PLACES = tuple((valence, arousal) for valence in (-0.5, 0.0, 0.6) for arousal in (-0.8, -0.4, 0.1, 0.7))
"""Valence and arousal of the twelve pieces."""
SECONDS, BEATS = 40.0, 4
LOWEST_HZ = 25.0
SLOPE_HZ = (100.0, 8000.0)
FLOOR_DB = -90.0
Floats = npt.NDArray[np.float64]


class Figures(NamedTuple):
    """What is measured of one piece."""

    lufs: float
    true_peak_dbtp: float
    range_lu: float
    """Loudness over 3 s between its 10th and 95th percentile (EBU Tech 3342, without its gates)."""
    width_db: float
    """Power of the difference between the ears beside that of what they share: -20 is narrow, 0 is two strangers."""
    slope_db_octave: float
    """Fall of the spectrum from 100 Hz to 8 kHz."""
    inaudible_percent: float
    """Share of the power below 25 Hz."""


def render(folder: Path) -> None:
    """The twelve pieces of the release that is imported, by its own path from composer to card."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (valence, arousal) in enumerate(PLACES):
        config = config_of(100 + number)
        tempo_bpm = cues_of(State(valence, arousal), config.prescription.limits).tempo_bpm
        n_bars = round(SECONDS * tempo_bpm / (60.0 * BEATS))
        with closing(Sound(config, folder / f"{number:02d} v{valence:+.1f} a{arousal:+.1f}.wav")) as sound:
            Studio(config, Wish(standing(valence, arousal), n_bars), sound, lambda _: None).compose()


def render_human(folder: Path, scores: Sequence[Path]) -> None:
    """Human pieces, about 20 s of each at -23 LUFS, with the instruments that their scores name."""
    from hardware.listening.sound import render_midi  # noqa: PLC0415 - an older release is rendered without it

    folder.mkdir(parents=True, exist_ok=True)
    for score in scores:
        render_midi(score, folder / f"{score.stem}.wav")


def read(path: Path) -> Floats:
    """Samples of shape (frames, 2), full scale at 1."""
    _, steps = wavfile.read(path)
    return np.asarray(steps / 32768.0, np.float64)


def measure(samples: Floats) -> Figures:
    """Everything about one piece."""
    hz, power = signal.welch(samples, SFREQ_HZ, nperseg=16_384, axis=0, detrend=False)
    spectrum = power.sum(axis=1)
    band = (hz >= SLOPE_HZ[0]) & (hz <= SLOPE_HZ[1])
    octaves = np.arange(np.log2(SLOPE_HZ[0]), np.log2(SLOPE_HZ[1]), 1 / 3)
    bands_db = [_band_db(hz[band], spectrum[band], 2.0**low) for low in octaves]
    shared, apart = samples.sum(axis=1), samples[:, 0] - samples[:, 1]
    oversampled = signal.resample_poly(samples, 4, 1, axis=0)
    return Figures(
        measure_lufs(samples),
        _db(float(np.abs(oversampled).max()) ** 2),
        _range_lu(samples),
        _db(float(np.mean(apart**2) / np.mean(shared**2))),
        float(np.polyfit(octaves, bands_db, 1)[0]),
        float(100.0 * spectrum[hz < LOWEST_HZ].sum() / spectrum.sum()),
    )


def _band_db(hz: Floats, spectrum: Floats, low_hz: float) -> float:
    """Mean density of the third of an octave that begins at `low_hz`."""
    return _db(float(spectrum[(hz >= low_hz) & (hz < low_hz * 2 ** (1 / 3))].mean()))


def _range_lu(samples: Floats) -> float:
    size = 3 * SFREQ_HZ
    blocks = [measure_lufs(samples[first : first + size]) for first in range(0, len(samples) - size, SFREQ_HZ)]
    heard = [block for block in blocks if np.isfinite(block)]
    return float(np.subtract(*np.percentile(heard, (95, 10)))) if heard else 0.0


def _db(power: float) -> float:
    return 10.0 * float(np.log10(max(power, 1e-12)))


def report(out: Path, folders: Sequence[Path]) -> None:
    """A table of all pieces, medians of each folder, and the picture."""
    found = {folder: [(path.stem, read(path)) for path in sorted(folder.glob("*.wav"))] for folder in folders}
    lines = ["| piece | " + " | ".join(Figures._fields) + " |", "|---|" + "---:|" * len(Figures._fields)]
    for folder, pieces in found.items():
        figures = [measure(samples) for _, samples in pieces]
        middle = Figures(*np.median(np.array(figures), axis=0))
        spread = Figures(*np.ptp(np.array(figures), axis=0))
        lines += [
            _row(f"**{folder.name}: median of {len(figures)}**", middle),
            _row("spread (largest - smallest)", spread),
        ]
        lines += [_row(f"{folder.name} {name}", figure) for (name, _), figure in zip(pieces, figures, strict=True)]
    out.write_text("\n".join(lines) + "\n", "utf-8")
    _draw(out.with_suffix(".png"), found)


def _row(name: str, figures: Figures) -> str:
    return f"| {name} | " + " | ".join(f"{value:.1f}" for value in figures) + " |"


def _draw(path: Path, found: dict[Path, list[tuple[str, Floats]]]) -> None:
    """A spectrogram of every piece: a column for each folder."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - rendering needs none

    n_rows = max(map(len, found.values()))
    figure = Figure(figsize=(4 * len(found), 1.3 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, len(found), squeeze=False)
    for column, (folder, pieces) in zip(axes.T, found.items(), strict=True):
        for axis, piece in zip(column, [*pieces, *[None] * (n_rows - len(pieces))], strict=True):
            axis.set_axis_off()
            if piece:
                hz, time_s, power = signal.spectrogram(piece[1].mean(axis=1), SFREQ_HZ, nperseg=8192, noverlap=4096)
                kept = hz < 6000
                decibels = 10.0 * np.log10(power[kept] + 10 ** (FLOOR_DB / 10) / 100)
                axis.imshow(decibels, aspect="auto", origin="lower", cmap="magma", vmin=-110, vmax=-45)
                axis.set_title(f"{folder.name}: {piece[0]} ({time_s[-1]:.0f} s, to 6 kHz)", fontsize=6)
    figure.savefig(path, dpi=50)


def main() -> None:
    task, first, *rest = sys.argv[1:]
    if task == "render":
        render(Path(first))
    elif task == "human":
        render_human(Path(first), [Path(score) for score in rest])
    else:
        report(Path(first), [Path(folder) for folder in rest])


if __name__ == "__main__":
    main()
