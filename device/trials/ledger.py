"""What happened in a trial, line by line: each is tied to the one before it, so a change shows.

A line carries the hash of the line before, which anybody can check, and a seal, which takes the trial's secret: nobody
without it can write the history anew. Only what is cut off at the end does not show in the file itself, and so the
newest seal is shown to whoever asks, to be written down elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Literal

import msgspec

from device.errors import RecordingError
from device.messages import UNDECODABLE
from device.trials.allocation import commitment, keyed

LINES_MAX = 200_000
MEND = "Compare it with a copy; a trial goes on with an unchanged one only."


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line."""

    number: int
    at: str
    """UTC."""
    kind: Literal["registered", "enrolled", "session", "void", "revealed"]
    """`void`: the session of that id never began."""
    trial: str = ""
    registration: str = ""
    """Its SHA-256."""
    files: dict[str, str] = {}
    """SHA-256 of what is played, by name."""
    committed: str = ""
    """The commitment to the secret."""
    listener: str = ""
    stratum: str = ""
    arm: str = ""
    session: str = ""
    folder: str = ""
    session_number: int = 0
    secret: str = ""
    before: str
    """SHA-256 of the line before; of nothing for the first."""
    seal: str = ""
    """HMAC of the rest of the line with the secret."""


def sealed(entry: Entry, secret: bytes) -> Entry:
    bare = msgspec.json.encode(msgspec.structs.replace(entry, seal=""))
    return msgspec.structs.replace(entry, seal=keyed(secret, "seal", bare.decode()).hex())


def line_of(entry: Entry) -> bytes:
    return msgspec.json.encode(entry) + b"\n"


def hash_of(lines: Sequence[bytes]) -> str:
    """What the next line carries of the one before it."""
    return hashlib.sha256(lines[-1] if lines else b"").hexdigest()


def read_entries(data: bytes, secret: bytes | None, name: str) -> list[Entry]:
    """The entries of a ledger, checked; their seals too where the secret is known or was revealed in it.

    Raises:
        RecordingError: it is no ledger, a line was changed, taken out or put in, or the secret is another trial's.
    """
    lines = data.splitlines(keepends=True)
    if not 0 < len(lines) <= LINES_MAX:
        raise RecordingError(f"{name} is no ledger of a trial.", MEND)
    entries = [_entry(lines, place, name) for place in range(len(lines))]
    if entries[0].kind != "registered":
        raise RecordingError(f"{name} does not begin with a registration.", MEND)
    try:
        secret = secret or bytes.fromhex(entries[-1].secret) or None
    except ValueError:
        raise RecordingError(f"{name}:{len(lines)} was changed.", MEND) from None
    if secret is None:
        return entries
    if not hmac.compare_digest(commitment(secret), entries[0].committed):
        raise RecordingError(f"The secret is not that of {name}.", "Give the key file of this trial.")
    for place, entry in enumerate(entries):
        if not hmac.compare_digest(sealed(entry, secret).seal, entry.seal):
            raise RecordingError(f"{name}:{place + 1} was changed.", MEND)
    return entries


def _entry(lines: Sequence[bytes], place: int, name: str) -> Entry:
    try:
        entry = msgspec.json.decode(lines[place], type=Entry)
    except UNDECODABLE as error:
        raise RecordingError(f"{name}:{place + 1} cannot be read: {error}.", MEND) from error
    is_next = entry.number == place and entry.before == hash_of(lines[max(0, place - 1) : place])
    # Written again it must be the same bytes: nothing may hide in what is not understood.
    if not is_next or line_of(entry) != lines[place]:
        raise RecordingError(f"{name}:{place + 1} was changed, or what stood before it.", MEND)
    return entry
