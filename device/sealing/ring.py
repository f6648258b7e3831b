"""The keys of a box's listeners: each in a file of its own, wrapped under the box's key, so that one can be destroyed.

The folder lies beside what is remembered of listeners. `ring.json` in it says where the box's key lies, which must not
lie there too: `key_file` holds 32 bytes of chance for this user alone. Where the board keeps a secret of its own (what
a root service reads from one-time programmable memory, or systemd unseals by a TPM, at each boot), `board_secret` names
the file it is given in, and neither opens anything without the other. A clinic may be given each key as well, sealed to
its age recipient.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TypeVar

import msgspec

from device.errors import DiskError, SealedError
from device.files.outputs import write_whole
from device.messages import UNDECODABLE
from device.sealing.key import Key
from device.sealing.keys_folder import RING_FILE

T = TypeVar("T")

SECRET_BYTES_MIN, SECRET_BYTES_MAX = 16, 4096
FILE_BYTES_MAX = 65_536
NOBODY = "nobody"
"""Whose key seals the sessions of guests."""
OWNER = re.compile(r"[0-9a-f]{32}|nobody")
BOX_KEY, LISTENER_KEY = "isotone box key", "isotone listener key "
PRIVATE = 0o600
RESTORE = "Where it was sealed to a clinic too, the clinic's identity opens it (`Ring.restore`)."


class RingFile(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in `ring.json`."""

    version: int = 1
    key_file: str
    board_secret: str = ""
    clinic: str = ""
    """The clinic's age recipient; empty: none."""


class KeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """A listener's key as it is stored."""

    version: int = 1
    wrapped: bytes
    """Under the box's key."""
    for_clinic: bytes = b""
    """To the clinic's age recipient."""


class Ring:
    """The keys of one box; `open_ring` makes it where it is missing.

    Raises:
        SealedError: there is none in the folder, or what it says cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = _read(folder / RING_FILE, RingFile, "Its keys are elsewhere, or were destroyed.")

    def has(self, owner: str) -> bool:
        """Whether there is a key; none is left of a listener who was erased."""
        return self._path(owner).exists()

    def make(self, owner: str) -> None:
        """Give a listener a key, who has none yet."""
        if not self.has(owner):
            with Key.new() as key:
                self._keep(owner, key)

    def key_of(self, owner: str) -> Key:
        """The key of a listener.

        Raises:
            SealedError: it was destroyed, or this box's key does not open it.
        """
        if not self.has(owner):
            raise SealedError("It is sealed by a key that was destroyed or is not on this box.", "Nobody can read it.")
        stored = _read(self._path(owner), KeyFile, "The key is damaged; what it sealed cannot be read.")
        with self._box_key() as box_key:
            try:
                return box_key.unwrap(stored.wrapped, LISTENER_KEY + owner)
            except ValueError as error:
                sentence = f"{self._path(owner)} is not sealed by the key of this box ({error})."
                raise SealedError(sentence, RESTORE) from error

    def destroy(self, owner: str) -> None:
        """Overwrite and remove a key, so that nothing it sealed can be read again; it is gone when this returns.

        Raises:
            DiskError: the disk refuses.
        """
        path = self._path(owner)
        try:
            with path.open("r+b", buffering=0) as file:
                file.write(os.urandom(max(1, os.fstat(file.fileno()).st_size)))
                os.fsync(file.fileno())
            path.unlink()
            _sync_folder(self.folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise DiskError(f"The key {path} cannot be destroyed: {error.strerror}.", "Look into its disk.") from error

    def owners(self) -> list[str]:
        """Whose keys there are."""
        return sorted(path.stem for path in self.folder.glob("*.key") if OWNER.fullmatch(path.stem))

    def restore(self, owner: str, identity: str) -> None:
        """Wrap a key that the clinic can open under this box's key: after its card was put into another box.

        Raises:
            SealedError: it was not sealed to this identity.
        """
        import pyrage  # noqa: PLC0415 - only where a clinic restores

        stored = _read(self._path(owner), KeyFile, "The key is damaged.")
        try:
            opened = pyrage.decrypt(stored.for_clinic, [pyrage.x25519.Identity.from_str(identity.strip())])
        except (pyrage.DecryptError, pyrage.IdentityError) as error:
            raise SealedError(
                f"{self._path(owner)} is not sealed to this identity.", "Give the clinic's own."
            ) from error
        with Key(bytearray(opened)) as key:
            self._keep(owner, key)

    def _keep(self, owner: str, key: Key) -> None:
        with self._box_key() as box_key:
            wrapped = box_key.wrap(key, LISTENER_KEY + owner)
        stored = KeyFile(wrapped=wrapped, for_clinic=_for_clinic(self.told.clinic, key))
        _write(self._path(owner), msgspec.json.encode(stored))

    def _box_key(self) -> Key:
        """What opens all keys: the file's bytes, with the board's secret where there is one."""
        with Key(_secret(Path(self.told.key_file))) as root:
            if self.told.board_secret:
                with Key(_secret(Path(self.told.board_secret))) as board:
                    return root.derive(BOX_KEY, bytes(board.data))
            return root.derive(BOX_KEY)

    def _path(self, owner: str) -> Path:
        if not OWNER.fullmatch(owner):
            raise SealedError("A key is asked for by something that is no listener's id.", "Look into the session.")
        return self.folder / f"{owner}.key"


def open_ring(folder: Path, key_file: Path, board_secret: str = "", clinic: str = "") -> Ring:
    """The ring in a folder; it, and the box's key, are made where there is none yet.

    Raises:
        DiskError: they cannot be made.
        SealedError: the box's key is gone while keys under it are there, or the clinic's recipient is none.
    """
    told = RingFile(key_file=str(key_file), board_secret=board_secret, clinic=clinic)
    _for_clinic(clinic, None)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not key_file.exists():
            if any(folder.glob("*.key")):
                raise SealedError(
                    f"The box's key {key_file} is gone, and with it all that it sealed.",
                    f"Put it back. {RESTORE}",
                )
            make_box_key(key_file)
    except OSError as error:
        raise DiskError(f"The keys of listeners cannot be kept: {error}.", "Look into the disk.") from error
    path = folder / RING_FILE
    if not path.exists() or _read(path, RingFile, "") != told:
        _write(path, msgspec.json.encode(told))
    return Ring(folder)


def make_box_key(key_file: Path) -> None:
    """Make the key of a box, for this user alone; one that is there stays. Raises OSError."""
    key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Key.new() as key, contextlib.suppress(FileExistsError):
        opened = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
        with os.fdopen(opened, "wb", buffering=0) as file:
            file.write(key.data)
            os.fsync(opened)
        _sync_folder(key_file.parent)


def _secret(path: Path) -> bytearray:
    """The bytes of a secret. Raises SealedError."""
    data = bytearray(SECRET_BYTES_MAX)
    try:
        with path.open("rb", buffering=0) as file:
            n_bytes = file.readinto(data) or 0
    except OSError as error:
        raise SealedError(
            f"The key {path} cannot be read: {error.strerror}.", "Put it back, or see who may."
        ) from error
    if n_bytes < SECRET_BYTES_MIN or not any(data):
        raise SealedError(f"The key {path} is none: it is too short, or all zeros.", "Put the right one back.")
    del data[n_bytes:]
    return data


def _for_clinic(recipient: str, key: Key | None) -> bytes:
    """A key sealed to a recipient; without a key the recipient is only looked at. Raises SealedError."""
    if not recipient:
        return b""
    import pyrage  # noqa: PLC0415 - only where a clinic has a recipient

    try:
        found = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as error:
        raise SealedError("The clinic's recipient is none.", "Write it as `age-keygen` prints it: age1...") from error
    return bytes(pyrage.encrypt(bytes(key.data), [found])) if key else b""


def _read(path: Path, kind: type[T], action: str) -> T:
    """Raises SealedError where the file cannot be read as that."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(FILE_BYTES_MAX), type=kind)
    except (OSError, *UNDECODABLE) as error:
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise SealedError(f"{path} cannot be read: {why}.", action) from error


def _write(path: Path, data: bytes) -> None:
    """Write a file whole, and have its folder on the disk too: no session may be sealed by a key that a cut loses."""
    try:
        write_whole(path, data, PRIVATE)
        _sync_folder(path.parent)
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {error.strerror}.", "Free some space.") from error


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
