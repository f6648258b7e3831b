"""Make a blind listening study, or score what listeners said.

    python -m hardware.listening --out DIR --seed S [--pairs N] [--human DIR] [--before TREE]
    python -m hardware.listening score ANSWERS.json... --key DIR.key.json [--json]

TREE is a checkout of an older release: it plays at the same places, and listeners say in which music they would rest.
DIR is what listeners get: they open its index.html. DIR.key.json beside it tells what is what, and stays with you.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from device.config import MusicConfig
from device.errors import DiskError, Exit, IsotoneError, RecordingError
from hardware.listening.answers import Answers, read_answers
from hardware.listening.page import write_page
from hardware.listening.scores import Composer, Fit, Pair, Scores, Share, score
from hardware.listening.sound import render, render_before, render_midi
from hardware.listening.study import BEFORE, HUMAN, Clip, Key, plan, read_key

PAIRS = 8
MIDI_FILES = (".mid", ".midi")
Progress = Callable[[str], None]


def build(out: Path, key: Key, human: Path | None, progress: Progress, *, before: Path | None = None) -> list[str]:
    """Render all clips of a study into a new folder and write its page and, beside it, its key; what is to be told.

    Raises:
        DiskError: the folder is there already, or cannot be written.
    """
    if out.exists():
        raise DiskError(f"{out} is there already.", "Give a new --out.")
    told: list[str] = []
    try:
        (out / "clips").mkdir(parents=True)
        for number, clip in enumerate(sorted(key.clips, key=lambda clip: clip.role == "repeat"), start=1):
            progress(f"clip {number} of {len(key.clips)}")
            told += _make(clip, key, out, human, before)
        write_page(key, out / "index.html")
        key_path(out).write_bytes(msgspec.json.format(msgspec.json.encode(key)))
    except OSError as error:
        raise DiskError(f"{out} cannot be written: {error}.", "Give another --out.") from error
    return told


def _make(clip: Clip, key: Key, out: Path, human: Path | None, before: Path | None) -> list[str]:
    path = out / clip.file
    if clip.role == "repeat":
        (first,) = (other for other in key.clips if other.id == clip.repeats)
        shutil.copyfile(out / first.file, path)
    elif clip.generator == HUMAN:
        assert human
        render_midi(human / clip.source, path)
    elif clip.release == BEFORE:
        assert before
        render_before(clip, path, before)
    else:
        return render(clip, path)
    return []


def key_path(out: Path) -> Path:
    return out.with_name(f"{out.name}.key.json")


def show(scores: Scores) -> None:
    """The scores for people."""
    console = Console()
    console.print(f"{scores.listeners} listeners, {scores.ratings} ratings")
    table = Table("composer", "clips", "valence R²", "arousal R²", "quadrants", "rest in it (0-4)", "would")
    for composer in (scores.all, *scores.composers):
        table.add_row(*_row(composer))
    console.print(table)
    retest = ", ".join(f"{name} {value:.2f}" for name, value in scores.retest.items() if name != "n")
    console.print(f"Heard twice ({scores.retest['n']:.0f} pairs), correlation: {retest}")
    console.print(f"Would they rest in it? At the same places: Friedman p = {scores.friedman_p:.3g}")
    _show_pairs(console, scores.pairs)
    console.print("Each listener's mean of all pieces, people's among them:")
    _show_pairs(console, scores.listener_pairs)


def _show_pairs(console: Console, pairs: Sequence[Pair]) -> None:
    for pair in pairs:
        console.print(f"  {pair.first} - {pair.second}: {pair.difference:+.2f}, p = {pair.p:.3g} (Wilcoxon, Holm)")


def _row(composer: Composer) -> tuple[str, ...]:
    rest = f"{composer.rest:.2f} ± {composer.rest_sd:.2f}"
    quadrants = f"{composer.quadrants:.0%}" if composer.quadrants >= 0 else "-"
    return (
        composer.generator, str(composer.clips), _fitted(composer.valence), _fitted(composer.arousal), quadrants, rest,
        _fitted_share(composer.would_rest),
    )  # fmt: skip


def _fitted_share(share: Share) -> str:
    return f"{share.share:.0%} ({share.low:.0%}-{share.high:.0%})" if share.share >= 0 else "-"


def _fitted(fit: Fit) -> str:
    return f"{fit.r2:.2f} ({fit.low:.2f}-{fit.high:.2f})" if fit.r2 >= 0 else "-"


def run_build(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.listening", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="new folder for the listeners")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"places, each composed by all [default: {PAIRS}]")
    parser.add_argument("--human", type=Path, help="folder of MIDI files to hear among them")
    parser.add_argument("--before", type=Path, metavar="TREE", help="checkout of an older release to hear beside")
    options = parser.parse_args(argv)
    is_older = options.before is not None
    key = plan(options.seed, options.pairs, MusicConfig().model, _midi_files(options.human), before=is_older)
    told = build(options.out, key, options.human, lambda text: print(text, file=sys.stderr), before=options.before)
    for sentence in told:
        print(f"isotone: {sentence}", file=sys.stderr)
    print(f"Give listeners the folder {options.out}; they open index.html.")
    print(f"Keep {key_path(options.out)} from them.")
    return 0


def _midi_files(folder: Path | None) -> list[Path]:
    """The human pieces.

    Raises:
        RecordingError: a folder without any.
    """
    if folder is None:
        return []
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in MIDI_FILES)
    if not found:
        raise RecordingError(f"{folder} holds no MIDI files.", "Give --human a folder with some, or leave it out.")
    return found


def run_score(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m hardware.listening score")
    parser.add_argument("answers", type=Path, nargs="+")
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args(argv)
    key = read_key(options.key)
    given: list[Answers] = []
    for path in options.answers:
        try:
            given.append(read_answers(path, key))
        except IsotoneError as error:
            print(f"isotone: {error} It is left out.", file=sys.stderr)
    if not given:
        print("isotone: There are no answers to score.", file=sys.stderr)
        return Exit.RECORDING
    scores = score(given, key)
    if options.as_json:
        print(msgspec.json.encode(scores).decode())
    else:
        show(scores)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    try:
        return run_score(argv[1:]) if argv[:1] == ["score"] else run_build(argv)
    except IsotoneError as error:
        print(f"isotone: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
