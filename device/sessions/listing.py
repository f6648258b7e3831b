"""What sessions there are, and what stands in the summary of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from device.errors import RecordingError
from device.sessions.reader import SessionReader
from device.sessions.store import CONFIG_FILE, log_paths

SUMMARY_FILE = "summary.json"


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `isotone sessions list`."""

    session_id: str
    folder: str
    listener: str
    began: str
    """UTC, from the session's name."""
    minutes: float
    """As planned."""
    ended: str
    """How: `whole`, `stopped`, `by a fault`, or `not summarised`."""


def list_sessions(root: Path) -> list[SessionInfo]:
    """All sessions under `root`, newest first; a folder that is none is passed over."""
    found = []
    for config_path in root.glob(f"*/{CONFIG_FILE}"):
        try:
            found.append(_info(config_path.parent))
        except RecordingError:
            continue
    return sorted(found, key=lambda info: info.session_id, reverse=True)


def show(session_dir: Path) -> dict[str, Any]:
    """The summary of a session, or what is known without one.

    Raises:
        RecordingError: the folder is no session.
    """
    info: dict[str, Any] = msgspec.to_builtins(_info(session_dir))
    return info | {"segments": len(log_paths(session_dir))} | _summary(session_dir)


def _info(session_dir: Path) -> SessionInfo:
    document = SessionReader(session_dir).document
    session_id = document.text("session_id", session_dir.name)
    summary = _summary(session_dir)
    return SessionInfo(
        session_id=session_id,
        folder=str(session_dir),
        listener=document.text("listener"),
        began=session_id[:16],
        minutes=document.minutes,
        ended=str(summary.get("ended", "not summarised")),
    )


def _summary(session_dir: Path) -> dict[str, Any]:
    try:
        loaded: Any = json.loads((session_dir / SUMMARY_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
