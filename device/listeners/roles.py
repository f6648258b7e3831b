"""Whose PIN is whose: what the box keeps of each role's PIN, by which it can be proven and not read.

The file is written when the box is provisioned (`device.provisioning`) and read by whatever asks a person who they are.
Whoever asks also waits after wrong PINs, longer each time: with few signs the waiting protects.
"""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Literal

import msgspec

from device.errors import ConfigError
from device.files.toml_text import BYTES_MAX
from device.listeners.pin import Pin, digest
from device.messages import UNDECODABLE

ROLES_FILE = Path("/etc/isotone/roles.json")
Role = Literal["therapist", "technician"]


class RolePins(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of the PINs; None: nobody has that role on this box."""

    version: int = 1
    therapist: Pin | None = None
    technician: Pin | None = None


def seal(pin: str, salt: bytes) -> Pin:
    """What is kept of a PIN."""
    return Pin(salt=salt, digest=digest(pin, salt))


def is_pin_of(pins: RolePins, role: Role, told: str) -> bool:
    """Whether it is the PIN of that role. Takes tens of milliseconds, whether or not there is one."""
    kept = pins.therapist if role == "therapist" else pins.technician
    found = digest(told, kept.salt if kept else b"nobody")
    return kept is not None and hmac.compare_digest(found, kept.digest)


def read_roles(path: Path = ROLES_FILE) -> RolePins:
    """The PINs of this box; none where the file is missing.

    Raises:
        ConfigError: it cannot be read or is damaged, and nobody is let in.
    """
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(BYTES_MAX), type=RolePins)
    except FileNotFoundError:
        return RolePins()
    except (OSError, *UNDECODABLE) as error:
        raise ConfigError(f"{path} cannot be read, so nobody has a role.", "Provision the box anew.") from error
