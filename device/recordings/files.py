"""Reads recordings of any of our forms as plain arrays, for `playback`, `isotone affect` and the rig's emulators.

Forms: .npz with `eeg` (int16, channels x samples) times `scale_uV`, or `eeg_uV`, with `fs` and `channels`; .npz of a
wristband (see `wristband`); one of our own session folders. Several files, or all .npz of a folder, follow one another
in order, EEG behind EEG and wrist behind wrist, so an EEG file and a wrist file run side by side.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import RecordingError
from device.messages import SignalKind
from device.recordings.archive import Archive
from device.recordings.electrodes import Electrodes, read_electrodes
from device.recordings.empatica import read_heart, read_signals
from device.recordings.signals import Heart, Recording, Samples, as_signal, in_turn, lay_out, number, refuse_too_many

UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    OverflowError,
    IndexError,
    MemoryError,
    RuntimeError,  # an encrypted archive
    SyntaxError,  # a header that is no Python literal
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
)
"""What numpy raises for files that are none, or torn."""
PIECES_MAX = 10_000
CHANNELS_MAX = 256
STEP_MAX_S = 1.0
"""A longer step of the time stamps parts two pieces."""
RATE_TOLERANCE = 0.1


def load_recording(path: Path | Sequence[Path]) -> Recording:
    """Read a file, a folder or several; broken files among whole ones are left out and named in `notes`.

    Raises:
        RecordingError: nothing in it can be read, or files differ in channels or rate.
    """
    parts: list[Recording] = []
    notes: list[str] = []
    for file in expand([path] if isinstance(path, Path) else path):
        try:
            parts += load_pieces(file)
        except RecordingError as error:
            notes.append(error.sentence)
        refuse_too_many(sum(part.n_values for part in parts), "What was given")
    if not parts:
        why = " ".join(notes) or f"{path} holds no .npz and no session log."
        raise RecordingError(why, "Give an .npz recording, a folder of them, or a session folder.")
    kinds: list[SignalKind] = list(dict.fromkeys(kind for part in parts for kind in part.wrist))
    begun = list(in_turn(parts))
    return Recording(
        eeg=_join("EEG", [(start_s, part.eeg) for start_s, part in begun if part.eeg]),
        heart=_join_heart([(start_s, part.heart) for start_s, part in begun if part.heart]),
        wrist={
            kind: joined
            for kind in kinds
            if (joined := _join(kind, [(start_s, part.wrist[kind]) for start_s, part in begun if kind in part.wrist]))
        },
        notes=(*notes, *(note for part in parts for note in part.notes)),
    )


def expand(paths: Sequence[Path]) -> list[Path]:
    """Files and session folders, in order; other folders stand for their .npz."""
    return [
        file
        for path in paths
        for file in (sorted(path.glob("*.npz")) if path.is_dir() and not any(path.glob("log-*.mcap*")) else [path])
    ]


def load_pieces(path: Path) -> list[Recording]:
    """Read one file or session: one piece, or several where the file says that it was cut out of a longer run.

    Raises:
        RecordingError: it cannot be read, or holds no signal.
    """
    if path.is_dir():
        # Here and not above: the log's reader is not needed, and not loaded, for any other recording.
        from device.recordings.session_log import load_session  # noqa: PLC0415

        return [load_session(path)]
    try:
        eeg, wrist = _load_npz(path)
    except UNREADABLE as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error).rstrip(".")
        raise RecordingError(f"{path} cannot be read as a recording: {why}.", "Use another recording.") from error
    if not eeg and not wrist.has_wrist:
        raise RecordingError(f"{path} holds neither EEG nor heart or other wrist signals.", "Use another recording.")
    first = wrist._replace(eeg=eeg[0] if eeg else None)
    return [first, *(Recording(eeg=piece) for piece in eeg[1:])]


def _load_npz(path: Path) -> tuple[list[Samples], Recording]:
    """EEG in pieces, and the wrist's signals with what is to be known of all."""
    if path.exists() and not path.is_file():
        raise ValueError("it is no file")
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("it is no whole .npz archive")
        npz = Archive(file)
        # Only what is understood is read: some files hold pickled objects beside it.
        electrodes = _read_electrodes(npz)
        eeg = _read_eeg(npz, electrodes.names)
        notes = (f"{path}: {electrodes.note}",) if eeg and electrodes.note else ()
        return eeg, Recording(heart=read_heart(npz), wrist=read_signals(npz), notes=notes)


def _read_electrodes(npz: Mapping[str, Any]) -> Electrodes:
    channels = np.ravel(npz.get("channels", ()))
    if len(channels) > CHANNELS_MAX:
        raise ValueError(f"it names {len(channels)} channels, the limit is {CHANNELS_MAX}")
    return read_electrodes(channels)


def _read_eeg(npz: Mapping[str, Any], ch_names: tuple[str, ...]) -> list[Samples]:
    if "eeg_uV" in npz:
        data_uv = as_signal(npz["eeg_uV"])
    elif "eeg" in npz:
        data_uv = as_signal(npz["eeg"], number(npz, "scale_uV"))
    else:
        return []
    sfreq_hz = number(npz, "fs")
    if data_uv.ndim != 2 or len(ch_names) != len(data_uv) or not data_uv.size:
        raise ValueError("the shape of its EEG (channels x samples) and its channel names do not agree")
    if not 0 < sfreq_hz < 1e5:
        raise ValueError(f"{sfreq_hz:g} Hz is no rate for its EEG")
    rows = np.ascontiguousarray(data_uv.T)
    cuts = [0, *_cuts(npz, len(rows), sfreq_hz), len(rows)]
    if len(cuts) > PIECES_MAX:
        raise ValueError(f"its EEG is in more than {PIECES_MAX} pieces, which is the limit")
    return [Samples(rows[begin:end], sfreq_hz, ch_names) for begin, end in pairwise(cuts)]


def _cuts(npz: Mapping[str, Any], n_rows: int, sfreq_hz: float) -> list[int]:
    """Rows at which pieces meet, from their `lengths` or from jumps of the time stamps `t` (seconds)."""
    if "lengths" in npz:
        lengths = np.ravel(npz["lengths"])
        if lengths.dtype.kind not in "iu" or (lengths < 1).any() or lengths.sum() != n_rows:
            raise ValueError("the lengths of its pieces do not add up to its samples")
        return np.cumsum(lengths)[:-1].tolist()  # type: ignore[no-any-return]
    if "t" in npz:
        return _jumps(np.asarray(npz["t"], np.float64), n_rows, sfreq_hz)
    return []


def _jumps(time_s: NDArray[np.float64], n_rows: int, sfreq_hz: float) -> list[int]:
    if time_s.shape != (n_rows,) or not np.isfinite(time_s).all():
        raise ValueError("its time stamps do not belong to its samples")
    steps_s = np.diff(time_s)
    within_s = steps_s[steps_s <= STEP_MAX_S]
    if (steps_s < 0).any():
        raise ValueError("its time stamps run backwards")
    mean_s = float(within_s.mean()) if len(within_s) else np.inf
    if abs(mean_s * sfreq_hz - 1) > RATE_TOLERANCE:
        raise ValueError(f"it says {sfreq_hz:g} Hz, but its time stamps say {1 / max(mean_s, 1e-9):.0f} Hz")
    return (np.flatnonzero(steps_s > STEP_MAX_S) + 1).tolist()


def _join(name: str, parts: list[tuple[float, Samples]]) -> Samples | None:
    """One run of samples, with rows of NaN where nothing was recorded."""
    if not parts:
        return None
    first_s, first = parts[0]
    if any(part[1:3] != first[1:3] for _, part in parts):
        raise RecordingError(
            f"The {name} of these recordings cannot be joined: their channels or rates differ.", "Take them one by one."
        )
    runs: list[tuple[int, NDArray[np.float32]]] = []
    begin_s, n_rows = first_s + first.start_s, 0
    for start_s, part in parts:
        n_missing = max(0, round((start_s + part.start_s - begin_s) * first.sfreq_hz) - n_rows)
        runs.append((n_rows + n_missing, part.data))
        n_rows += n_missing + len(part.data)
        refuse_too_many(n_rows * len(first.ch_names), f"The {name}, with its gaps,")
    return first._replace(data=lay_out(runs, n_rows, len(first.ch_names)), start_s=begin_s)


def _join_heart(parts: list[tuple[float, Heart]]) -> Heart | None:
    if not parts:
        return None
    return Heart(
        np.concatenate([heart.time_s + start_s for start_s, heart in parts]),
        np.concatenate([heart.hr_bpm for _, heart in parts]),
        np.concatenate([heart.rr_ms for _, heart in parts]),
    )
