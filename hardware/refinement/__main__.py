"""`python -m hardware.refinement FILE`: the finding as JSON, for a file that `isotone refine` wrote."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from device.errors import Exit, IsotoneError
from device.messages import UNDECODABLE
from hardware.refinement.evidence import Told
from hardware.refinement.proposal import PEOPLE, consider


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hardware.refinement", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    try:
        told = msgspec.json.decode(asked.file.read_bytes(), type=Told)
        finding = consider(told, asked.people, asked.seed)
    except (OSError, *UNDECODABLE) as error:
        sys.stderr.write(f"{asked.file} cannot be read: {error}.\n")
        sys.exit(int(Exit.RECORDING))
    except IsotoneError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(int(error.exit_code))
    rows = [
        one._asdict() | {"objection": one.objection and one.objection._asdict(), "is_better": one.is_better}
        for one in finding.candidates
    ]
    sys.stdout.buffer.write(msgspec.json.encode(finding._asdict() | {"candidates": rows}))


if __name__ == "__main__":
    main()
