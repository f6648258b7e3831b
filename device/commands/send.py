"""`isotone send`: a wish to running sessions, and what became of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, get_args

import click
import msgspec

from device.clock import SystemClock
from device.commands.options import Bounded, Words, json_option
from device.config import SessionConfig
from device.console.printing import say, say_json
from device.errors import NotObeyedError
from device.messages import UNDECODABLE, VOICES, WISHES, Author, CueName, Mode
from device.music.instruments import find_instrument
from device.runtime.asking import ask
from device.runtime.door import Reply
from device.runtime.life import session_path
from device.runtime.run_folder import living_sessions

NOBODY = Reply(answer="unanswered", sentence="It is only starting, or ending; nobody answers there.")
MODES = get_args(Mode)
START_NS = 10_000_000_000
"""Time within which a session that begins has a door."""
BEGIN = "Start one with `isotone demo` or `isotone run`."


class Told(NamedTuple):
    """What a session answered."""

    run_dir: Path
    reply: Reply

    @property
    def is_obeyed(self) -> bool:
        return self.reply.answer in ("taken", "queued")


@click.command()
@click.argument("kind", type=click.Choice(sorted(WISHES)))
@click.option("--value", help="self_report: arousal, -1 calm to 1 tense. set_cue: the value, or major or minor.")
@click.option(
    "--valence",
    type=Bounded(-1, 1),
    help="self_report: -1 unpleasant to 1 pleasant; nudge: the step; take_over: where.",
)
@click.option("--arousal", type=Bounded(-1, 1), help="nudge: the step; take_over: where.")
@click.option("--cue", type=click.Choice(get_args(CueName)), help="lock, unlock, set_cue: which.")
@click.option("--voice", type=click.Choice(VOICES), help="less_of: which voice.")
@click.option("--instrument", type=Words(), help="less_of: which instrument, by name or General MIDI number.")
@click.option(
    "--proposal",
    type=click.IntRange(0, 2**31 - 1),
    help="approve, reject: its number (default: whichever is pending).",
)
@click.option(
    "--point", "points", multiple=True, metavar="SECONDS,VALENCE,AROUSAL", help="edit_path: where to be, and how soon."
)
@click.option("--off", is_flag=True, help="approve_first: no longer.")
@click.option("--author", type=click.Choice(["patient", "therapist"]), default="patient", show_default=True)
@click.option("--session", "wanted", help="The session's id, or its folder; needed where several are running.")
@click.option("--all", "to_all", is_flag=True, help="All running sessions; `stop` means all unless one is named.")
@json_option
def send(kind: str, author: Author, wanted: str | None, to_all: bool, as_json: bool, **options: Any) -> None:
    """Give a wish to the running session and say whether it was obeyed.

    The exit code is 0 only when every session that was asked answered that it obeys.
    """
    said = wish_of(kind, {name: value for name, value in options.items() if _is_told(value)})
    chosen = choose(living_sessions(), wanted, to_all=to_all or kind == "stop")
    told = tell(chosen, author, {"kind": kind, **said})
    if as_json:
        say_json({"answers": [_as_dict(item) for item in told]})
    else:
        for item in told:
            if item.is_obeyed:
                say(f"{item.run_dir.name}: {item.reply.answer}. {item.reply.sentence}".rstrip(" "))
    if refusals := [f"{item.run_dir.name}: {item.reply.sentence}" for item in told if not item.is_obeyed]:
        raise NotObeyedError(f"`{kind}` was not obeyed. {' '.join(refusals)}")


TAKES = {
    "self_report": ("value", "valence"),
    "set_cue": ("cue", "value"),
    "nudge": ("valence", "arousal"),
    "take_over": ("valence", "arousal"),
    "edit_path": ("points",),
    "lock": ("cue",),
    "unlock": ("cue",),
    "less_of": ("voice", "instrument"),
    "approve": ("proposal",),
    "reject": ("proposal",),
    "approve_first": ("off",),
}
"""Options of each kind that has some."""
NEEDS = {"cue": "--cue", "points": "--point", "value": "--value"}


def _is_told(value: Any) -> bool:
    """Whether an option was given; 0 is a value like others."""
    return value is not None and value is not False and value != ()


def wish_of(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """The fields of a wish that options tell.

    Raises:
        UsageError: an option that this kind does not have, that it lacks, or that is no value of it.
    """
    takes = TAKES.get(kind, ())
    if strange := sorted(options.keys() - set(takes)):
        has = f"; it has {' and '.join(f'--{name}' for name in takes)}" if takes else ""
        raise click.UsageError(f"`{kind}` has no --{strange[0]}{has}.")
    if missing := [name for name in takes if name in NEEDS and name not in options]:
        raise click.UsageError(f"`{kind}` needs {NEEDS[missing[0]]}.")
    said = dict(options)
    if kind == "self_report":
        said["value"] = _number(said["value"], 1.0)
    elif kind == "set_cue":
        said["value"] = said["value"] if said["value"] in MODES else _number(said["value"], math.inf)
    elif kind == "approve_first":
        said = {"on": not said.pop("off", False)}
    elif kind == "edit_path":
        said["points"] = [_point(words) for words in said["points"]]
    elif "instrument" in said:
        said["program"] = _program(said.pop("instrument"))
    return said


def _number(words: str, most: float) -> float:
    try:
        number = float(words)
    except ValueError:
        number = math.nan
    if not abs(number) <= most or math.isinf(number):
        raise click.UsageError(f"--value {words} is no number{f' of -{most:g} to {most:g}' if most == 1 else ''}.")
    return number


def _point(words: str) -> dict[str, float]:
    try:
        in_s, valence, arousal = map(float, words.split(","))
    except ValueError as error:
        raise click.UsageError(f"--point {words}: give three numbers, as in 120,0.4,-0.5.") from error
    return {"in_s": in_s, "valence": valence, "arousal": arousal}


def _program(words: str) -> int:
    try:
        return find_instrument(words)[0]
    except LookupError as error:
        raise click.UsageError(f"--instrument {words}: {error}") from error


def choose(living: Sequence[Path], wanted: str | None, *, to_all: bool) -> list[Path]:
    """Run folders of the sessions that are meant.

    Raises:
        NotObeyedError: none is running, or not the wanted one, or it is not clear which is meant.
    """
    if wanted is not None:
        found = [run_dir for run_dir in living if wanted == run_dir.name or _is_at(run_dir, Path(wanted))]
        if not found:
            raise NotObeyedError(f"No session `{wanted}` is running here.", f"Running: {_names(living)}.")
        return found
    if not living:
        raise NotObeyedError("No session is running here.", BEGIN)
    if len(living) > 1 and not to_all:
        raise NotObeyedError(f"Several sessions are running: {_names(living)}.", "Name one with --session, or --all.")
    return list(living)


def _names(living: Sequence[Path]) -> str:
    return ", ".join(run_dir.name for run_dir in living) or "none"


def _is_at(run_dir: Path, path: Path) -> bool:
    """Whether the session runs in that folder, or records into it."""
    try:
        config = msgspec.json.decode(session_path(run_dir).read_bytes(), type=SessionConfig)
        return path.resolve() in (run_dir.resolve(), Path(config.session_dir).resolve())
    except (OSError, RuntimeError, *UNDECODABLE):  # RuntimeError: links in a circle
        return False


def tell(run_dirs: Sequence[Path], author: Author, wish: dict[str, Any]) -> list[Told]:
    """Give a wish to several sessions at once; one that hangs does not hold up the others.

    Raises:
        NotObeyedError: none of them is there any more.
    """
    with ThreadPoolExecutor(max(1, len(run_dirs))) as asking:
        replies = asking.map(lambda run_dir: _ask(run_dir, author, wish), run_dirs)
        told = [Told(run_dir, reply) for run_dir, reply in zip(run_dirs, replies, strict=True) if reply]
    if not told:
        raise NotObeyedError("The session ended by itself just now.", BEGIN)
    return told


def _ask(run_dir: Path, author: Author, wish: dict[str, Any]) -> Reply | None:
    """Ask one session; a stop waits for one that is only starting. None: it ended meanwhile."""
    clock = SystemClock()
    deadline_ns = clock.now_ns() + START_NS * (wish["kind"] == "stop")
    while (reply := ask(run_dir, author, wish, clock)) is None:
        if run_dir not in living_sessions():
            return None
        if clock.now_ns() >= deadline_ns:
            return NOBODY
        clock.sleep(0.1)
    return reply


def _as_dict(told: Told) -> dict[str, str]:
    reply = told.reply
    return {
        "session": told.run_dir.name,
        "answer": reply.answer,
        "sentence": reply.sentence,
        "process": reply.process,
    }
