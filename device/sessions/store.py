"""The session on disk: `session.toml`, and the log as MCAP segments of one minute.

Messages are written unchunked, so each is on disk as it comes and a changed byte stays local; a torn tail costs
seconds. The payloads are the bus's own bytes. MCAP specification: mcap.dev/spec.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import zlib
from pathlib import Path
from typing import Any

import msgspec
from mcap.writer import CompressionType, IndexType, Writer

from device import __version__
from device.config import SessionConfig
from device.messages import Digest
from device.runtime.bus import Received
from device.sealing.door import SUFFIX, create, is_sealed, store_whole, stored_path
from device.streams import STREAMS

SEGMENT_NS = 60_000_000_000
SYNC_NS = 1_000_000_000
"""How often the card takes what was written, and a sealed log a record: a power cut costs no more than two seconds."""
PROFILE = "isotone"
LOG_PATTERN = "log-*.mcap"
CONFIG_FILE = "session.json"


def log_paths(session_dir: Path) -> list[Path]:
    """Segments in the order they were written; what is no file is none. Raises OSError."""
    pattern = LOG_PATTERN + SUFFIX if is_sealed(session_dir) else LOG_PATTERN
    found = (path for path in session_dir.glob(pattern) if path.is_file())
    return sorted(found, key=lambda path: (len(path.name), path.name))


class Segment:
    """One file of the log."""

    def __init__(self, path: Path, began_ns: int) -> None:
        self.began_ns = began_ns
        self._path = stored_path(path)
        self._file = create(path)
        self._writer = Writer(
            self._file,
            compression=CompressionType.NONE,
            use_chunking=False,
            index_types=IndexType.NONE,
            use_statistics=False,
        )
        self._writer.start(profile=PROFILE, library=f"isotone {__version__}")
        self._schemas: dict[str, int] = {}
        self._channels: dict[tuple[str, str, int], int] = {}

    def write(self, received: Received, log_ns: int) -> None:
        self._writer.add_message(
            channel_id=self._channel(received),
            log_time=log_ns,
            data=received.payload,
            publish_time=received.sent_ns,
            sequence=received.seq,
        )
        # In a plain log a message is the system's as soon as it is written: killing the recorder loses nothing of it.
        self._file.flush()

    def _channel(self, received: Received) -> int:
        key = (received.topic, received.process, received.incarnation)
        if key not in self._channels:
            self._channels[key] = self._writer.register_channel(
                topic=received.topic,
                message_encoding="msgpack",
                schema_id=self._schema(received.stream),
                metadata={
                    "process": received.process,
                    "incarnation": str(received.incarnation),
                    "version": str(STREAMS[received.stream].version),
                },
            )
        return self._channels[key]

    def _schema(self, stream: str) -> int:
        if stream not in self._schemas:
            row = STREAMS[stream]
            schema = json.dumps(msgspec.json.schema(row.type)).encode()
            name = row.kinds[0].__name__ if len(row.kinds) == 1 else stream
            self._schemas[stream] = self._writer.register_schema(name, "jsonschema", schema)
        return self._schemas[stream]

    def sync(self) -> None:
        """Have the card take what was written. Raises OSError where it cannot, or the file is no longer there."""
        refuse_removed(self._file.fileno(), self._path)
        self._file.settle()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._writer.finish()
        self.sync()
        self._file.close()

    def abandon(self) -> None:
        """Leave the file as it is: the disk takes no more."""
        self._file.abandon()


def refuse_removed(file: int, path: Path) -> None:
    """A file that is not in its place any more takes all that is written, and nobody finds it there.

    Raises:
        OSError: another file, or none, has the path under which this descriptor was opened.
    """
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(file), path.stat()):
            return
    raise FileNotFoundError(errno.ENOENT, "its file was removed or renamed")


class Store:
    """Appends to a session; a new store on an old session goes on in a new segment.

    Raises:
        OSError: the disk is full or cannot be written; what was written before stays readable.
    """

    def __init__(self, session_dir: Path, now_ns: int) -> None:
        self._folder = session_dir
        self._folder.mkdir(parents=True, exist_ok=True)
        self._digest: dict[str, tuple[int, int]] = {}
        self._segment = self._open(now_ns)
        self._synced_ns = now_ns

    def _open(self, now_ns: int) -> Segment:
        index = len(log_paths(self._folder))
        while stored_path(path := self._folder / f"log-{index:04d}.mcap").exists():
            index += 1
        return Segment(path, now_ns)

    def write(self, received: Received, now_ns: int) -> None:
        if now_ns - self._segment.began_ns > SEGMENT_NS:
            self._segment.close()
            self._segment = self._open(now_ns)
        self._segment.write(received, now_ns)
        if received.stream != "digest":
            n, crc = self._digest.get(received.topic, (0, 0))
            self._digest[received.topic] = (n + 1, zlib.crc32(received.payload, crc))

    def digest(self, now_ns: int) -> Digest:
        """The checksum so far, to be written into the log itself."""
        return Digest(t_ns=now_ns, topics=dict(self._digest))

    def sync(self, now_ns: int) -> None:
        """Have the card itself take what was written, every second. Raises OSError."""
        if now_ns - self._synced_ns >= SYNC_NS:
            self._segment.sync()
            self._synced_ns = now_ns

    def close(self) -> None:
        self._segment.close()

    def abandon(self) -> None:
        self._segment.abandon()


def write_config(session_dir: Path, config: SessionConfig, facts: dict[str, str]) -> None:
    """Write who, when, versions and the effective configuration, as `session.toml` for people and `session.json`.

    Written once, by a rename, so that a power cut leaves either nothing or the whole.
    """
    store_whole(session_dir / CONFIG_FILE, msgspec.json.format(msgspec.json.encode(config)))
    raw: dict[str, Any] = msgspec.to_builtins(config)
    for name in ("baselines", "responses", "theme", "never", "trial"):
        del raw[name]  # hundreds of numbers, for programs alone
    store_whole(session_dir / "session.toml", (_toml(facts) + "\n[effective]\n" + _toml(_flat(raw))).encode())


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _toml(table: dict[str, Any]) -> str:
    """The lines of a table with dotted keys; what is not said has none."""
    return "".join(f"{_dotted(key)} = {_value(value)}\n" for key, value in table.items() if value is not None)


def _value(value: Any) -> str:
    """A value in TOML; that of a scalar is its JSON form."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {_value(of)}' for key, of in value.items() if of is not None)}}}"
    return f"[{', '.join(map(_value, value))}]" if isinstance(value, list | tuple) else json.dumps(value)


def _dotted(key: str) -> str:
    """A key, quoted where TOML asks for it; a model's name has dots of its own and stands last."""
    table, _, rest = key.partition(".")
    return f"{table}.{json.dumps(rest)}" if table == "card_sha256" else key
