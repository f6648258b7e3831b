"""Model folders whose card says what it likes and whose files are what they like: verified, opened, loaded."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import tomllib
from pathlib import Path
from typing import Any

from device.affect.reader import Reader
from device.config import DeviceConfig, MusicConfig, SessionConfig
from device.files.models import MODELS_DIR, ModelFolder
from device.music.transformer import Transformer
from hardware.fuzz.mutations import mutate
from hardware.fuzz.values import spoil

READER, COMPOSER = "wrist-stress-0.2.0", "composer-0.2.0"
SELDOM = 0.02
"""Share of cases in which the composer is opened, which takes a tenth of a second."""
OUTSIDE = (
    "/dev/zero",
    "/dev/null",
    "/etc/hostname",
    "../secret",
    "a/../../secret",
    "link",
    "pipe",
    "huge",
    ".",
    "x\0y",
    "\n",
)
SECRET = b"nobody's model"


class Models:
    """A folder of models with one in it, and a file beside it that no card may vouch for."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "models"
        self._root.mkdir()
        (self._root / "secret").write_bytes(SECRET)
        self._cards = {name: (MODELS_DIR / name / "card.toml").read_bytes() for name in (READER, COMPOSER)}

    def run(self, rng: random.Random) -> None:
        name = COMPOSER if rng.random() < SELDOM else READER
        folder = self._copy(name)
        card = self._cards[name]
        match rng.choice(("bytes", "values", "values", "files", "model", "name")):
            case "bytes":
                card = mutate(card, rng)
            case "values":
                card = as_toml(spoil(tomllib.loads(card.decode()), rng))
            case "files":
                card = as_toml(tomllib.loads(card.decode()) | {"files": self._files(folder, rng)})
            case "model":
                card = self._damage(folder, card, rng)
            case "name":
                name = rng.choice(("../secret", "/etc", "", ".", "..", "x" * 5000, "\0", name + "/../" + name))
        if folder.is_dir():
            (folder / "card.toml").write_bytes(card)
        self._open(name)

    def _copy(self, name: str) -> Path:
        folder = self._root / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file in ("model.onnx", "model.tflite", "golden.npz"):
            if (MODELS_DIR / name / file).exists():
                shutil.copy(MODELS_DIR / name / file, folder / file)
        return folder

    def _files(self, folder: Path, rng: random.Random) -> dict[str, str]:
        """Files that lie elsewhere or are none, with hashes that are right where there is one."""
        (folder / "link").symlink_to(self._root / "secret")
        os.mkfifo(folder / "pipe")
        with (folder / "huge").open("wb") as file:
            file.truncate(2**42)
        digests = [hashlib.sha256(data).hexdigest() for data in (SECRET, b"")]
        return {rng.choice(OUTSIDE): rng.choice(digests) for _ in range(rng.choice((1, 3, 500)))}

    def _damage(self, folder: Path, card: bytes, rng: random.Random) -> bytes:
        """A damaged net, for which the card vouches: whoever made it made both."""
        path = rng.choice(sorted(folder.glob("model.*")))
        told = tomllib.loads(card.decode())
        data = mutate(path.read_bytes(), rng)
        path.write_bytes(data)
        told["files"][path.name] = hashlib.sha256(data).hexdigest()
        told["settings"]["file"] = path.name
        return as_toml(told)

    def _open(self, name: str) -> None:
        model = ModelFolder(self._root, name)
        for file in model.card.files:
            if not model.path(file).resolve().is_relative_to(self._root / name):
                raise AssertionError("a card vouched for a file outside its folder")
        if name == READER:
            Reader(self._root, name)
        elif name == COMPOSER:
            music = DeviceConfig(music=MusicConfig(model=name))
            Transformer(
                SessionConfig(session_id="", run_dir="", session_dir="", models_dir=str(self._root), device=music)
            )


def as_toml(tree: dict[str, Any]) -> bytes:
    """The tree as TOML, tables within tables in one line each; None and bytes are left out."""
    lines = [f"{_key(key)} = {_value(value)}\n" for key, value in tree.items() if _can_be_said(value)]
    return "".join(lines).encode("utf-8", "replace")


def _can_be_said(value: Any) -> bool:
    return value is not None and not isinstance(value, bytes)


def _key(key: Any) -> str:
    return json.dumps(str(key), ensure_ascii=False).replace("\x7f", "?")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inside = (f"{_key(key)} = {_value(entry)}" for key, entry in value.items() if _can_be_said(entry))
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(entry) for entry in value if _can_be_said(entry)) + "]"
    if isinstance(value, float):
        return repr(value)
    return _key(value) if isinstance(value, str) else json.dumps(value)
