"""Tunes the constants of the simple policies on the families that the learned one is trained on, by the same means.

    python -m export.control.tune pi|mpc [--generations N] [--jobs N] [--ray [ADDRESS]]

So that what the learned policy has to beat is as good as it can be. It prints the constants; they stand as `TUNED` in
`device/control/policies/pi.py` and `mpc.py`.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, NamedTuple

import numpy as np

from device.config import ControlConfig
from device.control.policies import mpc, pi
from device.control.policies.view import Policy
from device.errors import IsotoneError
from export.control.net import Floats
from export.control.objective import PolicyOf
from export.control.search import Settings, search
from export.control.train import GOALS, TRAINED_ON
from hardware.simulation.trials import Remembered
from hardware.simulation.workers import LOCAL, Workers


class Simple(NamedTuple):
    """A policy with constants, which are searched as the logarithms of how many times they are what they are now."""

    policy: Any
    tuned: Any

    def constants(self, candidate: Floats) -> Any:
        """The constants of a candidate."""
        pairs = zip(self.tuned, np.exp(candidate), strict=True)
        return type(self.tuned)(*(float(now * times) for now, times in pairs))

    def build(self, candidates: Floats) -> PolicyOf:
        """The policy of a single candidate."""
        (candidate,) = candidates
        constants = self.constants(candidate)

        def policy_of(remembered: Remembered) -> Policy:
            policy: Policy = self.policy(ControlConfig(), None, remembered, constants)
            return policy

        return policy_of


SIMPLE = {"pi": Simple(pi.Pi, pi.TUNED), "mpc": Simple(mpc.Mpc, mpc.TUNED)}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m export.control.tune", description=__doc__.partition("\n")[0])
    parser.add_argument("policy", choices=sorted(SIMPLE))
    parser.add_argument("--generations", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--ray", nargs="?", const=LOCAL, help="on Ray: of its own here, or at an address")
    options = parser.parse_args(argv)
    simple = SIMPLE[options.policy]
    settings = Settings(TRAINED_ON, options.generations, candidates=8, validate_every=5, together=1)
    start = np.zeros(len(simple.tuned))
    try:
        found = search(simple.build, start, settings, GOALS, Workers(options.jobs, options.ray), _say)
    except IsotoneError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return int(error.exit_code)
    print(simple.constants(found.weights))
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
