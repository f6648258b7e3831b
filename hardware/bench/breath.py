"""Does the music breathe? Every row of the table, ours by generator and mood beside people's, by the same functions.

    python -m hardware.bench.breath --data DIR [--quick] [--seeds FIRST-LAST] [--generator NAME]
        [--metre M] [--peers-python PYTHON] [--json] [--out FILE.md]

People's are slow songs with words: POP909, played on a piano to a click, and OpenScore Lieder, scores whose velocities
are their dynamic marks. As many of each make the quartiles. Ours are measured as they were played, after the conductor
and its guard. The music is shaped on seeds 0 to 59; figures for reports come from seeds from 7000 on.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from device.commands.piece import Studio, Wish
from device.config import WishedMetre
from device.music import GENERATORS
from device.sessions.interchange import write_midi
from export.music import metrics, midi
from export.music.features import FAULTS, PLAYED, WRITTEN
from export.music.features.told import known
from hardware.bench import critic
from hardware.bench.figures import Figure
from hardware.bench.intents import CALM, config_of, standing
from hardware.bench.slow_songs import BARS, CORPORA, people

Floats = npt.NDArray[np.float64]
Progress = Callable[[str], None]
MOODS = {"calm": CALM, "default": (0.0, 0.0), "lively": (0.7, 0.6)}
"""Valence and arousal."""
SEEDS, QUICK_SEEDS = (7000, 7059), (7000, 7003)
SONGS, QUICK_SONGS = 100, 16
"""Of each corpus."""
CHOSEN = (
    "scale_consistency", "groove_consistency", "pitch_class_entropy", "polyphony", "mean_length_beats", "leap_share",
    "mean_interval", "dissonance", "dissonance_peak", "repeats_4", "repeats_8", "tension_diameter", "tension_momentum",
    "tension_strain",
)  # fmt: skip
"""Metrics that complete the forty features by which the discriminator judges. Tempo and density are not among them:
they are asked for."""
UNPLAYED = {"lieder": ("velocity_sd", "timing_ms", "tempo_sd"), "pop": ("timing_ms", "tempo_sd")}
"""What is not taken of a corpus: scores were played by nobody, and POP909 lies on a click's grid."""


class Table(NamedTuple):
    """A set of pieces: a row for each, a column for each feature; NaN where it cannot be told."""

    pieces: tuple[str, ...]
    values: Floats

    def column(self, name: str) -> Floats:
        return self.values[:, NAMES.index(name)]

    @property
    def symbolic(self) -> Floats:
        """The forty that are no performance."""
        return self.values[:, [NAMES.index(name) for name in (*WRITTEN, *CHOSEN)]]


NAMES = (*WRITTEN, *PLAYED, *FAULTS, *CHOSEN)
ROWS = (*WRITTEN, *PLAYED, *FAULTS)
SYMBOLIC = (*WRITTEN, *CHOSEN)


def median(values: Floats) -> float:
    """Median of what could be told; NaN of nothing."""
    return float(np.median(told)) if len(told := known(values)) else float("nan")


def measure_pieces(pieces: Sequence[midi.Piece]) -> Table:
    """Every feature of every piece."""
    rows = []
    for piece in pieces:
        counted = metrics.measure(piece)
        own = [feature(piece) for feature in (*WRITTEN.values(), *PLAYED.values(), *FAULTS.values())]
        rows.append([*own, *(float(getattr(counted, name)) for name in CHOSEN)])
    return Table(tuple(piece.name for piece in pieces), np.array(rows, float).reshape(-1, len(NAMES)))


# -- pieces


def ours(
    generator: str, mood: str, seeds: Sequence[int], folder: Path, metre: WishedMetre = "any"
) -> Iterator[midi.Piece]:
    """Pieces of one generator in one mood, as they were played."""
    for seed in seeds:
        path = folder / f"{generator}-{mood}-{seed}.mid"
        wish = Wish(standing(*MOODS[mood]), BARS)
        write_midi(path, Studio(config_of(seed, generator, metre), wish, None, lambda _: None).compose().played)
        # The last chord rings on for a bar or two, in which nothing is composed.
        whole = midi.read(path)
        yield whole.between_bars(0, BARS) or whole


# -- the table


class Measured(NamedTuple):
    """Both sides."""

    people: dict[str, Table]
    """By corpus."""
    ours: dict[tuple[str, str], Table]
    """By generator and mood."""

    def pool(self, name: str) -> Floats:
        """People's values of a feature, from all corpora that tell it; there may be none."""
        told = [table.column(name) for corpus, table in self.people.items() if name not in UNPLAYED[corpus]]
        return known(np.concatenate([np.empty(0), *told]))


def measure(
    data: Path,
    progress: Progress,
    *,
    quick: bool,
    seeds: tuple[int, int] | None,
    generators: Sequence[str],
    metre: WishedMetre = "any",
) -> Measured:
    """Everything but the discriminator; `data` holds the corpora. `seeds` are first and last."""
    first, last = seeds or (QUICK_SEEDS if quick else SEEDS)
    theirs = {}
    for corpus, name in CORPORA.items():
        progress(f"breath: {name}")
        theirs[corpus] = measure_pieces(people(data / name, QUICK_SONGS if quick else SONGS, metre))
    composed = {}
    with tempfile.TemporaryDirectory() as folder:
        for generator, mood in itertools.product(generators, MOODS):
            progress(f"breath: {generator}, {mood}")
            composed[generator, mood] = measure_pieces(
                list(ours(generator, mood, range(first, last + 1), Path(folder), metre))
            )
    return Measured(theirs, composed)


def figures(measured: Measured) -> list[Figure]:
    """A figure for each row, generator and mood: its median beside the nearer one of people's quartiles."""
    return [
        _figure(f"breath, {generator}, {mood}: {name.replace('_', ' ')}", table.column(name), measured.pool(name))
        for (generator, mood), table in measured.ours.items()
        for name in ROWS
        if len(measured.pool(name))
    ]


def _figure(title: str, values: Floats, theirs: Floats) -> Figure:
    low, middle, high = np.percentile(theirs, (25, 50, 75))
    value = median(values)
    note = f"people {low:.2f} to {high:.2f}, median {middle:.2f}"
    if value - low < high - value:
        return Figure(title, value, float(low), "at least", note=note)
    return Figure(title, value, float(high), "at most", note=note)


def judged(measured: Measured, python: str) -> dict[str, critic.Verdict]:
    """How well ours are told from people's, by generator and mood, and, as the null, people's from people's.

    Raises:
        RivalMissingError: the interpreter has no scikit-learn.
    """
    theirs = np.concatenate([table.symbolic for table in measured.people.values()])
    names = [name for table in measured.people.values() for name in table.pieces]
    cases = {
        f"{generator}, {mood}": critic.Case(theirs, table.symbolic, names)
        for (generator, mood), table in measured.ours.items()
    }
    cases["people, halves"] = critic.Case(theirs[::2], theirs[1::2], names[::2])
    pop, lieder = (measured.people[corpus] for corpus in CORPORA)
    cases["pop against lieder"] = critic.Case(pop.symbolic, lieder.symbolic, list(pop.pieces))
    return critic.judge(cases, SYMBOLIC, python)


def as_report(measured: Measured, verdicts: dict[str, critic.Verdict]) -> str:
    """Table and verdicts as Markdown."""
    return "\n\n".join([as_table(measured), *([as_verdicts(verdicts)] if verdicts else [])])


def as_table(measured: Measured) -> str:
    """The table as Markdown: people, then medians of ours, bold where they lie outside people's quartiles."""
    heads = [f"{generator} {mood}" for generator, mood in measured.ours]
    lines = ["| | people: quartiles | pop | lieder | " + " | ".join(heads) + " |", "|---|" + "---|" * (3 + len(heads))]
    for name in ROWS:
        pool = measured.pool(name)
        low, middle, high = np.percentile(pool, (25, 50, 75)) if len(pool) else (-np.inf, np.nan, np.inf)
        medians = [median(table.column(name)) for table in measured.ours.values()]
        shown = [f"{value:.2f}" if low <= value <= high else f"**{value:.2f}**" for value in medians]
        corpora = [_corpus(measured, corpus, name) for corpus in CORPORA]
        quartiles = f"{low:.2f} - {middle:.2f} - {high:.2f}" if len(pool) else "no data"
        lines.append("| " + " | ".join([name.replace("_", " "), quartiles, *corpora, *shown]) + " |")
    return "\n".join(lines)


def _corpus(measured: Measured, corpus: str, name: str) -> str:
    if name in UNPLAYED[corpus]:
        return "not played"
    return f"{median(measured.people[corpus].column(name)):.2f}"


def as_verdicts(verdicts: dict[str, critic.Verdict]) -> str:
    """What the discriminator found, as Markdown."""
    lines = [
        "| told apart | balanced accuracy | lost when a feature is shuffled | one feature alone: area under curve |",
        "|---|---|---|---|",
    ]
    for name, verdict in verdicts.items():
        lines.append(
            f"| {name} | {verdict.balanced_accuracy:.2f} | {_told(verdict.features)} | {_told(verdict.alone)} |"
        )
    return "\n".join(lines)


def _told(features: dict[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in features.items())


def verdict_figures(verdicts: dict[str, critic.Verdict]) -> list[Figure]:
    """One figure for each set of ours."""
    return [
        Figure(
            f"breath, {name}: told from people's",
            verdict.balanced_accuracy,
            critic.ASKED,
            "at most",
            note=f"people's halves {verdicts['people, halves'].balanced_accuracy:.2f}",
        )
        for name, verdict in verdicts.items()
        if name.partition(",")[0] in GENERATORS
    ]


def seeds_of(text: str) -> tuple[int, int]:
    """First and last seed, written `0-59`."""
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.bench.breath", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds open/")
    parser.add_argument("--quick", action="store_true", help="few pieces: a minute")
    parser.add_argument("--seeds", type=seeds_of, help="first and last seed, as 0-59 [default: from 7000 on]")
    parser.add_argument(
        "--generator", action="append", choices=sorted(GENERATORS), help="only this one, and others named"
    )
    parser.add_argument("--metre", default="any", choices=get_args(WishedMetre), help="ours, and people's bars as long")
    parser.add_argument("--peers-python", default="", help="an interpreter with scikit-learn, for the discriminator")
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--out", type=Path, help="also write the table (Markdown)")
    options = parser.parse_args(argv)
    if not (options.data / "open").is_dir():
        print(f"isotone: {options.data} holds no folder open/. Name the data folder.", file=sys.stderr)
        return 8
    measured = measure(
        options.data / "open",
        lambda text: print(text, file=sys.stderr),
        quick=options.quick,
        seeds=options.seeds,
        generators=options.generator or list(GENERATORS),
        metre=options.metre,
    )
    try:
        verdicts = judged(measured, options.peers_python) if options.peers_python else {}
    except critic.RivalMissingError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return 11
    text = as_report(measured, verdicts)
    if options.out:
        options.out.write_text(text + "\n", "utf-8")
    print(msgspec.json.encode([*figures(measured), *verdict_figures(verdicts)]).decode() if options.as_json else text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
