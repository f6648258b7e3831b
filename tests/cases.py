"""How many random cases a property is tried on."""

import os

TIMES = int(os.environ.get("ISOTONE_CASES", "1"))
"""So many times as usual: `python -m hardware.bench.cases` asks for more."""


def cases(usual: int) -> int:
    return usual * TIMES
