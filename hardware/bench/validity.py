"""A million bars through the grammar, and not one that is no bar: whoever samples, whatever is sampled.

    python -m hardware.bench.validity [--bars N] [--model-bars N] [--jobs J] [--done FILE]

Most bars are written by adversaries in the model's place, whose taste is random, extreme or spiteful, which tries the
grammar harder than any trained model; a share is the model's own with random intents. Work is cut into pieces that
depend on their number alone; with --done a run that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from device.messages import Bar
from device.music import composer
from device.music import tokens as t
from device.music.controls import BEATS
from device.music.grammar import Decoded, Grammar, Mask, decode_bar
from device.music.transformer import Transformer
from device.stage import keyed_random
from hardware.bench.defects import faults_of, faults_of_bar
from hardware.bench.figures import Figure, show
from hardware.bench.intents import config_of, intents_of, wandering

BARS, MODEL_BARS = 1_000_000, 20_000
QUICK_BARS, QUICK_MODEL_BARS = 5_000, 200
PIECE_BARS, MODEL_PIECE_BARS = 5_000, 200
EXAMPLES = 5
SEED = 1

Progress = Callable[[str], None]
Rng = np.random.Generator
Liking = npt.NDArray[np.float64]
"""One logit for each token, shape (len(VOCABULARY),)."""
Taste = Callable[[Rng], Liking]


class Piece(NamedTuple):
    """A part of the work."""

    kind: str
    number: int
    bars: int


class Tally(msgspec.Struct):
    """What became of a piece, or of all of them."""

    bars: int = 0
    invalid: int = 0
    cpu_s: float = 0.0
    examples: list[str] = []

    def add(self, other: Tally) -> None:
        self.bars += other.bars
        self.invalid += other.invalid
        self.cpu_s += other.cpu_s
        self.examples = (self.examples + other.examples)[:EXAMPLES]

    def note(self, faults: Sequence[str], where: str) -> None:
        """One more bar, and what is wrong with it."""
        self.bars += 1
        self.invalid += bool(faults)
        if faults and len(self.examples) < EXAMPLES:
            self.examples.append(f"{where}: {'; '.join(faults)}")


def measure(
    progress: Progress,
    *,
    quick: bool,
    jobs: int = 1,
    bars: int | None = None,
    model_bars: int | None = None,
    done: Path | None = None,
) -> list[Figure]:
    """Bars that are none, of those by adversaries and by the model."""
    amounts = {
        "adversaries": (bars or (QUICK_BARS if quick else BARS), PIECE_BARS),
        "the model": (model_bars or (QUICK_MODEL_BARS if quick else MODEL_BARS), MODEL_PIECE_BARS),
    }
    return [_measure(kind, amount, size, jobs, done, progress) for kind, (amount, size) in amounts.items()]


def _measure(kind: str, amount: int, size: int, jobs: int, done: Path | None, progress: Progress) -> Figure:
    pieces = [Piece(kind, start // size, min(size, amount - start)) for start in range(0, amount, size)]
    whole = Tally()
    for tally in run(pieces, jobs, done):
        whole.add(tally)
        progress(f"validity, {kind}: {whole.bars} of {amount} bars, {whole.invalid} invalid")
    note = " ".join([f"{whole.bars / whole.cpu_s:.0f} bars/s of one processor", *whole.examples])
    return Figure(f"invalid of {whole.bars} bars by {kind}", whole.invalid, 0, "at most", note=note)


def run(pieces: Sequence[Piece], jobs: int, done: Path | None) -> Iterator[Tally]:
    """The tallies of all pieces, those of an earlier run first; each is written down in `done`."""
    made_of = fingerprint()
    known = _read(done, made_of) if done and done.exists() else {}
    left = [piece for piece in pieces if piece not in known]
    yield from (known[piece] for piece in pieces if piece in known)
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for piece, tally in zip(left, pool.map(work, left), strict=True):
            if done:
                with done.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([made_of, *piece, msgspec.to_builtins(tally)]) + "\n")
            yield tally


def fingerprint() -> int:
    """Digest of the composer's own source and the model's name: what was done with others is done again."""
    sources = sorted(Path(composer.__file__).parent.glob("*.py"))
    name = config_of(SEED).device.music.model
    return zlib.crc32(b"".join(path.read_bytes() for path in sources) + name.encode())


def _read(done: Path, made_of: int) -> dict[Piece, Tally]:
    """What an earlier run of the same program wrote down; a last line that was cut off is done again."""
    known = {}
    for line in done.read_text("utf-8").splitlines():
        try:
            made_of_then, *piece, tally = json.loads(line)
        except ValueError:
            continue
        if made_of_then == made_of:
            known[Piece(*piece)] = msgspec.convert(tally, Tally)
    return known


def work(piece: Piece) -> Tally:
    """Do one piece: it depends on its number alone."""
    began_s = time.process_time()
    tally = _ask_adversaries(piece) if piece.kind == "adversaries" else _ask_model(piece)
    tally.cpu_s = time.process_time() - began_s
    return tally


# -- adversaries in the model's place


def _ask_adversaries(piece: Piece) -> Tally:
    tally, rng = Tally(), np.random.default_rng((SEED, piece.number))
    for number in range(piece.bars):
        name, taste = list(TASTES.items())[number % len(TASTES)]
        wishes = wish(rng) if number % 3 else NONE
        tally.note(_try(taste, wishes, rng), f"piece {piece.number}, bar {number}, {name}")
    return tally


class Wishes(NamedTuple):
    """What a caller may narrow a bar by."""

    fewest: int
    most: int
    most_of: dict[str, int]
    chords: tuple[list[int], ...]
    welcome: tuple[Mask, ...]
    opening: int = 0


NONE = Wishes(0, t.MAX_BAR_TOKENS, {}, (), ())


def wish(rng: Rng) -> Wishes:
    """Random wishes, among them some that can hardly be met."""
    most = int(rng.integers(0, 40))
    tokens = np.arange(t.FIRST_CHORD, t.FIRST_STEP)
    return Wishes(
        fewest=int(rng.integers(0, 50)),
        most=most,
        most_of={voice: int(rng.integers(0, 8)) for voice in t.RANGES if rng.random() < 0.5},
        chords=tuple(rng.choice(tokens, rng.integers(1, 8), replace=False).tolist() for _ in range(2)),
        welcome=tuple(rng.random(len(t.NOTES)) < rng.choice((0.0, 0.02, 0.3, 1.0)) for _ in range(2)),
        opening=int(rng.integers(0, 5)),
    )


def _try(taste: Taste, wishes: Wishes, rng: Rng) -> list[str]:
    """Sample a bar to this taste; what is wrong with it."""
    beats = int(rng.choice(BEATS))
    grammar = Grammar(
        beats,
        chords=wishes.chords,
        fewest=wishes.fewest,
        most=wishes.most,
        most_of=wishes.most_of,
        opening=wishes.opening,
    )
    if wishes.welcome:
        grammar.welcome(*wishes.welcome)
    tokens = [t.BAR]
    while not grammar.complete:
        mask = grammar.mask()
        if not mask.any():
            return ["nothing may follow, and the bar has no end"]
        token = int(np.where(mask, taste(rng), -np.inf).argmax())
        grammar.take(token)
        tokens.append(token)
        if len(tokens) > t.MAX_BAR_TOKENS:
            return [f"more than {t.MAX_BAR_TOKENS} tokens"]
    try:
        decoded = decode_bar(tokens, beats)
    except ValueError as error:
        return [f"cannot be decoded: {error}"]
    return [*faults_of(decoded), *_overstepped(decoded, wishes)]


def _overstepped(decoded: Decoded, wishes: Wishes) -> list[str]:
    """Wishes that were not kept."""
    notes = decoded.notes
    faults = [f"{len(notes)} notes, not {wishes.most}"] if len(notes) > wishes.most else []
    counts = {voice: sum(note.voice == voice for note in notes) for voice in wishes.most_of}
    faults += [f"{n} notes of {voice}" for voice, n in counts.items() if n > wishes.most_of[voice]]
    unwelcome = [
        note
        for note in notes
        if wishes.welcome
        and not wishes.welcome[note.onset_tick >= t.CHORD_TICKS][t.NOTES.index((note.voice, note.pitch))]
    ]
    return faults + [f"{note} is not welcome" for note in unwelcome]


def _random(rng: Rng) -> Liking:
    return rng.gumbel(size=len(t.VOCABULARY))


def _weighted(rng: Rng) -> Liking:
    """Logits as a model with random weights gives them: some tokens are liked far more than others."""
    return 5.0 * rng.standard_normal(len(t.VOCABULARY)) + rng.gumbel(size=len(t.VOCABULARY))


def _endless(rng: Rng) -> Liking:
    """Never ends a bar of its own will, and moves on as late as it can."""
    logits = _random(rng)
    logits[t.END] = -1e9
    logits[t.FIRST_STEP : t.FIRST_NOTE] -= 1e6 + 1e3 * np.arange(t.FIRST_NOTE - t.FIRST_STEP)
    return logits


def _crowding(rng: Rng) -> Liking:
    """Wants everything at the very end of the bar, as long as it may be."""
    return np.arange(len(t.VOCABULARY)) + _random(rng)


def _ending(rng: Rng) -> Liking:
    """Ends at once wherever it may."""
    logits = _random(rng)
    logits[t.END] = 1e9
    return logits


TASTES: dict[str, Taste] = {
    "random": _random,
    "weighted": _weighted,
    "endless": _endless,
    "crowding": _crowding,
    "ending": _ending,
}


# -- the model itself


def _ask_model(piece: Piece) -> Tally:
    """A session of its own: seed, way and history."""
    tally, config = Tally(), config_of(1 + piece.number)
    transformer, bars = Transformer(config), list[Bar]()
    for intent in intents_of(config, wandering(config.seed, piece.bars), piece.bars):
        rng = keyed_random(config.seed, "bars", intent.bar_index)
        bar = transformer.generate(intent, bars[-composer.HISTORY_BARS :], rng)
        bars.append(bar)
        tally.note(
            faults_of_bar(bar, intent, config.prescription.limits), f"piece {piece.number}, bar {intent.bar_index}"
        )
    return tally


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.validity", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--bars", type=int, help=f"by adversaries [default: {BARS}]")
    parser.add_argument("--model-bars", type=int, help=f"by the model [default: {MODEL_BARS}]")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--done", type=Path, help="what is done is written down here, and not done again")
    options = vars(parser.parse_args(argv))
    figures = measure(lambda text: print(text, file=sys.stderr, flush=True), **options)
    show(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
