"""Model folders: `models_onnx/<name>-<version>/` with card.toml, whose hashes the files must match."""

from __future__ import annotations

import hashlib
import stat
import tomllib
from io import BufferedReader
from pathlib import Path
from typing import Any

import msgspec

from device.errors import ModelError
from device.messages import UNDECODABLE
from device.text import printable

CARD_BYTES_MAX = 2**20
FILE_BYTES_MAX = 2**29
FILES_MAX = 64
WHY_MAX = 200
MEND = "Reinstall the models, or name another model in device.toml."
MODELS_DIR = Path(__file__).resolve().parents[2] / "models_onnx"


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
    """One model on disk, verified at opening. A card vouches for files of its own folder, and for nothing else.

    Raises:
        ModelError: folder or card missing or unreadable, a file that lies elsewhere, is none or too large, or one whose
            hash differs from the card's.
    """

    def __init__(self, models_dir: Path, name: str) -> None:
        if Path(name).is_absolute() or not Path(name).parts or ".." in Path(name).parts:
            raise ModelError(f"Model {printable(name)} is no folder in {models_dir}.", MEND)
        self.folder = models_dir / name
        try:
            self.card = _read_card(self.folder / "card.toml")
        except (OSError, *UNDECODABLE) as error:
            why = str(error)[:WHY_MAX]
            raise ModelError(
                f"Model {name}: its card {self.folder / 'card.toml'} cannot be used: {why}.", MEND
            ) from error
        if len(self.card.files) > FILES_MAX:
            raise ModelError(f"Model {name}: its card lists more than {FILES_MAX} files, which is the limit.", MEND)
        for file, sha256 in self.card.files.items():
            self._verify(file, sha256)

    def _verify(self, file: str, sha256: str) -> None:
        try:
            found = _hash(self._within(file))
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise ModelError(f"Model {self.folder.name}: {printable(file)} cannot be read: {error}.", MEND) from error
        if found != sha256:
            raise ModelError(
                f"Model {self.folder.name}: {printable(file)} is corrupt (SHA-256 differs from its card).", MEND
            )

    def _within(self, file: str) -> Path:
        """The place where a file of the card really lies. Raises ValueError where that is outside the folder."""
        path = (self.folder / file).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ValueError("it lies outside the model's folder")
        return path

    def path(self, file: str) -> Path:
        """Path of a verified file.

        Raises:
            ModelError: the card does not list the file.
        """
        if file not in self.card.files:
            raise ModelError(
                f"Model {self.folder.name}: the card lists no {printable(file)}.", "Use a complete model folder."
            )
        return self.folder / file


def _read_card(path: Path) -> Card:
    with _open(path, CARD_BYTES_MAX) as file:
        return msgspec.convert(tomllib.loads(file.read(CARD_BYTES_MAX).decode()), Card)


def _hash(path: Path) -> str:
    with _open(path, FILE_BYTES_MAX) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(path: Path, bytes_max: int) -> BufferedReader:
    """A file within the limit; neither a device, which may never end, nor a pipe, which may never begin.

    Raises:
        OSError, ValueError: it is none, or cannot be read.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is no file")
    if found.st_size > bytes_max:
        raise ValueError(f"it has more than {bytes_max / 2**20:g} MB, which is the limit")
    return path.open("rb")
