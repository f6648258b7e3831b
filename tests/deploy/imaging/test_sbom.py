"""The bill of materials of an image: every file once, with its hash, beside the package that brought it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.imaging.sbom import MADE, OURS, bill, files_of, write_bill

SITE = "opt/isotone/.venv/lib/python3.13/site-packages"
STATUS = """Package: libfoo1
Status: install ok installed
Architecture: arm64
Version: 1:2.0+dfsg-1
Description: a thing
 with more lines

Package: gone
Status: deinstall ok config-files
Architecture: arm64
Version: 1

Package: old
Status: install ok installed
Architecture: all
Version: 3
"""
FILES = {
    "etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
    "var/lib/dpkg/status": STATUS,
    "var/lib/dpkg/info/libfoo1:arm64.list": "/lib\n/lib/libfoo.so\n/usr/share/doc/libfoo1/copyright\n/usr/lib/gone\n",
    "var/lib/dpkg/info/old.list": "/usr/lib/python3/dist-packages/old.py\n",
    "usr/lib/libfoo.so": "foo",
    "usr/share/doc/libfoo1/copyright": "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
    "\nFiles: *\nLicense: LGPL-2.1+\n words\n\nFiles: debian/*\nLicense: MIT\n",
    "usr/share/doc/old/copyright": "Copy as you like.",
    "usr/lib/python3/dist-packages/old.py": "old",
    "usr/lib/python3/dist-packages/__pycache__/old.cpython-313.pyc": "compiled",
    f"{SITE}/bar/__init__.py": "bar",
    f"{SITE}/bar-1.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: Bar_x\nVersion: 1.0\n"
    "License-Expression: MIT OR Apache-2.0\n\nName: not this\n",
    f"{SITE}/bar-1.0.dist-info/RECORD": "bar/__init__.py,sha256=x,3\nbar/tests/left_out.py,,\n",
    "opt/isotone/device/cli.py": "ours",
    "etc/passwd": "made",
    "tmp/no.txt": "not in an image",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "root/usr/lib/libfoo.so.1").symlink_to("libfoo.so")
    return tmp_path / "root"


@pytest.fixture
def told(root: Path) -> dict[str, Any]:
    return bill(root, "qemu-virt", "0.8.0.1700000000", 1_700_000_000)


def brought(told: dict[str, Any]) -> dict[str, list[str]]:
    return {each["name"]: [file["name"] for file in each["components"]] for each in told["components"]}


def test_it_is_what_the_schema_asks_for(root: Path, tmp_path: Path) -> None:
    assert write_bill(tmp_path / "a.cdx.json", root, "qemu-virt", "0.8.0.1", 1_700_000_000) == 5
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str((tmp_path / "a.cdx.json").read_text()) is None
    broken = (tmp_path / "a.cdx.json").read_text().replace('"SHA-256"', '"SHA-255"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_every_file_is_there_once_with_its_hash(root: Path, told: dict[str, Any]) -> None:
    files = [file for each in told["components"] for file in each["components"]]
    assert sorted(file["name"] for file in files) == sorted(files_of(root))
    assert "tmp/no.txt" not in {file["name"] for file in files}
    for file in files:
        content = hashlib.sha256((root / file["name"]).read_bytes()).hexdigest()
        assert file["hashes"] == [{"alg": "SHA-256", "content": content}]


def test_files_stand_with_what_brought_them(told: dict[str, Any]) -> None:
    found = brought(told)
    assert found["libfoo1"] == ["usr/lib/libfoo.so", "usr/share/doc/libfoo1/copyright"]
    assert "usr/lib/python3/dist-packages/__pycache__/old.cpython-313.pyc" in found["old"]
    assert found["Bar_x"] == [f"{SITE}/bar/__init__.py"]
    assert "opt/isotone/device/cli.py" in found[OURS]
    assert "etc/passwd" in found[MADE]
    assert "gone" not in found


def test_packages_have_addresses_and_licences(told: dict[str, Any]) -> None:
    rows = {each["name"]: each for each in told["components"]}
    assert rows["libfoo1"]["purl"] == "pkg:deb/debian/libfoo1@1%3A2.0%2Bdfsg-1?arch=arm64&distro=debian-13"
    assert [each["license"]["name"] for each in rows["libfoo1"]["licenses"]] == ["LGPL-2.1+", "MIT"]
    assert rows["old"]["licenses"] == [{"license": {"name": "see usr/share/doc/old/copyright"}}]
    assert rows["Bar_x"]["purl"] == "pkg:pypi/bar-x@1.0"
    assert rows["Bar_x"]["licenses"] == [{"license": {"name": "MIT OR Apache-2.0"}}]
    assert rows[OURS]["licenses"] == [{"license": {"id": "Apache-2.0"}}]


def test_the_same_root_gives_the_same_bill(root: Path, told: dict[str, Any]) -> None:
    again = bill(root, "qemu-virt", "0.8.0.1700000000", 1_700_000_000)
    assert json.dumps(told) == json.dumps(again)
