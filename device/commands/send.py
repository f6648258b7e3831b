"""`isotone send`: a wish to running sessions, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from device.clock import SystemClock
from device.commands.options import Bounded, json_option
from device.config import SessionConfig
from device.console.printing import say, say_json
from device.errors import NotObeyedError
from device.messages import UNDECODABLE, WISHES, Author, SelfReport
from device.runtime.asking import ask
from device.runtime.door import Reply
from device.runtime.life import session_path
from device.runtime.run_folder import living_sessions

NOBODY = Reply(answer="unanswered", sentence="It is only starting, or ending; nobody answers there.")
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
@click.option("--value", type=Bounded(-1, 1), default=0.0, help="self_report: arousal, -1 calm to 1 tense.")
@click.option("--valence", type=Bounded(-1, 1), help="self_report: -1 unpleasant to 1 pleasant.")
@click.option("--author", type=click.Choice(["patient", "therapist"]), default="patient", show_default=True)
@click.option("--session", "wanted", help="The session's id, or its folder; needed where several are running.")
@click.option("--all", "to_all", is_flag=True, help="All running sessions; `stop` means all unless one is named.")
@json_option
def send(
    kind: str, value: float, valence: float | None, author: Author, wanted: str | None, to_all: bool, as_json: bool
) -> None:
    """Give a wish to the running session and say whether it was obeyed.

    The exit code is 0 only when every session that was asked answered that it obeys.
    """
    said: dict[str, Any] = {"value": value, "valence": valence} if WISHES[kind] is SelfReport else {}
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
