"""Trains the learned policy from its seeds, and writes its model folder.

    python -m export.control.train --out models_onnx/control-0.2.0 [--rival ppo] [--jobs N] [--ray [ADDRESS]]
        [--generations N]

Direct policy search by CMA-ES on the twin's families named in `TRAINED_ON`; the others are kept for the test. With
`--rival ppo` the same net is also learned by PPO on the same people, and whichever costs less on validation ships. The
same seeds give the same weights, with any number of processes, here or on Ray.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from device.errors import IsotoneError
from export.control import folder
from export.control.card import text_of
from export.control.compare import compare
from export.control.net import N_WEIGHTS, Floats, first_guess, learned, net_of
from export.control.objective import Batch, Piece, costs
from export.control.search import QUALITIES, Found, Goal, Settings, Tried, batches, search, validation
from hardware.simulation.workers import LOCAL, Workers
from hardware.twin.people import FAMILIES

TRAINED_ON = ("ornstein-uhlenbeck", "ising", "opposite")
GOALS: tuple[Goal, ...] = ((0.2, -0.2), (0.4, -0.6))
"""Valence and arousal: within reach of most in a session, and beyond it."""
PPO_DECISIONS = 4_000_000
TESTED_EACH = 200
Progress = Callable[[str], None]


def seek(
    settings: Settings, workers: Workers, *, has_rival: bool, progress: Progress
) -> tuple[Found, dict[str, Floats]]:
    """What was found, and all that was tried by name."""
    found = search(learned, first_guess(), settings, GOALS, workers, progress)
    tried = {"first guess, by hand": first_guess(), "direct search (CMA-ES)": found.weights}
    if not has_rival:
        return found, tried
    from export.control.rival import learn  # noqa: PLC0415 - PyTorch and Stable-Baselines3, which the search needs not

    rival = learn(batches(settings, GOALS), PPO_DECISIONS, settings.seed, progress)
    tried["PPO"] = rival
    ours, theirs = (_validated(weights, settings) for weights in (found.weights, rival))
    if theirs < ours:
        found = Found(rival, (*found.history, Tried(-1, theirs, theirs)))
    return found, tried


def _validated(weights: Floats, settings: Settings) -> float:
    return float(np.mean([costs(Piece(learned, weights[None], batch)) for batch in validation(settings, GOALS)]))


def test_batches(families: tuple[str, ...]) -> list[Batch]:
    """People of these families, of every quality."""
    return [
        Batch(families, TESTED_EACH, quality, place % 2 == 0, 0, place, GOALS[0])
        for place, quality in enumerate(QUALITIES)
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m export.control.train", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="the model folder to write")
    parser.add_argument("--rival", choices=["ppo"], help="also learn the same net by PPO, and keep what costs less")
    parser.add_argument("--generations", type=int, default=Settings(TRAINED_ON).generations)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--ray", nargs="?", const=LOCAL, help="on Ray: of its own here, or at an address")
    options = parser.parse_args(argv)
    settings = Settings(TRAINED_ON, generations=options.generations)
    began_s = time.monotonic()
    try:
        found, tried = seek(settings, Workers(options.jobs, options.ray), has_rival=bool(options.rival), progress=_say)
    except IsotoneError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return int(error.exit_code)
    minutes = (time.monotonic() - began_s) / 60.0
    write(options.out, found, tried, settings, minutes)
    return 0


def write(out: Path, found: Found, tried: dict[str, Floats], settings: Settings, minutes: float) -> None:
    """Measure everything that was tried on families that training has not met, and write the folder."""
    unseen = tuple(name for name in FAMILIES if name not in TRAINED_ON)
    policies = {name: learned(weights[None]) for name, weights in tried.items()}
    rows = compare(policies, test_batches(unseen))
    text = text_of(rows, found.history, settings, unseen, GOALS, N_WEIGHTS, minutes)
    folder.write(out, net_of(found.weights), text)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
