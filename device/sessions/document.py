"""Reads session.json back, whichever release wrote it and whatever has happened to it since."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from device.config import SessionConfig
from device.errors import RecordingError
from device.messages import UNDECODABLE
from device.sealing.door import read_stored, stored_path
from device.sessions.store import CONFIG_FILE
from device.sessions.upgrades import upgrade_document
from device.text import printable

BYTES_MAX = 4 * 2**20
"""A long session.json has tens of kilobytes: the rest and the melodies."""
MINUTES_MAX = 1e5
TEXT_MAX = 100
MEND = "Give the folder of a session, as `isotone demo` prints it at the end."


class Document:
    """What session.json says. `text` and `minutes` serve whoever lists, `config` whoever plays it again.

    Raises:
        RecordingError: it cannot be read or is no document of a session.
    """

    def __init__(self, session_dir: Path) -> None:
        self._path = session_dir / CONFIG_FILE
        try:
            self._fields = upgrade_document(_read(self._path))
        except (OSError, KeyError, TypeError, *UNDECODABLE) as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> RecordingError:
        return RecordingError(f"{self._path} cannot be read: {_why(error)}.", MEND)

    def text(self, key: str, default: str = "") -> str:
        """A word of its head, such as `session_id`, `listener` or `isotone`, as it can be printed."""
        found = self._fields.get(key)
        return printable(found[:TEXT_MAX]) if isinstance(found, str) else default

    @property
    def minutes(self) -> float:
        """Length as planned; 0 where it is not told."""
        found = self._fields.get("minutes")
        return float(found) if isinstance(found, int | float) and 0 < found <= MINUTES_MAX else 0.0

    @property
    def began_utc(self) -> dt.datetime | None:
        """When the session was named, by the box's clock and to the second; None where its name does not tell."""
        try:
            return dt.datetime.strptime(self.text("session_id")[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
        except ValueError:
            return None

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models it was played with, as far as they can be told."""
        device = self._fields.get("device")
        tables = [table for table in device.values() if isinstance(table, dict)] if isinstance(device, dict) else []
        named = [table.get(key) for key in ("eeg_models", "wrist_models", "model") for table in tables]
        lists = [value if isinstance(value, list) else [value] for value in named]
        return tuple(name for names in lists for name in names if isinstance(name, str))

    @property
    def config(self) -> SessionConfig:
        """The whole configuration; what this release does not know is left out.

        Raises:
            RecordingError: a value means nothing to this release.
        """
        try:
            return msgspec.convert(_known(self._fields, _session_type()), SessionConfig)
        except UNDECODABLE as error:
            raise self._refusal(error) from error


def _read(path: Path) -> dict[str, Any]:
    lies = stored_path(path)
    if lies.exists() and not lies.is_file():
        raise ValueError("it is no file")
    return msgspec.json.decode(read_stored(path, BYTES_MAX), type=dict[str, Any])


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error).rstrip(".")


@cache
def _session_type() -> inspect.Type:
    return inspect.type_info(SessionConfig)


def _known(raw: Any, kind: inspect.Type) -> Any:
    """The same without keys that `kind` does not know, at any depth: another release wrote them."""
    match kind, raw:
        case inspect.StructType(), dict():
            types = {field.encode_name: field.type for field in kind.fields}
            return {
                key: _known(value, types[key]) if key in types else value
                for key, value in raw.items()
                if key in types or key == kind.tag_field
            }
        case inspect.DictType(), dict():
            return {key: _known(value, kind.value_type) for key, value in raw.items()}
        case ((inspect.VarTupleType() | inspect.ListType()), list()):
            return [_known(value, kind.item_type) for value in raw]
        case inspect.UnionType(), _:
            return _known(raw, _member(raw, kind))
        case inspect.Metadata(), _:
            return _known(raw, kind.type)
    return raw


def _member(raw: Any, kind: inspect.UnionType) -> inspect.Type:
    """The struct of a union that `raw` is told to be by its tag, or the only one there is."""
    structs = [member for member in kind.types if isinstance(member, inspect.StructType)]
    if not isinstance(raw, dict) or not structs:
        return inspect.AnyType()
    tagged = [member for member in structs if member.tag_field and raw.get(member.tag_field) == member.tag]
    return (tagged or structs)[0]
