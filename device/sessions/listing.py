"""Lists what sessions there are, and shows what stands in the summary of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from device.errors import RecordingError
from device.files.locks import is_held
from device.messages import UNDECODABLE
from device.sealing.door import read_stored, stored_path
from device.sessions.names import SUMMARY_FILE
from device.sessions.reader import SessionReader
from device.sessions.store import log_paths
from device.text import printable

SUMMARY_BYTES_MAX = 16 * 2**20
WORD_MAX = 40


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `isotone sessions list`."""

    session_id: str
    folder: str
    listener: str = ""
    began: str = ""
    """Time in UTC, from the session's name."""
    minutes: float = 0.0
    """Length as planned."""
    ended: str
    """`whole`, `stopped`, `cut off`, `by a fault`, `plays` (it has not ended), `not summarised`, or `unreadable`."""
    problem: str = ""
    """Why it is unreadable, as a sentence."""


def list_sessions(root: Path) -> list[SessionInfo]:
    """All sessions under `root`, newest first. A folder that is none is passed over; a broken session says why.

    Raises:
        RecordingError: `root` may not be looked into.
    """
    try:
        folders = [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
    except OSError as error:
        raise RecordingError(f"{root} cannot be read: {error.strerror}.", "Give another folder with --dir.") from error
    return sorted(filter(None, map(_line, folders)), key=lambda info: info.session_id, reverse=True)


def _line(folder: Path) -> SessionInfo | None:
    try:
        return _info(folder) if log_paths(folder) else None
    except (RecordingError, OSError) as error:
        return SessionInfo(
            session_id=printable(folder.name), folder=str(folder), ended="unreadable", problem=str(error)
        )


def show(session_dir: Path) -> dict[str, Any]:
    """The summary of a session, or what is known without one.

    Raises:
        RecordingError: the folder is no session.
    """
    info: dict[str, Any] = msgspec.to_builtins(_info(session_dir))
    del info["problem"]
    return info | {"segments": len(log_paths(session_dir))} | _summary(session_dir)


def _info(session_dir: Path) -> SessionInfo:
    document = SessionReader(session_dir).document
    session_id = document.text("session_id") or printable(session_dir.name)
    return SessionInfo(
        session_id=session_id,
        folder=str(session_dir),
        listener=document.text("listener"),
        began=session_id[:16],
        minutes=document.minutes,
        ended=printable(str(_summary(session_dir).get("ended", _without_summary(session_dir))))[:WORD_MAX],
    )


def _without_summary(session_dir: Path) -> str:
    """A session holds its folder for as long as it lives."""
    return "plays" if is_held(session_dir) else "not summarised"


def _summary(session_dir: Path) -> dict[str, Any]:
    path = session_dir / SUMMARY_FILE
    try:
        if not stored_path(path).is_file():
            return {}
        return msgspec.json.decode(read_stored(path, SUMMARY_BYTES_MAX), type=dict[str, Any])
    except (OSError, RecordingError, *UNDECODABLE):
        return {}
