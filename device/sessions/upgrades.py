"""Histories survive upgrades: what earlier releases recorded is brought to today's form here, and nowhere else.

How a change stays readable:

- A new field of a message or of the configuration gets a default, and a field that is no longer needed is dropped.
  Nothing else is to be done: a missing field takes its default, and one that is not known is passed over.
- A field is renamed, or means something else, or a stream or its topics change: raise `version` of the stream's row in
  TABLE 1 (`device/streams.py`) and append one function to `MESSAGES[stream]`. It gets topic and message as the version
  before wrote them, and returns both as the next version would have. A stream that is gone keeps its functions here;
  the last one moves the message to another stream, or returns None where nothing took its place.
- Likewise for session.json: raise `SCHEMA` (`device/config.py`) and append to `DOCUMENTS`.
- A small session by the release before is kept in `tests/replay/releases/`, where tests list, show and draw it.

The functions are pure and may raise `KeyError`, `TypeError` or `ValueError`: then the message is damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from device.config import SCHEMA
from device.streams import STREAMS, stream_of

Fields = dict[str, Any]
Told = tuple[str, Fields]
"""Topic and fields of a message."""

FIRST_RELEASES = "0.3.0 or older"
"""The releases that did not say which they were."""


def _name_release(document: Fields) -> Fields:
    return {"isotone": FIRST_RELEASES} | document


def _name_true_peak(document: Fields) -> Fields:
    """The ceiling was one of samples, and up to 0 dBFS."""
    device = dict(document.get("device", {}))
    audio = dict(device.get("audio", {}))
    if "ceiling_dbfs" in audio:
        audio["ceiling_dbtp"] = min(float(audio.pop("ceiling_dbfs")), -1.0)
    return document | {"device": device | {"audio": audio}}


DOCUMENTS: tuple[Callable[[Fields], Fields], ...] = (_name_release, _name_true_peak)
"""The function at index n brings session.json from schema n + 1 to n + 2."""


def _key_by(field: str) -> Callable[[str, Fields], Told | None]:
    """Topics had the source's name alone, whatever it sent."""
    return lambda topic, fields: (f"{topic}/{fields[field]}", fields)


MESSAGES: dict[str, tuple[Callable[[str, Fields], Told | None], ...]] = {
    "samples": (_key_by("kind"),),
    "features": (_key_by("kind"),),
    "baselines": (_key_by("model"),),
}
"""Functions by stream: the one at index n brings a message from version n + 1 to n + 2."""


def upgrade_document(document: Fields) -> Fields:
    """What stands in session.json, in today's form; a schema from the future is left as it is.

    Raises:
        KeyError, TypeError, ValueError: it is not what its schema says.
    """
    schema = int(document.get("schema", 1))
    for step in DOCUMENTS[max(schema, 1) - 1 :]:
        document = step(document)
    return document | {"schema": max(schema, SCHEMA)}


def upgrade_message(topic: str, version: int, payload: bytes) -> tuple[str, bytes] | None:
    """Topic and payload in today's form; None for a message that has no place any more.

    Raises:
        KeyError, TypeError, ValueError, RecursionError: it is not what its version says.
    """
    stream = stream_of(topic)
    steps = MESSAGES.get(stream, ())[max(version, 1) - 1 :]
    if not steps:
        return (topic, payload) if stream in STREAMS else None
    told: Told | None = (topic, msgspec.msgpack.decode(payload, type=Fields))
    for step in steps:
        if told is None:
            return None
        told = step(*told)
    return (told[0], msgspec.msgpack.encode(told[1])) if told and stream_of(told[0]) in STREAMS else None
