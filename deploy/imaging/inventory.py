"""What a root is made of: Debian's packages, wheels, and what neither brought, each with its files and licences."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from urllib.parse import quote

import msgspec

SITE = "opt/isotone/.venv/lib/python3*/site-packages"
LICENCE_LINE = re.compile(r"^License: *(\S.*?) *$", re.MULTILINE)
LICENCES_MAX = 60
MERGED = re.compile(r"^(bin|sbin|lib|lib64)/")
"""Old names of folders that are links into `usr` (merged-usr)."""
CACHED = re.compile(r"__pycache__/([^/]+)\.cpython-\d+(?:\.opt-\d)?\.pyc$")


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """What came together under one licence or several."""

    name: str
    version: str
    purl: str
    """Its address in the manner of package-url."""
    licences: tuple[str, ...]
    """As its maker writes them; empty: the maker says none in a form that programs read."""
    paths: frozenset[str]
    """Files that it brought, from the root; some may have been left out since."""


def debian_packages(root: Path) -> Iterator[Package]:
    """What dpkg installed."""
    release = (root / "etc/os-release").read_text()
    distro = re.search(r'^VERSION_ID="?(\d+)', release, re.MULTILINE)
    for stanza in re.split(r"\n\n+", (root / "var/lib/dpkg/status").read_text().strip()):
        fields = HeaderParser().parsestr(stanza)
        if "installed" not in fields.get("Status", "").split():
            continue
        name, version, arch = (str(fields[key]) for key in ("Package", "Version", "Architecture"))
        where = f"&distro=debian-{distro[1]}" if distro else ""
        yield Package(
            name=name,
            version=version,
            purl=f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={arch}{where}",
            licences=_debian_licences(root / "usr/share/doc" / name / "copyright"),
            paths=frozenset(_debian_paths(root, name, arch)),
        )


def wheels(root: Path) -> Iterator[Package]:
    """What was installed from wheels."""
    for metadata in sorted(root.glob(f"{SITE}/*.dist-info/METADATA")):
        fields = HeaderParser().parsestr(metadata.read_text(errors="replace"))
        name, version = str(fields["Name"]), str(fields["Version"])
        place = re.sub(r"[-_.]+", "-", name).lower()
        yield Package(
            name=name,
            version=version,
            purl=f"pkg:pypi/{quote(place)}@{quote(version)}",
            licences=_wheel_licences(fields),
            paths=frozenset(_wheel_paths(root, metadata.parent)),
        )


def source_of(path: str) -> str:
    """The file that a compiled module was made of, by its place; the path itself for any other."""
    return CACHED.sub(r"\1.py", path)


def _debian_paths(root: Path, name: str, arch: str) -> Iterator[str]:
    info = root / "var/lib/dpkg/info"
    for listed in (info / f"{name}.list", info / f"{name}:{arch}.list"):
        if listed.exists():
            for line in listed.read_text().splitlines():
                yield MERGED.sub(r"usr/\1/", line.strip().removeprefix("/"))


def _debian_licences(copyright_file: Path) -> tuple[str, ...]:
    """The short names of a machine-readable copyright file (DEP 5); of any other its place, for a person to read."""
    try:
        text = copyright_file.read_text(errors="replace")
    except OSError:
        return ()
    if "packaging-manuals/copyright-format" not in text:
        return (f"see usr/share/doc/{copyright_file.parent.name}/copyright",)
    return tuple(sorted(set(LICENCE_LINE.findall(text)))[:LICENCES_MAX])


def _wheel_paths(root: Path, dist_info: Path) -> Iterator[str]:
    record = dist_info / "RECORD"
    if not record.exists():
        return
    with record.open(newline="") as file:
        for row in csv.reader(file):
            if row:
                yield str((dist_info.parent / row[0]).relative_to(root))


def _wheel_licences(fields: Message) -> tuple[str, ...]:
    """PEP 639's expression, else the classifiers, else the first line of what its maker wrote."""
    if expression := fields.get("License-Expression"):
        return (str(expression),)
    classified = [str(line) for line in fields.get_all("Classifier", []) if str(line).startswith("License ::")]
    named = tuple(sorted(line.rpartition("::")[2].strip() for line in classified if line.count("::") > 1))
    written = str(fields.get("License", "")).strip().splitlines()
    return named or tuple(line[:100] for line in written[:1])
