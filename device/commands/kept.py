"""Finds the sessions that are meant: where they are kept on this machine, and one of them by its folder or its id."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from device.commands.options import DEVICE_TOML, device_option
from device.commands.session_folder import sessions_root
from device.config import DeviceConfig, load
from device.errors import RecordingError
from device.sessions.listing import SessionInfo, list_sessions

NAMED_MAX = 5
"""Number of sessions that a refusal names."""


def places(folder: Path | None, device_path: Path | None) -> list[Path]:
    """Folders in which sessions are kept: the given one; else what device.toml says, then the user's own.

    Raises:
        ConfigError: device.toml cannot be used.
        RecordingError: there is no such folder.
    """
    if folder:
        if not folder.is_dir():
            raise RecordingError(f"{folder} is no folder.", "Give one in which sessions are kept.")
        return [folder]
    if device_path is None and os.access(DEVICE_TOML, os.R_OK):
        device_path = DEVICE_TOML
    devices = [load(device_path, DeviceConfig)] if device_path else []
    # A demo does not ask the box's own device.toml, and is kept with its user.
    return list(dict.fromkeys(map(sessions_root, [*devices, DeviceConfig()])))


def all_sessions(roots: list[Path]) -> list[SessionInfo]:
    """The sessions in all of these folders, newest first."""
    found = [info for root in roots for info in list_sessions(root)]
    return sorted(found, key=lambda info: info.session_id, reverse=True)


def find_session(words: str, folder: Path | None = None, device_path: Path | None = None) -> Path:
    """The folder of the session that is meant: given itself, or as the id that `sessions list` prints, or its start.

    Raises:
        RecordingError: no session has that id, or several begin with it.
    """
    bare = words.rstrip(os.sep)  # A shell completes an id like a folder.
    if os.path.lexists(words) or os.sep in bare:
        return Path(words)
    roots = places(folder, device_path)
    sessions = all_sessions(roots)
    # A copy of a session has its id, and another folder.
    named = [info for info in sessions if Path(info.folder).name == bare]
    exact = named or [info for info in sessions if info.session_id == bare]
    found = exact or [info for info in sessions if bare and info.session_id.startswith(bare)]
    if not found:
        looked = " or ".join(map(str, roots))
        raise RecordingError(
            f"There is no session {bare or 'without a name'} in {looked}, and no such folder.",
            "Give an id that `isotone sessions list` prints, or the folder of a session.",
        )
    if len(exact) > 1:
        some = ", ".join(info.folder for info in exact[:NAMED_MAX])
        raise RecordingError(f"{len(exact)} sessions have the id {bare}: {some}.", "Give the folder of one.")
    if len(found) > 1:
        some = ", ".join(Path(info.folder).name for info in found[:NAMED_MAX])
        raise RecordingError(f"{len(found)} sessions begin with {bare}: {some}.", "Give more of the id.")
    return Path(found[0].folder)


dir_option = click.option("--dir", "root", type=click.Path(path_type=Path), help="Where sessions are kept.")


def session_argument(command: Any) -> Any:
    """A session by id or folder, and the options that say where sessions are kept."""
    for option in (dir_option, device_option, click.argument("session", metavar="ID_OR_FOLDER")):
        command = option(command)
    return command
