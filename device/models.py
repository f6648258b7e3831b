"""Model folders: `models_onnx/<name>-<version>/` with card.toml, whose hashes the files must match."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from device.errors import ModelError

MODELS_DIR = Path(__file__).resolve().parent.parent / "models_onnx"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The machine-readable half of a model card; other keys of card.toml are for people."""

    name: str
    version: str
    purpose: str
    licence: str
    files: dict[str, str]
    """File name -> SHA-256, for every file the runtime opens."""
    settings: dict[str, Any] = {}
    """What the runtime needs to know: feature names, window, context length, ..."""


class ModelFolder:
    """One model on disk, verified at opening.

    Raises:
        ModelError: folder or card missing or unreadable, or a file whose hash differs from the card's.
    """

    def __init__(self, models_dir: Path, name: str) -> None:
        self.folder = models_dir / name
        mend = "Reinstall the models, or name another model in device.toml."
        try:
            self.card = msgspec.convert(tomllib.loads((self.folder / "card.toml").read_text("utf-8")), Card)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ModelError(
                f"Model {name}: its card {self.folder / 'card.toml'} cannot be used: {error}.", mend
            ) from error
        for file, sha256 in self.card.files.items():
            self._verify(file, sha256, mend)

    def _verify(self, file: str, sha256: str, mend: str) -> None:
        try:
            found = hashlib.sha256((self.folder / file).read_bytes()).hexdigest()
        except OSError as error:
            raise ModelError(f"Model {self.card.name}: {file} cannot be read: {error}.", mend) from error
        if found != sha256:
            raise ModelError(f"Model {self.card.name}: {file} is corrupt (SHA-256 differs from its card).", mend)

    def path(self, file: str) -> Path:
        """Path of a verified file.

        Raises:
            ModelError: the card does not list the file.
        """
        if file not in self.card.files:
            raise ModelError(f"Model {self.card.name}: the card lists no {file}.", "Use a complete model folder.")
        return self.folder / file
