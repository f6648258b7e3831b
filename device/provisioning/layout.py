"""The provisioning file, `isotone.toml` on the boot partition: who a box is, and what it needs to know of the place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from device.audio.safety.headphones import full_scale_spl, profile_of
from device.config import BoxConfig, Config, EntryError, HeadphonesConfig, load
from device.errors import ConfigError
from device.messages import Language

FILE_NAME = "isotone.toml"
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")]
Password = Annotated[str, msgspec.Meta(pattern=r"^[ -~]{8,63}\Z")]
"""What WPA takes (IEEE 802.11, annex J.4.1)."""
KEY_PATTERN = r"^(ssh-ed25519|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]{40,400}( [ -~]{0,100})?\Z"
PublicKey = Annotated[str, msgspec.Meta(pattern=KEY_PATTERN)]
"""A line of authorized_keys(5) without options."""
RolePin = Annotated[str, msgspec.Meta(pattern=r"^[ -~]{6,64}\Z")]
"""With fewer than six signs somebody in the same network would guess it in weeks, throttled as it is."""
Pem = Annotated[
    str, msgspec.Meta(pattern=r"^(-----BEGIN [A-Z ]{1,40}-----\n[A-Za-z0-9+/=\n]+-----END [A-Z ]{1,40}-----\n?)+$")
]
"""What RFC 7468 calls a textual encoding: one block, or several."""


class Wifi(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[wifi]`: the network of the place. Without it a box uses a cable, or none: music needs no network."""

    network: Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,32}\Z")]
    password: Password
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
    """Where the box stands, as ISO 3166 names it: which channels may be used is a matter of law."""

    def __post_init__(self) -> None:
        if len(self.network.encode()) > 32:
            raise ValueError("network is longer than 32 bytes, which no network's name is")


class Fleet(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[fleet]`: the clinic's broker, and this box's own certificate for it (`device.fleet.layout`), as PEM texts."""

    broker: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9.:-]{1,253}$")]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8883
    group: Name = "all"
    authority: Pem
    certificate: Pem
    key: Pem


class Roles(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[roles]`: the PINs by which a person shows this box who they are. The box keeps no PIN, only what proves it."""

    therapist_pin: RolePin | None = None
    technician_pin: RolePin | None = None

    def __post_init__(self) -> None:
        if self.therapist_pin is not None and self.therapist_pin == self.technician_pin:
            raise ValueError("therapist_pin and technician_pin are the same, so that neither says who somebody is")


class Provision(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a technician says of one box."""

    name: Name
    """Its name in the network and on its label."""
    language: Language = "en"
    timezone: str = "UTC"
    wifi: Wifi | None = None
    technician_key: PublicKey | None = None
    """Public key with which a technician may log in by SSH; without it nobody may."""
    roles: Roles = Roles()
    fleet: Fleet | None = None
    headphones: HeadphonesConfig = HeadphonesConfig()
    box: BoxConfig = BoxConfig()


def read(path: Path) -> Provision:
    """Reads a provisioning file.

    Raises:
        ConfigError: it cannot be read, has a key that is not known, or a value that cannot be; with file and line.
    """
    provision = load(path, Provision)
    try:
        _refuse_unknown(provision)
    except EntryError as error:
        raise error.at(path) from error
    return provision


def _refuse_unknown(provision: Provision) -> None:
    """What can be said and is not there.

    Raises:
        EntryError: the time zone, or the profile of the headphones.
    """
    try:
        ZoneInfo(provision.timezone)
    except (OSError, ValueError, LookupError) as error:
        problem = f"is {provision.timezone!r}, and there is no such time zone"
        raise EntryError([], "timezone", problem, 'Write it as in `"Europe/Berlin"`.') from error
    try:
        profile_of(provision.headphones.profile)
    except ConfigError as error:
        problem = f"is {provision.headphones.profile!r}, and there is no such profile"
        raise EntryError(["headphones"], "profile", problem, error.action) from error
    try:
        full_scale_spl(provision.headphones)
    except ConfigError as error:
        raise EntryError(
            ["headphones"], "sensitivity_db_mw", "needs `impedance_ohm` beside it", error.action
        ) from error
