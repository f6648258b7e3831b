"""A sealed folder of a session: its own key, wrapped under the listener's, and the files that are sealed by it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from device.errors import DiskError, SealedError
from device.files.outputs import Output, write_whole
from device.messages import UNDECODABLE
from device.sealing.door import PRIVATE, SEAL_FILE, SUFFIX, stored_path
from device.sealing.key import Key
from device.sealing.ring import NOBODY, Ring
from device.sealing.sealed_file import SealedReader, SealedWriter

SEAL_BYTES_MAX = 65_536
SESSION_KEY = "isotone session key "


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in `seal.json`: nothing of it tells who it was."""

    version: int = 1
    session: str
    owner: str
    """The listener's id; `nobody` for guests."""
    ring: str
    """The folder of the keys."""
    wrapped: bytes
    """The session's key, under the owner's."""

    @property
    def about(self) -> str:
        return f"{SESSION_KEY}{self.session} of {self.owner}"


def seal_folder(folder: Path, session: str, owner: str, ring: Ring) -> None:
    """From now on what is written into a session's folder is sealed; an empty owner is a guest.

    Raises:
        DiskError, SealedError: a key cannot be made or kept.
    """
    owner = owner or NOBODY
    ring.make(owner)
    with ring.key_of(owner) as owner_key, Key.new() as key:
        seal = Seal(session=session, owner=owner, ring=str(ring.folder), wrapped=b"")
        seal = msgspec.structs.replace(seal, wrapped=owner_key.wrap(key, seal.about))
    try:
        write_whole(folder / SEAL_FILE, msgspec.json.encode(seal), PRIVATE)
    except OSError as error:
        raise DiskError(f"{folder} cannot be sealed: {error.strerror}.", "Free some space.") from error


def seal_of(folder: Path) -> Seal:
    """How a folder is sealed. Raises SealedError where that cannot be told."""
    try:
        with (folder / SEAL_FILE).open("rb") as file:
            return msgspec.json.decode(file.read(SEAL_BYTES_MAX), type=Seal)
    except FileNotFoundError as error:
        raise SealedError(f"{folder} is sealed and has no key ({SEAL_FILE}).", "Nobody can read it.") from error
    except (OSError, *UNDECODABLE) as error:
        raise SealedError(f"{folder / SEAL_FILE} cannot be read, and with it the session.", "Restore it.") from error


def create_sealed(path: Path) -> SealedWriter:
    """A new file that grows. Raises OSError and SealedError."""
    key, about = _key_for(path)
    with key:
        return SealedWriter(stored_path(path), key, about)


def store_sealed(path: Path, data: bytes) -> None:
    """Put a file there whole. Raises OSError and SealedError."""
    key, about = _key_for(path)
    output = Output(stored_path(path), PRIVATE)
    try:
        with key:
            writer = SealedWriter(output.scratch, key, about)
        writer.write(data)
        writer.close()
        output.settle()
        output.commit()
    finally:
        output.discard()


def read_sealed(path: Path) -> SealedReader:
    """The unsealed bytes of a file. Raises OSError and SealedError."""
    key, about = _key_for(path)
    with key:
        return SealedReader(path, key, about)


def _key_for(path: Path) -> tuple[Key, str]:
    """The key of the session that a file is of, and what the file is about. Raises SealedError."""
    folder = path.parent
    seal = seal_of(folder)
    with Ring(Path(seal.ring)).key_of(seal.owner) as owner_key:
        try:
            key = owner_key.unwrap(seal.wrapped, seal.about)
        except ValueError as error:
            sentence = f"{folder / SEAL_FILE} is not what was written there ({error})."
            raise SealedError(sentence, "Give the session as it was recorded.") from error
    return key, f"{seal.session}/{path.name.removesuffix(SUFFIX)}"
