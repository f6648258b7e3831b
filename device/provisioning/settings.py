"""From a provisioning file to the files of a box: pure, and the same however often it is done."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import msgspec

from device.listeners.roles import ROLES_FILE, RolePins, seal
from device.provisioning.layout import Fleet, Provision, Roles, Wifi

FLEET_KEY = "isotone-fleet-key"
"""The credential under which systemd gives the agent its key (systemd.exec(5), "Credentials")."""
FLEET_KEY_PLACE = f"/run/credentials/isotone-fleet.service/{FLEET_KEY}"


class Setting(NamedTuple):
    """What one file of the box shall hold."""

    text: str
    mode: int = 0o644
    owner: str = ""
    """Who reads it; empty: root."""
    credential: str = ""
    """Its name as a credential, where systemd seals it to this machine; empty: it is kept as it is."""


def settings(provision: Provision, device_toml: str, salt: bytes) -> dict[str, Setting]:
    """The files that a box has by this, by their paths from the root.

    `device_toml` is what its image came with, and `salt` what its PINs are kept with.
    """
    found = {
        "etc/hostname": Setting(f"{provision.name}\n"),
        "etc/timezone": Setting(f"{provision.timezone}\n"),
        "etc/isotone/device.toml": Setting(_device_toml(provision, device_toml)),
    }
    if provision.wifi:
        found["etc/iwd/main.conf"] = Setting(f"[General]\nCountry={provision.wifi.country}\n")
        found[f"data/iwd/{_file_of(provision.wifi.network)}"] = Setting(_network(provision.wifi), 0o600)
    if provision.technician_key:
        found["etc/ssh/technicians"] = Setting(f"{provision.technician_key}\n")
        found["etc/nftables.d/technician.nft"] = Setting("add rule inet filter input tcp dport 22 accept\n")
    if provision.roles != Roles():
        found[str(ROLES_FILE.relative_to("/"))] = Setting(_pins(provision.roles, salt), 0o400, "isotone")
    if provision.fleet:
        found |= _fleet(provision.name, provision.fleet)
    return found


def _fleet(name: str, fleet: Fleet) -> dict[str, Setting]:
    """What the agent reads: `fleet.toml` and, as files, what was given as text."""
    folder = "etc/isotone/fleet"
    told: dict[str, Any] = {"name": name, "broker": fleet.broker, "port": fleet.port, "group": fleet.group}
    told |= {part: f"/{folder}/{part}.pem" for part in ("authority", "certificate")} | {"key": FLEET_KEY_PLACE}
    return {
        "etc/isotone/fleet.toml": Setting("\n".join(_lines(told)) + "\n"),
        f"{folder}/authority.pem": Setting(fleet.authority),
        f"{folder}/certificate.pem": Setting(fleet.certificate),
        f"etc/credstore.encrypted/{FLEET_KEY}": Setting(fleet.key, 0o600, credential=FLEET_KEY),
    }


def _pins(roles: Roles, salt: bytes) -> str:
    """A salt for each, so that nobody sees whether two boxes share a PIN."""
    pins = RolePins(
        therapist=seal(roles.therapist_pin, b"therapist" + salt) if roles.therapist_pin else None,
        technician=seal(roles.technician_pin, b"technician" + salt) if roles.technician_pin else None,
    )
    return msgspec.json.encode(pins).decode()


def without_secrets(provision: Provision) -> str:
    """What stays on the boot partition for whoever holds the card, as a file to begin anew with."""
    tables: dict[str, dict[str, Any]] = {}
    if provision.wifi:
        tables["wifi"] = {"network": provision.wifi.network, "country": provision.wifi.country}
    if provision.fleet:
        fleet = provision.fleet
        tables["fleet"] = {"broker": fleet.broker, "port": fleet.port, "group": fleet.group}
    tables |= {"headphones": _said(provision.headphones), "box": _said(provision.box)}
    head = {"name": provision.name, "language": provision.language, "timezone": provision.timezone}
    head |= {"technician_key": provision.technician_key} if provision.technician_key else {}
    lines = [*_lines(head), ""]
    for name, table in tables.items():
        lines += [f"[{name}]", *_lines(table), ""] if table else []
    return "\n".join([*WIPED, *lines])


WIPED = (
    "# This box became what isotone.toml said. The file was overwritten and taken away, and its secrets are not here:",
    "# the Wi-Fi's password, PINs, certificates. To change the box add them, and name this file isotone.toml.",
)


def _lines(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items()]


def _device_toml(provision: Provision, before: str) -> str:
    tables: dict[str, dict[str, Any]] = {
        "voice": {"language": provision.language},
        "headphones": _said(provision.headphones),
        "box": _said(provision.box),
    }
    lines = [before.rstrip(), "", "# From the provisioning file."]
    for name, table in tables.items():
        lines += [f"[{name}]", *_lines(table), ""]
    return "\n".join(lines)


def _said(struct: msgspec.Struct) -> dict[str, Any]:
    """The fields that differ from what is assumed."""
    assumed = type(struct)()
    fields = msgspec.structs.asdict(struct)
    return {name: value for name, value in fields.items() if value != getattr(assumed, name)}


def _value(value: str | float) -> str:
    """A value as TOML writes it: as JSON does, but for one sign."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _file_of(network: str) -> str:
    """The name under which iwd looks for a network (iwd.network(5), NAMING)."""
    is_plain = re.fullmatch(r"[A-Za-z0-9 _-]+", network)
    return f"{network if is_plain else '=' + network.encode().hex()}.psk"


def _network(wifi: Wifi) -> str:
    """What iwd reads of a network; its settings take a backslash and a space in front only as escapes."""
    password = wifi.password.replace("\\", "\\\\")
    password = f"\\s{password[1:]}" if password.startswith(" ") else password
    return f"[Security]\nPassphrase={password}\n"
