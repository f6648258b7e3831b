"""Recordings of any of our forms as plain arrays: for `playback`, and for the rig, which feeds its emulators from them.

Forms: .npz with `eeg` (int16, channels x samples) times `scale_uV`, or `eeg_uV`, with `fs` and `channels`; .npz of a
wristband with `hr` and `ibi` (seconds) and their times; one of our own session folders. Several files, or all .npz of
a folder, are joined in order, EEG behind EEG and heart behind heart, so an EEG file and a wrist file run side by side.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.acquisition.signals import Eeg, Heart, Recording
from device.errors import RecordingError

UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error, NotImplementedError)
"""What numpy raises for files that are none, or torn."""


def load_recording(path: Path | Sequence[Path]) -> Recording:
    """Read a file, a folder or several; broken files among whole ones are left out and named in `notes`.

    Raises:
        RecordingError: nothing in it can be read, or files differ in channels or rate.
    """
    files = [file for item in ([path] if isinstance(path, Path) else path) for file in _expand(item)]
    parts: list[Recording] = []
    notes: list[str] = []
    for file in files:
        try:
            parts.append(_load_one(file))
        except RecordingError as error:
            notes.append(error.sentence)
    if not parts:
        why = " ".join(notes) or f"{path} holds no .npz and no session log."
        raise RecordingError(why, "Give an .npz recording, a folder of them, or a session folder.")
    return Recording(
        eeg=_join_eeg([part.eeg for part in parts if part.eeg]),
        heart=_join_heart([part.heart for part in parts if part.heart]),
        notes=(*notes, *(note for part in parts for note in part.notes)),
    )


def _expand(path: Path) -> list[Path]:
    if path.is_dir() and not any(path.glob("log-*.mcap")):
        return sorted(path.glob("*.npz"))
    return [path]


def _load_one(path: Path) -> Recording:
    if path.is_dir():
        # Here and not above: the log's reader is not needed, and not loaded, for any other recording.
        from device.acquisition.session_log import load_session  # noqa: PLC0415

        return load_session(path)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as npz:
            # Only what is understood is read: some files hold pickled objects beside it.
            recording = Recording(_read_eeg(npz), _read_heart(npz))
    except UNREADABLE as error:
        raise RecordingError(f"{path} cannot be read as a recording: {error}.", "Use another recording.") from error
    if recording.eeg is None and recording.heart is None:
        raise RecordingError(f"{path} holds neither EEG nor heart signals.", "Use another recording.")
    return recording


def _read_eeg(npz: Mapping[str, Any]) -> Eeg | None:
    if "eeg_uV" in npz:
        data_uv = np.asarray(npz["eeg_uV"], np.float32)
    elif "eeg" in npz:
        data_uv = npz["eeg"].astype(np.float32) * np.float32(npz["scale_uV"])
    else:
        return None
    ch_names = tuple(str(name) for name in npz["channels"])
    sfreq_hz = float(npz["fs"])
    if data_uv.ndim != 2 or len(ch_names) != len(data_uv) or not 0 < sfreq_hz < 1e5 or not data_uv.size:
        raise ValueError("the shape of its EEG, its channel names and its rate do not agree")
    return Eeg(np.ascontiguousarray(data_uv.T), sfreq_hz, ch_names)


def _read_heart(npz: Mapping[str, Any]) -> Heart | None:
    side = next((side for side in ("", "left_", "right_") if f"{side}hr" in npz), None)
    if side is None:
        return None
    hr_bpm = np.ravel(np.asarray(npz[f"{side}hr"], np.float32))
    if "rr" in npz:
        rr_ms = np.ravel(np.asarray(npz["rr"], np.float32)) * 1000
        return _events(np.arange(len(hr_bpm), dtype=np.float64), hr_bpm, rr_ms)
    start_s = float(npz[f"{side}hr_t0"])
    hr_s = np.arange(len(hr_bpm)) / float(npz[f"{side}hr_fs"])
    beat_s = np.asarray(npz[f"{side}ibi_t"], np.float64) - start_s
    rr_ms = np.asarray(npz[f"{side}ibi"], np.float32) * 1000
    return _events(
        np.concatenate((hr_s, beat_s)),
        np.concatenate((hr_bpm, np.full(len(rr_ms), np.nan, np.float32))),
        np.concatenate((np.full(len(hr_bpm), np.nan, np.float32), rr_ms)),
    )


def _events(time_s: NDArray[np.float64], hr_bpm: NDArray[np.float32], rr_ms: NDArray[np.float32]) -> Heart:
    """Events in order, without those before the start or without a time."""
    order = np.argsort(time_s, kind="stable")
    order = order[np.isfinite(time_s[order]) & (time_s[order] >= 0)]
    return Heart(time_s[order], hr_bpm[order], rr_ms[order])


def _join_eeg(parts: list[Eeg]) -> Eeg | None:
    if not parts:
        return None
    first = parts[0]
    if any(part[1:] != first[1:] for part in parts):
        raise RecordingError(
            "These EEG recordings cannot be joined: their channels or rates differ.", "Play them one by one."
        )
    return first._replace(data_uv=np.concatenate([part.data_uv for part in parts]))


def _join_heart(parts: list[Heart]) -> Heart | None:
    if not parts:
        return None
    starts_s = np.cumsum([0.0, *(part.end_s for part in parts[:-1])])
    return Heart(
        np.concatenate([part.time_s + start_s for part, start_s in zip(parts, starts_s, strict=True)]),
        np.concatenate([part.hr_bpm for part in parts]),
        np.concatenate([part.rr_ms for part in parts]),
    )
