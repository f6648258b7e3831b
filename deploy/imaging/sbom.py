"""The bill of materials of an image (SBOM), in the format CycloneDX 1.6: every package and every file, with hashes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.imaging.disk import identity
from deploy.imaging.inventory import Package, debian_packages, source_of, wheels
from deploy.imaging.root import PLACE

EMPTIED = ("proc", "sys", "dev", "run", "tmp", "var")
"""Folders of which an image has only the names (`disk.root_image`)."""
OURS, MADE = "isotone", "isotone-image"
SPDX_OURS = "Apache-2.0"


def write_bill(out: Path, root: Path, board: str, version: str, epoch: int) -> int:
    """Writes the bill of a root that is whole, and gives how many packages it names."""
    told = bill(root, board, version, epoch)
    out.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return len(told["components"])


def bill(root: Path, board: str, version: str, epoch: int) -> dict[str, Any]:
    """The bill as a structure; the same root, release and time of commit give the same."""
    packages = [*debian_packages(root), *wheels(root)]
    brought = _sorted_out(root, packages)
    components = [_component(package) for package in packages]
    for name, licence in ((OURS, {"id": SPDX_OURS}), (MADE, {"name": "as the packages that it was made of"})):
        told = {"type": "application", "bom-ref": name, "name": name, "version": version}
        components.append(told | {"licenses": [{"license": licence}]})
    for component in components:
        component["components"] = [_file(root, path) for path in brought[component["bom-ref"]]]
    when = dt.datetime.fromtimestamp(epoch, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    whole = {"type": "operating-system", "bom-ref": "image", "name": f"isotone-{board}", "version": version}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{identity('sbom', f'{board}/{version}')}",
        "version": 1,
        "metadata": {"timestamp": when, "component": whole},
        "components": components,
        "dependencies": [{"ref": "image", "dependsOn": sorted(each["bom-ref"] for each in components)}],
    }


def files_of(root: Path) -> Iterator[str]:
    """Every regular file that an image has, from the root, sorted."""
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if here != Path() or name not in EMPTIED)
        for name in sorted(names):
            path = here / name
            if (root / path).is_file() and not (root / path).is_symlink():
                yield str(path)


def _sorted_out(root: Path, packages: list[Package]) -> dict[str, list[str]]:
    """Which files came with which package, by its purl; with ours, and with what was only made of the others."""
    owner = {path: package.purl for package in packages for path in package.paths}
    found: dict[str, list[str]] = defaultdict(list)
    for path in files_of(root):
        rest = OURS if path.startswith((f"{PLACE}/", "usr/lib/isotone/", "usr/share/isotone/")) else MADE
        found[owner.get(path) or owner.get(source_of(path)) or rest].append(path)
    return found


def _component(package: Package) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "library", "bom-ref": package.purl, "name": package.name, "version": package.version,
        "purl": package.purl,
    }  # fmt: skip
    if package.licences:
        told["licenses"] = [{"license": {"name": name}} for name in package.licences]
    return told


def _file(root: Path, path: str) -> dict[str, Any]:
    with (root / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"type": "file", "name": path, "hashes": [{"alg": "SHA-256", "content": digest}]}
