"""Keys and bundles for tests, made by OpenSSL as a technician's are."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.bundling.pack import pack

PROGRAM = '#!/bin/sh\necho "{version} $ISOTONE_SLOT $*"\n'
EPOCH = 1_700_000_000
TIME = "%Y%m%d%H%M%SZ"
SETTINGS = """
[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = authority
[any]
commonName = supplied
[authority]
basicConstraints = CA:true
"""
Keys = tuple[Path, Path]


def make_keys(folder: Path, name: str = "clinic", begins: datetime | None = None, ends: datetime | None = None) -> Keys:
    """A certificate that signs for itself, and its key; by default it is valid for a day."""
    home = folder / name
    home.mkdir()
    (home / "settings").write_text(SETTINGS)
    (home / "index").touch()
    (home / "serial").write_text("01")
    begins = begins or datetime.now(UTC) - timedelta(hours=1)
    ends = ends or begins + timedelta(days=1)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    _openssl(home, "req", *curve, "-nodes", "-subj", f"/CN={name}", "-keyout", "key", "-out", "request")
    times = ("-startdate", f"{begins:{TIME}}", "-enddate", f"{ends:{TIME}}")
    files = ("-in", "request", "-keyfile", "key", "-out", "certificate")
    _openssl(home, "ca", "-selfsign", "-batch", "-config", "settings", *files, *times)
    return home / "certificate", home / "key"


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_program(folder: Path, version: str, n_bytes: int = 1000) -> Path:
    """A folder of programs that says its version, where it was started from, and what it was given."""
    binary = folder / version / "bin"
    binary.mkdir(parents=True, exist_ok=True)
    (binary / "isotone").write_text(PROGRAM.format(version=version))
    (binary / "isotone").chmod(0o755)
    if not (binary / "python").is_symlink():
        (binary / "python").symlink_to("/usr/bin/python3")
    (folder / version / "data").write_bytes(bytes(index * 7 % 251 for index in range(n_bytes)))
    return folder / version


def make_bundle(folder: Path, version: str, signing: tuple[Path, Path], compatible: str, n_bytes: int = 1000) -> Path:
    """The signed bundle of such a folder."""
    out = folder / f"isotone-{version}.bundle"
    pack(make_program(folder, version, n_bytes), out, version, compatible, signing, EPOCH)
    return out
