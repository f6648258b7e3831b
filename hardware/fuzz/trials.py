"""What people write for trials: tables of blocks, registrations and ledgers, mistyped, torn and hostile."""

from __future__ import annotations

import random
from pathlib import Path

from device.commands.trial_folder import Trial
from device.config import load
from device.trials.allocation import SECRET_BYTES, commitment
from device.trials.ledger import Entry, hash_of, line_of, sealed
from device.trials.registration import Registration, fingerprint
from device.trials.table import read_blocks
from device.trials.verdict import judge
from hardware.fuzz.mutations import mutate

TABLE = "session,block,condition,outcome\n" + "".join(
    f"{session},{block},{condition},{session * 0.1 + block}\n"
    for session in range(3)
    for block, condition in enumerate(("adaptive", "yoked", "static", "silence", "adaptive", "static"))
)
REGISTRATION = """title = "t"
design = "groups"
hypotheses = ["h"]
analysis = "a"
sample_size = 10
arms = ["fixed", "adaptive"]
strata = ["home"]
shuffled = [1, 2]
[[outcomes]]
name = "distance"
better = "lower"
primary = true
"""
SECRET = b"s" * SECRET_BYTES
CELLS = (
    "",
    "nan",
    "inf",
    "1e308",
    "-1e-320",
    "0",
    "adaptive",
    "silence",
    "x" * 300,
    "\x00",
    "\x1b[2J",
    "1,5",
    '"',
    "٣",
)
HOSTILE = (
    lambda: "session,block,condition,outcome\n" + "1,1,adaptive,1\n" * 12_000,
    lambda: "session,block,condition,outcome" + ",x" * 100_000 + "\n",
    lambda: 'session;block;condition;outcome\n"' + "\n" * 200_000,
    lambda: "session,block,condition,outcome\n" + '1,1,adaptive,"' + "9" * 200_000,
    lambda: "session,block,condition,outcome\n" + "".join(f"{n},1,adaptive,{n}\n{n},2,x{n},1\n" for n in range(500)),
)


class Trials:
    """A table that is judged, or the folder of a trial that is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        first = Entry(
            number=0, at="t", kind="registered", trial="1", registration=fingerprint(REGISTRATION.encode()),
            committed=commitment(SECRET), before=hash_of(()),
        )  # fmt: skip
        lines = [line_of(sealed(first, SECRET))]
        for name in ("ann", "bob"):
            entry = Entry(number=len(lines), at="t", kind="enrolled", listener=name, arm="fixed", before=hash_of(lines))
            lines.append(line_of(sealed(entry, SECRET)))
        self._ledger = b"".join(lines)

    def run(self, rng: random.Random) -> None:
        if rng.random() < 0.6:
            table = self._folder / "blocks.csv"
            table.write_bytes(_table(rng))
            judge(read_blocks(table))
            return
        registration, ledger = REGISTRATION.encode(), self._ledger
        if rng.random() < 0.5:
            registration = mutate(registration, rng)
        else:
            ledger = mutate(ledger, rng)
        (self._folder / "registration.toml").write_bytes(registration)
        (self._folder / "ledger.jsonl").write_bytes(ledger)
        load(self._folder / "registration.toml", Registration)
        Trial(self._folder, rng.choice((None, SECRET)))


def _table(rng: random.Random) -> bytes:
    match rng.choice(("bytes", "cells", "cells", "lines", "hostile")):
        case "bytes":
            return mutate(TABLE.encode(), rng)
        case "cells":
            cells = [line.split(",") for line in TABLE.splitlines()]
            for _ in range(rng.choice((1, 1, 4))):
                rng.choice(cells)[rng.randrange(4)] = rng.choice(CELLS)
            mark = rng.choice((",", ";", "\t"))
            return "\n".join(mark.join(row) for row in cells).encode()
        case "lines":
            lines = TABLE.splitlines(keepends=True)
            rows = rng.sample(lines[1:], rng.randrange(len(lines)))
            return "".join([lines[0], *rows]).encode()
        case _:
            return rng.choice(HOSTILE)().encode()
