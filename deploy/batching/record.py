"""What was written so far, kept after every card: whoever begins again goes on where the reader was pulled."""

from __future__ import annotations

from pathlib import Path

import msgspec

from device.errors import ConfigError
from device.files.outputs import write_whole

FILE = "batch.json"
BYTES_MAX = 8 * 2**20


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """One card that was written and read back."""

    name: str
    listener: str
    at_utc: str
    card: str
    """Maker and model, as the card tells them, and its size; a file's name."""
    fingerprint: str = ""
    """SHA-256 of the box's certificate; empty: it has none."""
    valid_until: str = ""
    therapist_pin: str = ""
    technician_pin: str = ""


class Batch(msgspec.Struct, kw_only=True):
    """All cards of one list and one image."""

    version: int = 1
    image: str
    """The image's name and the SHA-256 of its map, so that two releases are not mixed."""
    cards: list[Written] = []

    @property
    def names(self) -> set[str]:
        """Whose card is done."""
        return {card.name for card in self.cards}


def open_batch(folder: Path, image: str) -> Batch:
    """What is in the folder; it is made where it is missing, and is its owner's alone, since PINs are in it.

    Raises:
        ConfigError: it belongs to another image, or cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        with (folder / FILE).open("rb") as file:
            batch = msgspec.json.decode(file.read(BYTES_MAX), type=Batch)
    except FileNotFoundError:
        return Batch(image=image)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{folder / FILE} cannot be used: {error}.", "Give another folder with --out.") from error
    if batch.image != image:
        raise ConfigError(f"{folder} was begun with {batch.image}, and this is {image}.", "Give another folder, --out.")
    return batch


def keep(folder: Path, batch: Batch) -> None:
    """Raises OSError where it cannot be written."""
    write_whole(folder / FILE, msgspec.json.format(msgspec.json.encode(batch)), 0o600)
