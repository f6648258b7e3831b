"""`python -m hardware.bench.properties`: random sessions by the hundred thousand, none of which may break a promise.

Each is a session of the box's own controller behind `isotone decide`, with a random prescription, plan and policy, evil
ones among them. The same seed and number make the same session; `--show NUMBER` tells it line by line.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence as Many

import msgspec

from device import control
from device.control.dialogue import Dialogue
from device.control.lines import LINE_MAX, Line
from hardware.bench.evil import EVIL
from hardware.bench.promises import Promises, music_of
from hardware.bench.sequences import Sequence, encoded, policies, sequence_of
from hardware.simulation.workers import Workers, each

BATCH = 1000
TWIN_SHARE = 0.05
"""Of so many sessions the refused lines are left out in another, which must then sound the same."""
SHOWN = 5


class Tally(msgspec.Struct):
    """What became of sessions."""

    counts: Counter[str] = msgspec.field(default_factory=Counter)
    broken: dict[str, list[int]] = {}
    """Promises that were broken, and the first sessions in which they were."""

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        for promise, numbers in other.broken.items():
            self.broken[promise] = (self.broken.get(promise, []) + numbers)[:SHOWN]


class Batch(msgspec.Struct, frozen=True):
    seed: int
    first: int
    n_sequences: int


def run(batch: Batch) -> Tally:
    """All sessions of a batch."""
    control.POLICIES.update(EVIL)
    names, tally = tuple(policies()), Tally()
    for number in range(batch.first, batch.first + batch.n_sequences):
        sequence = sequence_of(batch.seed, number, names)
        found = list(play(sequence, tally.counts))
        if random.Random(f"twin/{number}").random() < TWIN_SHARE:
            found += compare(sequence, tally.counts)
        for promise in dict.fromkeys(found):
            tally.add(Tally(broken={promise: [number]}))
    return tally


def play(sequence: Sequence, counts: Counter[str]) -> list[str]:
    """The promises that a session breaks; a line that is answered by an error breaks one too."""
    found: list[str] = []
    promises = Promises(sequence.config.prescription.limits)
    counts["sessions"] += 1
    try:
        session = Dialogue(sequence.config)
        for text in sequence.lines:
            line = answer(session, text)
            found += promises.broken(_told(text), line)
            count(counts, line)
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        found.append(f"{type(error).__name__}: {error}"[:120])
    return found


def compare(sequence: Sequence, counts: Counter[str]) -> list[str]:
    """Whether lines that were refused where no time passed left a trace: without them all must sound the same."""
    whole, without = Dialogue(sequence.config), Dialogue(sequence.config)
    before: float | None = None
    for text in sequence.lines:
        line = answer(whole, text)
        if line.refusal is None or line.t != before:
            if music_of(answer(without, text)) != music_of(line):
                return ["obeyed by half"]
        else:
            counts["refused lines left out"] += 1
        before = line.t
    return []


def answer(session: Dialogue, text: bytes) -> Line:
    return session.refuse_long() if len(text) > LINE_MAX else session.answer(text)


def count(counts: Counter[str], line: Line) -> None:
    counts["lines"] += 1
    counts[f"decided by {line.decided_by}"] += 1
    counts["refused"] += line.refusal is not None
    counts["silent"] += line.silent
    counts["with a locked cue"] += bool(line.locked)
    counts["after a stop"] += line.stopped
    counts["after the end"] += line.over
    for words in ("plan alone", "calm neutral", "silence, as"):
        counts[f"shield: {words.removesuffix(', as')}"] += f"shield: {words}" in line.reason


def _told(text: bytes) -> dict[str, object]:
    try:
        told = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def show(seed: int, number: int) -> None:
    """One session, line by line, with the promises that it breaks."""
    control.POLICIES.update(EVIL)
    sequence = sequence_of(seed, number, tuple(policies()))
    print(encoded(sequence.config).decode())
    session, promises = Dialogue(sequence.config), Promises(sequence.config.prescription.limits)
    for text in sequence.lines:
        line = answer(session, text)
        print(
            f"> {text[:200]!r}\n< {msgspec.json.encode(line).decode()}", *promises.broken(_told(text), line), sep="\n"
        )


def main(arguments: Many[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.properties", description=__doc__)
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, metavar="NUMBER", help="tell this one line by line")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.show is not None:
        show(asked.seed, asked.show)
        return
    begun, tally = time.monotonic(), Tally()
    last = asked.first + asked.sequences
    batches = [Batch(asked.seed, at, min(BATCH, last - at)) for at in range(asked.first, last, BATCH)]
    for done, part in enumerate(each(run, batches, Workers(asked.jobs)), 1):
        tally.add(part)
        print(f"\r{done * BATCH} sessions, {len(tally.broken)} promises broken", end="", file=sys.stderr)
    print(file=sys.stderr)
    tell(tally, time.monotonic() - begun, as_json=asked.json)
    sys.exit(int(bool(tally.broken)))


def tell(tally: Tally, seconds: float, *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode({"seconds": seconds, "counts": tally.counts, "broken": tally.broken}).decode())
        return
    for name, number in sorted(tally.counts.items()):
        print(f"{name:28} {number:>12,}")
    print(f"{seconds:.0f} s")
    for promise, numbers in tally.broken.items():
        print(f"broken: {promise}: {', '.join(map(str, numbers))}")


if __name__ == "__main__":
    main()
