"""The list for Raspberry Pi Imager, held against the rules of its published schema (doc/json-schema, draft 07)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deploy.imaging.boards import BOARDS
from deploy.imaging.imager import ENDING, write_manifest

TEXTS = (
    "name", "description", "icon", "url", "extract_sha256", "image_download_sha256", "release_date", "init_format",
    "website", "architecture",
)  # fmt: skip
FORMATS = ["none", "systemd", "cloudinit", "cloudinit-rpi", "rpi-preseed"]
RULES = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["os_list"],
    "additionalProperties": False,
    "properties": {
        "imager": {"type": "object"},
        "os_list": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": [
                    "name", "description", "icon", "url", "extract_size", "extract_sha256", "image_download_size",
                    "release_date", "devices",
                ],
                "properties": {name: {"type": "string", "minLength": 1} for name in TEXTS} | {
                    "extract_size": {"type": "integer", "minimum": 1},
                    "image_download_size": {"type": "integer", "minimum": 1},
                    "extract_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    "image_download_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    "release_date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
                    "init_format": {"enum": FORMATS},
                    "devices": {"type": "array", "items": {"type": "string", "pattern": "^pi[0-9]"}},
                    "architecture": {"enum": ["armv6", "armv7", "armv8", "x86_64"]},
                },
            },
        },
    },
}  # fmt: skip


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "isotone test.img"
    path.write_bytes(b"an image" * 1000)
    return path


def entry(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.read_text())
    return dict(told["os_list"][0])


@pytest.mark.parametrize("board", sorted(BOARDS))
def test_it_is_what_imagers_schema_asks_for(image: Path, board: str) -> None:
    path = write_manifest(image, board, BOARDS[board].architecture, "0.8.0.1764407000", 1_764_407_000)
    assert path.name.endswith(ENDING)
    jsonschema.validate(json.loads(path.read_text()), RULES, jsonschema.Draft7Validator)


def test_imager_finds_this_very_image_without_a_network(image: Path) -> None:
    told = entry(write_manifest(image, "qemu-virt", "arm64", "0.8.0.1764407000", 1_764_407_000))
    assert told["url"] == image.as_uri()
    assert "%20" in told["url"]
    assert told["extract_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()
    assert told["extract_size"] == 8000
    assert told["release_date"] == "2025-11-29"
    assert told["icon"].startswith("data:")


def test_no_other_way_of_setting_up_is_offered(image: Path) -> None:
    assert entry(write_manifest(image, "qemu-virt", "arm64", "0.8.0.1", 1))["init_format"] == "none"


def test_a_clinic_may_put_it_on_a_server(image: Path) -> None:
    url = "https://images.clinic.example/isotone.img"
    assert entry(write_manifest(image, "qemu-virt", "arm64", "0.8.0.1", 1, url))["url"] == url
