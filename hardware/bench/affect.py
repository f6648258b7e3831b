"""`isotone bench affect`: the figures of the affect layer, as anyone with the data folder can repeat them.

    python -m hardware.bench.affect [--data DIR] [--people N] [--json]
                                    [--part reading|unrest|wrist|abstention|hearts|cost]

Without data only what needs none is measured: abstention on the virtual patient, heartbeats, cost.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from device.config import AffectConfig
from hardware.bench import heartbeats
from hardware.bench.abstention import bench_abstention
from hardware.bench.cost import bench_cost
from hardware.bench.figures import Figure, present
from hardware.bench.people import Protocol, bench_people, eegmat_people, eyes_people, stress_people
from hardware.bench.unrest import EIGHT, bench_unrest

FP = ("Fp1", "Fp2")
MUSE = ("Fp1", "Fp2", "T5", "T6")
EEG_PROTOCOLS: tuple[tuple[Protocol, dict[str, float]], ...] = (
    (Protocol("EEG, 8 channels, 4 s", 60.0, 4.0, "eeg", EIGHT), {"accuracy": 0.80}),
    (Protocol("EEG, 8 channels, 30 s", 60.0, 30.0, "eeg", EIGHT), {"accuracy": 0.90}),
    (Protocol("EEG, 4 channels, 4 s", 60.0, 4.0, "eeg", MUSE), {}),
    (Protocol("EEG, Fp1 and Fp2, 4 s", 60.0, 4.0, "eeg", FP), {"accuracy": 0.70}),
)
EYES = Protocol("eyes open or closed, no calibration, 4 s", 0.0, 4.0, "eeg", FP)
WRIST_ASKED = {"wrist": 0.74, "pulse": 0.68, "heart": 0.68}
WRIST_WORST = 0.60
PARTS = ("reading", "unrest", "wrist", "abstention", "hearts", "cost")
HEADS = 8
HEARTS = 8

Progress = Callable[[str], None]


def bench_reading(data_dir: Path, count: int | None, progress: Progress) -> list[Figure]:
    """EEG of people not seen."""
    model, cold = AffectConfig().eeg_models[0], AffectConfig().eeg_models[-1]
    people = eegmat_people(data_dir)[:count]
    figures = [
        figure for protocol, asked in EEG_PROTOCOLS for figure in bench_people(people, protocol, model, asked, progress)
    ]
    eyes = eyes_people(data_dir)[:count]
    return figures + (bench_people(eyes, EYES, cold, {"accuracy": 0.78}, progress) if eyes else [])


def bench_wrist(data_dir: Path, count: int | None, progress: Progress) -> list[Figure]:
    """Wristbands on people not seen, each set of signals by its own model."""
    people, figures = stress_people(data_dir)[:count], []
    for model in AffectConfig().wrist_models:
        kind = model.partition("-")[0]
        protocol = Protocol(f"wrist, {model}, 60 s", 300.0, 60.0, "wrist")
        asked = {"accuracy": WRIST_ASKED[kind], "worst": WRIST_WORST}
        figures += bench_people(people, protocol, model, asked, progress)
    return figures


def bench_hearts(progress: Progress) -> list[Figure]:
    """Beats in motion; peers that are installed stand in the notes."""
    progress("heartbeats in motion")
    scores = list(heartbeats.compare(range(HEARTS)))
    at = {snr_db: [score for score in scores if score.snr_db == snr_db] for snr_db in heartbeats.SNRS_DB}
    ours = {snr_db: found[0] for snr_db, found in at.items()}
    beside = {snr_db: "; ".join(f"{peer.detector} {peer.f1:.3f}" for peer in found[1:]) for snr_db, found in at.items()}
    told = sum(score.n_rmssd for score in ours.values())
    off = sum(score.rmssd_off * score.n_rmssd for score in ours.values() if score.n_rmssd) / max(1, told)
    return [
        Figure("PPG at 0 dB: beats, F1", ours[0.0].f1, 0.93, note=beside[0.0]),
        Figure("PPG at 0 dB: heart rate off by", ours[0.0].hr_error_bpm, 1.5, "at most", "bpm"),
        Figure("PPG at -5 dB: heart rate off by", ours[-5.0].hr_error_bpm, 4.0, "at most", "bpm"),
        Figure("RMSSD told though off by more than 20 ms", 100 * off, 1.0, "at most", "%", f"{told} told"),
        Figure("RMSSD told at 20 dB", 100 * ours[20.0].rmssd_told, 95.0, unit="%"),
        Figure("RMSSD told at 5 dB", 100 * ours[5.0].rmssd_told, 60.0, unit="%"),
    ]


def measure(data_dir: Path | None, count: int | None, part: str, progress: Progress) -> list[Figure]:
    """The asked part, or all; what needs data is left out without them."""
    figures: list[Figure] = []
    if data_dir and part in ("", "reading"):
        figures += bench_reading(data_dir, count, progress)
    if data_dir and part in ("", "unrest"):
        figures += bench_unrest(eegmat_people(data_dir)[:count], progress)
    if data_dir and part in ("", "wrist"):
        figures += bench_wrist(data_dir, count, progress)
    if part in ("", "abstention"):
        figures += bench_abstention(data_dir, count or HEADS, progress)
    if part in ("", "hearts"):
        figures += bench_hearts(progress)
    if part in ("", "cost"):
        figures += bench_cost()
    return figures


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder that holds open/ (and restricted/)")
    parser.add_argument("--people", type=int, help="only the first N of every set")
    parser.add_argument("--part", default="", choices=["", *PARTS])
    parser.add_argument("--json", action="store_true", dest="as_json")
    arguments = parser.parse_args(argv)
    if arguments.data and not (arguments.data / "open").is_dir():
        print(f"isotone: {arguments.data} holds no folder open/. Name the data folder.", file=sys.stderr)
        return 8
    console = Console(stderr=True)
    with console.status("") as status:
        figures = measure(arguments.data, arguments.people, arguments.part, status.update)
    present(figures, as_json=arguments.as_json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
