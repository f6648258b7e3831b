"""Reads what a recorded session tells of its listener, whichever release recorded it and however it ended."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from device.errors import RecordingError
from device.messages import AudioReport, PersonalBaseline, PersonalResponse, SelfReport, SensorStatus
from device.sealing.door import SEAL_FILE
from device.sessions.reader import LogReader, SessionReader
from device.sessions.store import CONFIG_FILE, log_paths

SEGMENTS_MAX = 3
"""Segments from the end of a log that are looked at for rest; each holds a minute, and rest is told every minute."""
BEGAN_FORMAT = "%Y%m%dT%H%M%SZ"


class Head(NamedTuple):
    """Whose session it is, without a look into its log."""

    session: str
    folder: Path
    listener: str
    listener_id: str
    """The listener's id; empty in sessions of releases that did not have it."""
    log_bytes: int

    @property
    def began(self) -> dt.datetime:
        """The time it began, as its name tells. Raises RecordingError where that is no time."""
        try:
            return dt.datetime.strptime(self.session[:16], BEGAN_FORMAT).replace(tzinfo=dt.UTC)
        except ValueError as error:
            raise RecordingError(f"{self.folder} does not tell when it began.", "Mend its session_id.") from error


class Telling(NamedTuple):
    """What the log says of the listener."""

    rests: tuple[PersonalBaseline, ...] = ()
    """What was told last comes last."""
    reports: tuple[SelfReport, ...] = ()
    responses: tuple[PersonalResponse, ...] = ()
    devices: Mapping[str, str] = MappingProxyType({})
    """The device that was worn (a Bluetooth address), by source, where it is told."""
    volume_db: float | None = None
    """How much softer or louder the music was wished at the end; None: nothing sounded."""


def session_folders(root: Path) -> Iterator[Path]:
    """The folders under `root` that may be sessions."""
    with contextlib.suppress(OSError):  # what may not be looked into tells nothing
        yield from [path.parent.resolve() for path in (*root.glob(f"*/{CONFIG_FILE}"), *root.glob(f"*/{SEAL_FILE}"))]


def head_of(folder: Path) -> Head:
    """The head of the session in a folder.

    Raises:
        RecordingError: it is no session.
    """
    document = SessionReader(folder).document
    try:
        log_bytes = sum(path.stat().st_size for path in log_paths(folder))
    except OSError as error:
        raise RecordingError(f"{folder} cannot be looked at: {error.strerror}.", "Look into its disk.") from error
    session = document.text("session_id") or folder.name
    return Head(session, folder, document.text("listener"), document.text("listener_id"), log_bytes)


def tell(folder: Path) -> Telling:
    """What a session's log tells of the listener, as far as it can be read."""
    log = LogReader(folder)
    rests, responses = log.last("baselines", SEGMENTS_MAX), log.last("responses", SEGMENTS_MAX)
    heard = [report.volume_db for report in log.last("audio_report", 1) if isinstance(report, AudioReport)]
    said = [item.message for item in log.messages(("commands", "sensor_status"))]
    return Telling(
        tuple(rest for rest in rests if isinstance(rest, PersonalBaseline)),
        tuple(report for report in said if isinstance(report, SelfReport)),
        tuple(response for response in responses if isinstance(response, PersonalResponse)),
        {status.source: status.device for status in said if isinstance(status, SensorStatus) and status.device},
        heard[-1] if heard else None,
    )
