"""From a provisioning file to the files of a box: pure, and the same however often it is done."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import msgspec

from device.provisioning.layout import Fleet, Provision, Wifi


class Setting(NamedTuple):
    """What one file of the box shall hold."""

    text: str
    mode: int = 0o644
    owner: str = ""
    """Who reads it; empty: root."""


def settings(provision: Provision, device_toml: str) -> dict[str, Setting]:
    """The files that a box has by this, by their paths from the root; `device_toml` is what its image came with."""
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
    if provision.fleet:
        found |= _fleet(provision.name, provision.fleet)
    return found


def _fleet(name: str, fleet: Fleet) -> dict[str, Setting]:
    """What the agent reads: `fleet.toml` and, as files, what was given as text."""
    folder = "etc/isotone/fleet"
    told: dict[str, Any] = {"name": name, "broker": fleet.broker, "port": fleet.port, "group": fleet.group}
    told |= {part: f"/{folder}/{part}.pem" for part in ("authority", "certificate", "key")}
    return {
        "etc/isotone/fleet.toml": Setting("".join(f"{key} = {_value(value)}\n" for key, value in told.items())),
        f"{folder}/authority.pem": Setting(fleet.authority),
        f"{folder}/certificate.pem": Setting(fleet.certificate),
        f"{folder}/key.pem": Setting(fleet.key, 0o400, "isotone"),
    }


def _device_toml(provision: Provision, before: str) -> str:
    tables: dict[str, dict[str, Any]] = {
        "voice": {"language": provision.language},
        "headphones": _said(provision.headphones),
        "box": _said(provision.box),
    }
    lines = [before.rstrip(), "", "# From the provisioning file."]
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items()), ""]
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
