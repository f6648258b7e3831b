"""K-EmoCon: the wristband of people who debated for ten minutes and rated themselves every 5 s afterwards.

Layout: e4_data/<pid>/E4_{BVP,EDA,TEMP,HR,IBI}.csv with the columns timestamp (ms) and value, E4_ACC.csv with x, y, z
(1/64 g) instead, all with device_serial; emotion_annotations/self_annotations/P<pid>.self.csv with seconds, arousal,
valence (1 to 5) for the 5 s that end there, counted from startTime of metadata/subjects.csv (pid, initTime, startTime,
endTime in ms); the first two minutes from initTime are rest. Source: Park et al. 2020 (doi 10.1038/s41597-020-00630-y)
and public readers, from which also comes that the files of people 29 to 32 hold two wristbands, and whose is whose.
Not verified, for want of original files: whether intervals are s or ms, which their size tells; the unit of x, y, z.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from device.dsp.windows import FloatArray
from device.errors import RecordingError
from device.messages import SampleChunk, SignalKind
from export.affect.loaders.recording import (
    Feed,
    Label,
    LabelledRecording,
    beat_chunks,
    interleave,
    paths_in,
    wrong_layout,
)

SCALE_TOP = 5.0
BASELINE_S = 120.0
RATED_S = 5.0
SERIALS = {"29": "A013E1", "30": "A01A3A", "31": "A013E1", "32": "A01A3A"}
"""Whose wristband is whose where a file holds two."""
SIGNALS: dict[str, tuple[SignalKind, float, float, dict[str, str]]] = {
    "ACC": ("motion", 32.0, 1 / 64, {"x": "acc_x", "y": "acc_y", "z": "acc_z"}),
    "TEMP": ("temperature", 4.0, 1.0, {"value": "temperature"}),
    "EDA": ("eda", 4.0, 1.0, {"value": "eda"}),
    "BVP": ("ppg", 64.0, 1.0, {"value": "ppg"}),
}
"""Kind, rate, scale and channels by column; the pulse wave, which makes frames, last."""
NEAR = 1.5
"""Sample periods within which a time has a sample; farther away it is lost."""


class Session(NamedTuple):
    """Milliseconds of Unix time."""

    init_ms: float
    start_ms: float
    end_ms: float


def load(folder: Path) -> Iterator[LabelledRecording]:
    """A recording for each person with a pulse wave; other signals may be absent, as they are in the set.

    Raises:
        RecordingError: the times or ratings of a person are absent, or a file is torn or laid out otherwise.
    """
    sessions = _sessions(folder / "metadata" / "subjects.csv")
    for path in paths_in(folder, "e4_data/*/E4_BVP.csv"):
        name = path.parent.name
        if name not in sessions:
            raise wrong_layout(folder / "metadata" / "subjects.csv", f"person {name} is absent")
        session = sessions[name]
        labels = _labels(folder / "emotion_annotations" / "self_annotations" / f"P{name}.self.csv", session)
        feeds = [_feed(path.with_name(f"E4_{key}.csv"), key, session) for key in SIGNALS]
        yield LabelledRecording(
            person=f"P{int(name):02}",
            block="debate",
            chunks=interleave([feed for feed in feeds if feed], tuple(_beats(path.parent, session))),
            baseline_s=min(BASELINE_S, (session.start_ms - session.init_ms) / 1000),
            labels=labels,
        )


def _sessions(path: Path) -> dict[str, Session]:
    rows = _table(path, ("pid", "initTime", "startTime", "endTime"))
    if not (np.diff(rows[:, 1:], axis=1) >= 0).all():
        raise wrong_layout(path, "initTime, startTime and endTime are not in this order")
    return {str(int(row[0])): Session(*row[1:].tolist()) for row in rows}


def _labels(path: Path, session: Session) -> tuple[Label, ...]:
    rows = _table(path, ("seconds", "valence", "arousal"))
    if not ((rows[:, 1:] >= 1) & (rows[:, 1:] <= SCALE_TOP)).all():
        raise wrong_layout(path, "ratings lie outside 1 to 5")
    ends_s = (session.start_ms - session.init_ms) / 1000 + rows[:, 0]
    return tuple(
        Label(end_s - RATED_S, end_s, valence, arousal, SCALE_TOP)
        for end_s, valence, arousal in zip(ends_s.tolist(), *rows[:, 1:].T.tolist(), strict=True)
    )


def _feed(path: Path, key: str, session: Session) -> Feed | None:
    """Samples on an even grid from the first one on; None where the person has none."""
    kind, sfreq_hz, scale, columns = SIGNALS[key]
    times_s, values = _timed(path, tuple(columns), session)
    if not len(times_s):
        return None
    grid_s = times_s[0] + np.arange(1 + round((times_s[-1] - times_s[0]) * sfreq_hz)) / sfreq_hz
    after = np.searchsorted(times_s, grid_s).clip(1, max(1, len(times_s) - 1))
    before = after - 1
    after = after.clip(max=len(times_s) - 1)
    nearest = np.where(grid_s - times_s[before] <= times_s[after] - grid_s, before, after)
    rows = values[nearest] * scale
    rows[np.abs(times_s[nearest] - grid_s) * sfreq_hz > NEAR] = np.nan
    return Feed(kind, sfreq_hz, tuple(columns.values()), rows, float(times_s[0]))


def _beats(folder: Path, session: Session) -> Iterator[SampleChunk]:
    hr_s, hr_bpm = _timed(folder / "E4_HR.csv", ("value",), session)
    rr_s, rr_ms = _timed(folder / "E4_IBI.csv", ("value",), session)
    if len(rr_ms) and np.median(rr_ms) < 10:
        rr_ms *= 1000  # told in seconds: nobody's heart beats every 10 ms
    lacking = np.full(len(hr_s), np.nan), np.full(len(rr_s), np.nan)
    hr_bpm, rr_ms = np.concatenate((hr_bpm[:, 0], lacking[1])), np.concatenate((lacking[0], rr_ms[:, 0]))
    yield from beat_chunks(np.concatenate((hr_s, rr_s)), hr_bpm, rr_ms)


def _timed(path: Path, columns: tuple[str, ...], session: Session) -> tuple[FloatArray, FloatArray]:
    """Seconds since initTime in order, and values (n, columns), of the person's own wristband."""
    if not path.is_file():
        return np.empty(0), np.empty((0, len(columns)))
    rows = _table(path, ("timestamp", *columns), SERIALS.get(path.parent.name))
    rows = rows[(rows[:, 0] >= session.init_ms) & (rows[:, 0] <= session.end_ms)]
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return (rows[:, 0] - session.init_ms) / 1000, rows[:, 1:]


def _table(path: Path, columns: tuple[str, ...], serial: str | None = None) -> FloatArray:
    """These columns as numbers, shape (n, columns); with a serial, of this device alone."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = next(lines, [])
            chosen = [header.index(name) for name in columns]
            at = header.index("device_serial") if serial else -1
            rows = [[float(line[index]) for index in chosen] for line in lines if not serial or line[at] == serial]
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}.", "Name the set with --data.") from error
    except (ValueError, IndexError, csv.Error) as error:
        raise wrong_layout(path, f"numbers under {', '.join(columns)} are expected") from error
    table = np.array(rows, float).reshape(-1, len(columns))
    if not np.isfinite(table).all():
        raise wrong_layout(path, "not all are finite numbers")
    return table
