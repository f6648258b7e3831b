"""Writes a trial as statisticians want it: CSV tables, a data dictionary, and the hashes that prove what was agreed."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from device.commands.trial_folder import LEDGER, REGISTRATION, Trial
from device.errors import DiskError, RecordingError
from device.files.outputs import write_whole
from device.sessions.blocks import BETTER, Measure, read_session_blocks, whole_outcome

MEASURES: tuple[Measure, ...] = tuple(BETTER)
MEANINGS = {
    "number": "line of the ledger",
    "at": "time, UTC",
    "listener": "listener's code",
    "stratum": "stratum within which the listener was allotted",
    "arm": "playlist, rules, fixed or adaptive; empty in a trial with blocks",
    "session": "session's id",
    "session_number": "which of the listener's sessions it is, from 1",
    "block": "pair of blocks, within whose session it was left to chance which came first",
    "condition": "adaptive, yoked, static or silence",
    "outcome": "the same as distance, under the name that `isotone verdict --csv` reads",
    "distance": "mean distance of arousal from the goal, 0 where it is met; scale from -1 to 1; lower is better",
    "zone": "share of the time within the goal's zone; higher is better",
    "told": "as distance, from what the listener said; empty where nothing was said",
    "problem": "why a session could not be read",
}


def export_to(trial: Trial, out: Path) -> Iterator[str]:
    """Write the files and say what was written.

    Raises:
        DiskError: the folder is there already, or cannot be written.
    """
    tables = {
        "allocation.csv": [_allotted(entry) for entry in trial.enrolled()],
        "sessions.csv": [_session(entry) for entry in trial.sessions()],
        "blocks.csv": [row for entry in trial.sessions() for row in _blocks(entry.listener, Path(entry.folder))],
        "dictionary.csv": [{"column": name, "meaning": meaning} for name, meaning in MEANINGS.items()],
    }
    files = {name: _csv(rows) for name, rows in tables.items()}
    files |= {name: (trial.folder / name).read_bytes() for name in (REGISTRATION, LEDGER)}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    try:
        out.mkdir(parents=True)
        for name, data in {**files, "SHA256SUMS": sums.encode()}.items():
            write_whole(out / name, data)
    except OSError as error:
        raise DiskError(f"{out} cannot be written: {error.strerror}.", "Give a new folder.") from error
    for name, rows in tables.items():
        yield f"{out / name}: {len(rows)} rows"
    yield f"{out / 'SHA256SUMS'}: registration {trial.entries[0].registration}"


def _allotted(entry: Any) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("number", "at", "listener", "stratum", "arm")}


def _session(entry: Any) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in ("number", "at", "listener", "session", "session_number")}
    outcomes: dict[str, Any] = {}
    problem = ""
    for measure in MEASURES:
        try:
            outcomes[measure] = whole_outcome(Path(entry.folder), measure)
        except RecordingError as error:
            outcomes[measure], problem = None, error.sentence
    return row | outcomes | {"problem": problem}


def _blocks(listener: str, folder: Path) -> Iterator[dict[str, Any]]:
    try:
        by_measure = {measure: read_session_blocks(folder, measure) for measure in MEASURES}
    except RecordingError:
        return  # its row in sessions.csv says so
    found = by_measure["distance"]
    others = {
        measure: {(row.block, row.condition): row.outcome for row in told.blocks}
        for measure, told in by_measure.items()
    }
    for row in found.blocks:
        values = {measure: others[measure].get((row.block, row.condition)) for measure in MEASURES}
        head = {"listener": listener, "session": row.session, "block": row.block, "condition": row.condition}
        yield head | {"outcome": row.outcome} | values


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["empty"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
