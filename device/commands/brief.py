"""The command `isotone brief`: a piece for a few plain words, made by steps that can be followed and steered.

Words are read by a closed vocabulary in four languages; what was understood and what was not is said. Whatever they
ask for, prescription and guards have the last word.
"""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import click
import msgspec

from device.brief.reader import Brief, Point, read_brief, remarks_of
from device.commands.piece import Piece, Sound
from device.commands.piece_files import PLACE, inputs_of, picture_place, progress, stoppable, write_piece
from device.commands.sketch import Sketch, Step, voices_of
from device.commands.wishes import configure
from device.config import Prescription, SessionConfig
from device.console.printing import say, say_json
from device.control.plan.session_plan import State
from device.files.outputs import is_standard_output, writing
from device.music.form import SECTION_BARS
from device.music.instruments import NAMES

FILE = click.Path(path_type=Path, dir_okay=False)
STEPS_MAX, TAKES_MAX = 64, 8
UNSAID = ("instruments", "like")
"""Options of `isotone compose` for which words stand here."""


@click.command()
@click.argument("words")
@click.option("--then", multiple=True, metavar="WORDS", help="What changes with the next step; repeatable.")
@click.option("--ask", is_flag=True, help="Ask after each step what should change.")
@click.option("--steps", type=click.IntRange(1, STEPS_MAX), default=4, show_default=True, help="Sections of 8 bars.")
@click.option("--takes", type=click.IntRange(1, TAKES_MAX), default=3, show_default=True, help="Tried for each step.")
@click.option("--generator", metavar="NAME", help="transformer, rules or phrasebook [default: the device's].")
@click.option("--prescription", type=FILE, help="prescription.toml: goal, limits, preference.")
@click.option("--device", type=FILE, help="device.toml: model and sound font.")
@click.option("--seed", type=click.IntRange(min=0), help="The same seed gives the same piece [default: a new one].")
@click.option("--out", type=PLACE, required=True, help="Where the MIDI file goes.")
@click.option("--wav", type=PLACE, help="Also render it as the box would sound.")
@click.option("--picture", type=PLACE, callback=picture_place, help="Also draw it (PNG, PDF or SVG).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def brief(words: str, **options: Any) -> None:
    """Compose a piece for a few words, such as "gentle piano and strings, I feel tense today"."""
    first, remarks = read_brief(words), list[str]()
    config = _equip(configure(dict.fromkeys(UNSAID) | options | first.tastes, remarks), first, remarks)
    files = {name: options[name] for name in ("out", "wav", "picture") if options[name]}
    beside = options["as_json"] or any(map(is_standard_output, files.values()))
    for sentence in (*remarks_of(first), *remarks):
        say(sentence, err=beside)
    outputs = {f"--{name}": path for name, path in files.items()}
    with stoppable(), writing(outputs, inputs_of(options, config)) as places:
        steps, piece = _work(config, first, options, places.get("--wav"), err=beside)
        write_piece(piece, config, places)
    for path in files.values():
        say(f"  {path}", err=beside)
    if options["as_json"]:
        say_json(_report(words, first, remarks, config, steps, piece), err=any(map(is_standard_output, files.values())))


def _work(
    config: SessionConfig, first: Brief, options: dict[str, Any], wav: Path | None, *, err: bool
) -> tuple[list[Step], Piece]:
    """Every step with what is said before it, and then the whole."""
    goal = _goal(first, State(config.prescription.goal_valence, config.prescription.goal_arousal))
    start = State(*first.feels) if first.feels else goal
    n_steps = max(options["steps"], len(options["then"]) + 1)
    sketch = Sketch(config, start, n_steps, options["takes"], first.tempo_bpm)
    steps: list[Step] = []
    later = list(options["then"])
    while not sketch.is_whole:
        if steps:
            goal = _heed(_next_words(later, ask=options["ask"]), sketch, goal, config, err=err)
        with progress("step", options["takes"], quiet=options["as_json"]) as told:
            steps.append(sketch.go_on(goal, told))
        say(_sentence(steps[-1], n_steps), err=err)
    shown = progress("playing", n_steps * SECTION_BARS, quiet=wav is None)
    with closing(Sound(config, wav)) if wav else nullcontext() as sound, shown as told:
        return steps, sketch.play(sound, told)


def _next_words(later: list[str], *, ask: bool) -> str:
    """What is said before the next step: from the command line first, then by somebody who follows."""
    if later:
        return later.pop(0)
    if ask and sys.stdin.isatty():
        return str(click.prompt("What should change? (Enter: go on)", default="", show_default=False, err=True))
    return ""


def _heed(words: str, sketch: Sketch, goal: State, config: SessionConfig, *, err: bool) -> State:
    """The goal after new words; instruments that shall not play fall silent."""
    if not words.strip():
        return goal
    later = read_brief(words)
    for sentence in remarks_of(later):
        say(sentence, err=err)
    if later.instruments:
        say("Instruments are chosen at the beginning: those that play may be left out, none is added.", err=err)
    if later.feels:
        sketch.here = State(*later.feels)
    silenced = list(voices_of(config, {program for _, program in later.never}))
    if len(silenced) < len(config.prescription.preference.voices):
        sketch.silence(silenced)
    return _goal(later, goal)


def _goal(brief: Brief, goal: State) -> State:
    """Where the music shall go: where the words wish it, or on from where it was going."""
    from_here = Point(*brief.wish) if brief.wish else Point(*goal)
    by = brief.nudge or Point(0.0, 0.0)
    return State(*(min(max(a + b, -1.0), 1.0) for a, b in zip(from_here, by, strict=True)))


def _equip(config: SessionConfig, brief: Brief, remarks: list[str]) -> SessionConfig:
    """The session with the instruments of the words, as far as the prescription allows them."""
    prescription = config.prescription
    never = (*prescription.never_programs, *(program for _, program in brief.never))
    programs = dict(prescription.programs)
    taken: set[str] = set()
    for name, instrument in brief.instruments:
        voice = next((voice for voice in instrument.voices if voice not in taken), None)
        if instrument.program in never:
            remarks.append(f"{name.capitalize()} is on the list of what may never play, and does not.")
        elif voice is None:
            remarks.append(f"There is no voice left for {name}.")
        else:
            taken.add(voice)
            programs[voice] = instrument.program
    remarks += [
        f"{NAMES[program].capitalize()} does not play: another instrument takes the {voice}."
        for voice, program in programs.items()
        if program in never
    ]
    wished: Prescription = msgspec.structs.replace(
        prescription, programs=programs, never_programs=tuple(dict.fromkeys(never))
    )
    return msgspec.structs.replace(config, prescription=wished)


def _sentence(step: Step, n_steps: int) -> str:
    best = step.best
    asked, heard = (f"{point.valence:+.2f} {point.arousal:+.2f}" for point in (step.target, best))
    kept = f"take {(step.kept or 0) + 1} of {len(step.scores)} is kept"
    verdict = kept if step.kept is not None else "no take was good: the phrasebook plays"
    where = f"towards {asked}, heard {heard} (valence, arousal)"
    return f"step {step.number} of {n_steps}: {where}; {verdict} ({best.total:.2f})"


def _report(
    words: str, brief: Brief, remarks: list[str], config: SessionConfig, steps: list[Step], piece: Piece
) -> dict[str, Any]:
    return {
        "words": words,
        "understood": dict(brief.understood),
        "not_understood": brief.unknown,
        "impossible": brief.impossible,
        "remarks": remarks,
        "seed": config.seed,
        "generator": config.device.music.generator,
        "bars": len(piece.played),
        "seconds_of_music": round(piece.seconds, 3),
        "steps": [
            {
                "target": [round(value, 3) for value in step.target],
                "kept": step.kept,
                "takes": [scores._asdict() | {"total": scores.total} for scores in step.scores],
            }
            for step in steps
        ],
    }
