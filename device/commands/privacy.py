"""Opens the memory of listeners as device.toml asks for it: sealed by the keys that it names, or plain."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from device.commands.session_folder import listeners_root
from device.config import DeviceConfig, path_of
from device.errors import ConfigError, IsotoneError
from device.listeners.store import Store, open_store
from device.messages import KeepLevel
from device.sealing.keys_folder import ring_in


class Recording(NamedTuple):
    """How a session may be recorded."""

    keys_dir: str = ""
    """The folder of the keys by which it is sealed; empty: it is plain."""
    keep: KeepLevel = "raw"
    remarks: tuple[str, ...] = ()


@contextlib.contextmanager
def open_memory(device: DeviceConfig) -> Iterator[Store]:
    """What is remembered of listeners.

    Raises:
        ConfigError: no folder can be named for it, or for the box's key.
        DiskError, RecordingError: it cannot be used, or does not open.
    """
    open_keys(device)
    with open_store(listeners_root(device)) as store:
        yield store


def open_keys(device: DeviceConfig) -> str:
    """The folder of the keys, which is made where there is none; empty where nothing is sealed.

    Raises:
        ConfigError, DiskError, SealedError: it cannot be made, or the box's key does not open it.
    """
    if not device.privacy.seal:
        return ""
    from device.sealing.ring import NOBODY, open_ring  # noqa: PLC0415 - a laptop does not load what seals

    privacy = device.privacy
    folder = ring_in(listeners_root(device))
    ring = open_ring(folder, key_file(device), privacy.board_secret, privacy.clinic)
    ring.make(NOBODY)
    ring.key_of(NOBODY).wipe()
    return str(folder)


def key_file(device: DeviceConfig) -> Path:
    """Where the box's key lies: as configured, else in the user's configuration folder (XDG). Raises ConfigError."""
    if device.privacy.key_file:
        return path_of(device.privacy.key_file, "privacy.key_file")
    try:
        told = os.environ.get("XDG_CONFIG_HOME", "")
        home = Path(told) if told.startswith("/") else Path.home() / ".config"
    except RuntimeError as error:
        raise ConfigError("This user has no home folder for the box's key.", "Set privacy.key_file.") from error
    return home / "isotone" / "box.key"


def may_record(device: DeviceConfig) -> Recording:
    """How sessions are recorded on this box; nothing is kept where they are to be sealed and cannot be."""
    try:
        return Recording(open_keys(device))
    except IsotoneError as error:
        without = "Nothing of the session is kept, for it could not be sealed."
        return Recording(keep="nothing", remarks=(f"{error.sentence} {without} {error.action}",))
