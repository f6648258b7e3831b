"""The sensors of one of our own sessions, read back from its log (MCAP segments) up to wherever it is whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.errors import RecordingError
from device.messages import SampleChunk, SignalKind
from device.modalities import MODALITIES
from device.recordings.signals import Heart, Recording, Samples, lay_out, refuse_too_many
from device.sessions.reader import LogReader

GAP_MAX_S = 3600.0
"""A longer gap is cut to this: it is no use to play, and a damaged counter must not ask for the memory."""

WRIST = tuple(kind for kind, row in MODALITIES.items() if row.features == "wrist" and not row.is_irregular)


def load_session(folder: Path) -> Recording:
    """Each kind of signal of the source with most of it, on one time axis.

    Raises:
        RecordingError: the log holds no sample, or more than the limit.
    """
    chunks: dict[tuple[SignalKind, str], list[SampleChunk]] = {}
    log = LogReader(folder)
    n_values = 0
    for received in log.messages(("samples", "digest")):
        chunk = received.message
        if isinstance(chunk, SampleChunk) and _is_sound(chunk):
            chunks.setdefault((chunk.kind, chunk.source), []).append(chunk)
            n_values += len(chunk.data) // 4
            refuse_too_many(n_values, folder)
    if not chunks:
        raise RecordingError(f"{folder} holds no whole sample in its log.", "Use another session.")
    start_ns = min(chunk.t_ns for run in chunks.values() for chunk in run)
    eeg, heart = _richest(chunks, "eeg"), _richest(chunks, "heart")
    return Recording(
        eeg=_samples(eeg, start_ns, folder) if eeg else None,
        heart=_heart(heart, start_ns) if heart else None,
        wrist={kind: _samples(run, start_ns, folder) for kind in WRIST if (run := _richest(chunks, kind))},
        notes=tuple(f"{folder}: {problem}" for problem in log.problems()),
    )


def _is_sound(chunk: SampleChunk) -> bool:
    """Whether there is something in it that has a time; heart events come without a rate."""
    return bool(chunk.data) and bool(chunk.times_ns) == MODALITIES[chunk.kind].is_irregular == (chunk.sfreq_hz == 0)


def _richest(chunks: dict[tuple[SignalKind, str], list[SampleChunk]], kind: SignalKind) -> list[SampleChunk]:
    runs = [run for (of_kind, _), run in chunks.items() if of_kind == kind]
    return max(runs, key=lambda run: sum(len(chunk.data) for chunk in run), default=[])


def _rows(chunk: SampleChunk) -> NDArray[np.float32]:
    return np.frombuffer(chunk.data, "<f4").reshape(-1, len(chunk.ch_names))


def _samples(chunks: list[SampleChunk], start_ns: int, folder: Path) -> Samples:
    """One run of samples with NaN for what was lost, between chunks and before the first.

    Raises:
        RecordingError: gaps and samples together are more than the limit.
    """
    ch_names, sfreq_hz = chunks[0].ch_names, chunks[0].sfreq_hz
    parts: list[tuple[int, NDArray[np.float32]]] = []
    n_rows, expected = 0, chunks[0].first_sample - round((chunks[0].t_ns - start_ns) * sfreq_hz / 1e9)
    for chunk in (chunk for chunk in chunks if (chunk.ch_names, chunk.sfreq_hz) == (ch_names, sfreq_hz)):
        n_missing = chunk.first_sample - expected
        if n_missing < 0:
            # The sensors process was restarted and counts anew: only the time tells.
            n_missing = max(0, round((chunk.t_ns - start_ns) * sfreq_hz / 1e9) - n_rows)
        n_missing = min(n_missing, round(GAP_MAX_S * sfreq_hz))
        rows = _rows(chunk)
        parts.append((n_rows + n_missing, rows))
        n_rows, expected = n_rows + n_missing + len(rows), chunk.first_sample + len(rows)
        refuse_too_many(n_rows * len(ch_names), folder)
    return Samples(lay_out(parts, n_rows, len(ch_names)), sfreq_hz, ch_names)


def _heart(chunks: list[SampleChunk], start_ns: int) -> Heart:
    time_s = np.array([t_ns - start_ns for chunk in chunks for t_ns in chunk.times_ns], np.float64) / 1e9
    columns = {name: np.full(len(time_s), np.nan, np.float32) for name in ("hr_bpm", "rr_ms")}
    for name, column in columns.items():
        read = [
            _rows(chunk)[:, chunk.ch_names.index(name)]
            if name in chunk.ch_names
            else np.full(len(chunk.times_ns), np.nan)
            for chunk in chunks
        ]
        column[:] = np.concatenate(read)
    order = np.argsort(time_s, kind="stable")
    return Heart(time_s[order], columns["hr_bpm"][order], columns["rr_ms"][order])
