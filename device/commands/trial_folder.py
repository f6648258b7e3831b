"""A trial on disk: its registration, and the ledger of what happened; the secret lies in a file apart."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from device.clock import wall_time
from device.config import load
from device.errors import DiskError, RecordingError
from device.files.outputs import write_whole
from device.runtime.run_folder import lock_folder, name_session
from device.trials.allocation import SECRET_BYTES, arms, commitment
from device.trials.ledger import Entry, hash_of, line_of, read_entries, sealed
from device.trials.registration import Arm, Registration, fingerprint

REGISTRATION, LEDGER = "registration.toml", "ledger.jsonl"
BYTES_MAX = 100_000_000
KEY_MODE, FILE_MODE = 0o600, 0o640


def key_of(folder: Path, key: Path | None) -> Path:
    """The key file that is meant; it lies beside the folder, which may be given away without it."""
    return key or folder.absolute().with_name(f"{folder.absolute().name}.key")


class Trial:
    """An opened trial: checked, and locked against other programs where it is opened to be written.

    Raises:
        ConfigError: its registration cannot be read.
        RecordingError: it is no trial, or registration or ledger were changed.
    """

    def __init__(self, folder: Path, secret: bytes | None) -> None:
        self.folder, self._secret = folder, secret
        self._data = _bytes_of(folder / LEDGER)
        self.entries = read_entries(self._data, secret, str(folder / LEDGER))
        text = _bytes_of(folder / REGISTRATION)
        if fingerprint(text) != self.entries[0].registration:
            raise RecordingError(
                f"{folder / REGISTRATION} was changed after it was registered.",
                "Put the registered one back; a changed plan is another trial (`isotone trial new`).",
            )
        self.registration = load(folder / REGISTRATION, Registration)

    @property
    def id(self) -> str:
        return self.entries[0].trial

    @property
    def is_sealed_checked(self) -> bool:
        """Whether the seals could be checked."""
        return self._secret is not None or self.is_revealed

    @property
    def is_revealed(self) -> bool:
        return self.entries[-1].kind == "revealed"

    @property
    def secret(self) -> bytes:
        """Raises RecordingError where the key file is not at hand, or the trial is over."""
        if self.is_revealed:
            raise RecordingError(f"The trial {self.folder} is over: its secret was revealed.", "Begin another.")
        if self._secret is None:
            raise RecordingError("The trial's key file is not here.", "Give it with --key.")
        return self._secret

    def enrolled(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == "enrolled"]

    def enrolment(self, listener: str) -> Entry | None:
        return next((entry for entry in self.enrolled() if entry.listener == listener), None)

    def sessions(self, listener: str = "") -> list[Entry]:
        """The sessions that began, of one listener or of all."""
        void = {entry.session for entry in self.entries if entry.kind == "void"}
        begun = [entry for entry in self.entries if entry.kind == "session" and entry.session not in void]
        return [entry for entry in begun if listener in ("", entry.listener)]

    def enrol(self, listener: str, stratum: str) -> Entry:
        """Allot a listener, who stays where they are when asked for again.

        Raises:
            RecordingError: there is no such stratum, or the trial is full.
        """
        if known := self.enrolment(listener):
            return known
        registration, secret = self.registration, self.secret
        if stratum not in (registration.strata or ("",)):
            there = ", ".join(registration.strata) or "no strata"
            raise RecordingError(f"There is no stratum {stratum or 'without a name'}; there are {there}.", "Give one.")
        if len(self.enrolled()) >= registration.sample_size:
            raise RecordingError(f"All {registration.sample_size} listeners are enrolled.", "The trial is full.")
        place = sum(entry.stratum == stratum for entry in self.enrolled())
        arm = next(islice(arms(secret, registration, stratum), place, None)) if registration.arms else ""
        return self.add(kind="enrolled", listener=listener, stratum=stratum, arm=arm)

    def arm_of(self, listener: str) -> Arm | None:
        entry = self.enrolment(listener)
        return msgspec.convert(entry.arm, Arm) if entry and entry.arm else None

    def add(self, **fields: object) -> Entry:
        """Write one more line."""
        bare = {"number": len(self.entries), "at": _now(), "before": hash_of(self._data.splitlines(keepends=True))}
        entry = sealed(msgspec.convert(bare | fields, Entry), self.secret)
        _write(self.folder / LEDGER, self._data + line_of(entry), FILE_MODE)
        self._data += line_of(entry)
        self.entries.append(entry)
        return entry


def begin(folder: Path, registration: Path, key: Path, files: dict[str, str]) -> Trial:
    """Register a trial in a folder of its own, with a secret in `key`; `files` are hashes of what it plays.

    Raises:
        ConfigError: the registration cannot be used.
        DiskError: the folder or the key is there already, or cannot be written.
    """
    load(registration, Registration)
    text = _bytes_of(registration)
    if folder.exists() or key.exists():
        there = folder if folder.exists() else key
        raise DiskError(f"{there} is there already.", "Give another name; a trial is never written over.")
    secret = os.urandom(SECRET_BYTES)
    try:
        folder.mkdir(parents=True)
        key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DiskError(f"{error.filename} cannot be made: {error.strerror}.", "Give another folder.") from error
    _write(key, secret.hex().encode() + b"\n", KEY_MODE)
    _write(folder / REGISTRATION, text, FILE_MODE)
    first = Entry(
        number=0, at=_now(), kind="registered", trial=name_session(), registration=fingerprint(text),
        committed=commitment(secret), files=files, before=hash_of(()),
    )  # fmt: skip
    _write(folder / LEDGER, line_of(sealed(first, secret)), FILE_MODE)
    return Trial(folder, secret)


@contextlib.contextmanager
def opened(folder: Path, key: Path) -> Iterator[Trial]:
    """A trial to go on with; nobody else does meanwhile. Raises as `Trial`."""
    try:
        lock = lock_folder(folder, wait=True)
    except OSError as error:
        raise RecordingError(f"{folder} is no trial: {error.strerror}.", "Give its folder.") from error
    try:
        yield Trial(folder, read_key(key))
    finally:
        os.close(lock)


def read_key(key: Path) -> bytes | None:
    """The secret; None where there is no such file. Raises RecordingError where it is none."""
    if not key.exists():
        return None
    try:
        secret = bytes.fromhex(_bytes_of(key).decode("ascii"))
    except ValueError as error:
        raise RecordingError(f"{key} is no key of a trial.", "Give the one that `isotone trial new` wrote.") from error
    return secret


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(BYTES_MAX)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RecordingError(f"{path} cannot be read: {why}.", "Give the folder of a trial.") from error


def _write(path: Path, data: bytes, mode: int) -> None:
    try:
        write_whole(path, data, mode)
    except OSError as error:
        raise DiskError(
            f"{path} cannot be written: {error.strerror}.", "Free some space, or look at its rights."
        ) from error


def _now() -> str:
    return wall_time().isoformat(timespec="seconds")
