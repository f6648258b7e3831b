"""A recording in place of a sensor, in real time: the rest of the box sees what it would have seen live."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
import numpy as np

from device.acquisition.chunks import CHUNKS_PER_S, Chunker
from device.acquisition.source import Check, Emit, StatusReporter, own_keys
from device.clock import Clock
from device.config import BluetoothConfig, Config, SourceConfig, path_of
from device.messages import SampleChunk, SignalKind
from device.recordings.files import load_recording
from device.recordings.signals import Heart, Recording, Samples, heart_chunk


class SamplesPlayer:
    """Hands out the samples that have become due; lost samples of the recording are lost here too."""

    def __init__(self, source: str, kind: SignalKind, samples: Samples, start_ns: int) -> None:
        self._samples, self._start_ns = samples, start_ns
        self._chunker = Chunker(source, samples.ch_names, samples.sfreq_hz, kind)
        self._n_played = 0

    def play(self, elapsed_s: float) -> list[SampleChunk]:
        """Chunks due `elapsed_s` after the start; past the end also the last short one."""
        data, begin = self._samples.data, self._n_played
        n_due = int((elapsed_s - self._samples.start_s) * self._samples.sfreq_hz)
        self._n_played = max(begin, min(len(data), n_due))
        due = data[begin : self._n_played]
        whole = ~np.isnan(due).all(axis=1)
        chunks = self._chunker.push(begin + np.flatnonzero(whole), due[whole], self._time_ns)
        return chunks if self._n_played < len(data) else chunks + self._chunker.flush(self._time_ns)

    def _time_ns(self, index: int) -> int:
        return self._start_ns + round((self._samples.start_s + index / self._samples.sfreq_hz) * 1e9)


class HeartPlayer:
    """Hands out the heart events that have become due."""

    def __init__(self, source: str, heart: Heart, start_ns: int) -> None:
        self._source, self._heart, self._start_ns = source, heart, start_ns
        self._n_played = 0

    def play(self, elapsed_s: float) -> list[SampleChunk]:
        """One chunk with the events up to `elapsed_s` after the start, if there are any new ones."""
        begin, end = self._n_played, int(np.searchsorted(self._heart.time_s, elapsed_s, "right"))
        if begin == end:
            return []
        self._n_played = end
        rows = np.column_stack((self._heart.hr_bpm[begin:end], self._heart.rr_ms[begin:end])).astype("<f4")
        times_ns = tuple(self._start_ns + round(time_s * 1e9) for time_s in self._heart.time_s[begin:end].tolist())
        return [heart_chunk(self._source, begin, times_ns, rows)]


class PlaybackConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a recording in device.toml."""

    path: Annotated[str, msgspec.Meta(min_length=1)]
    """A file, a folder of files, or a session."""


class PlaybackSource:
    """Plays `config.path` once, with all signals that were recorded side by side."""

    def __init__(self, name: str, config: SourceConfig, bluetooth: BluetoothConfig, clock: Clock) -> None:
        del bluetooth
        own = own_keys(name, config, PlaybackConfig)
        self._name, self._path, self._clock = name, path_of(own.path, f"sources.{name}.path"), clock

    def checks(self) -> list[Check]:
        """A recording needs nothing but itself."""
        return []

    async def probe(self) -> None:
        """Read the recording. Raises RecordingError."""
        await asyncio.to_thread(load_recording, self._path)

    async def run(self, emit: Emit) -> None:
        """Play to the end, say so, and wait to be cancelled.

        Raises:
            RecordingError: nothing of the recording can be read.
        """
        recording = await asyncio.to_thread(load_recording, self._path)
        status = StatusReporter(self._name, self._clock, emit)
        minutes = recording.duration_s / 60
        status.tell("streaming", " ".join((f"Playing {self._path.name}, {minutes:.1f} min.", *recording.notes)))
        await self._play(recording, emit)
        status.tell("silent", f"The recording {self._path.name} has ended after {minutes:.1f} min.")
        await asyncio.Event().wait()

    async def _play(self, recording: Recording, emit: Emit) -> None:
        start_ns = self._clock.now_ns()
        players: list[SamplesPlayer | HeartPlayer] = []
        if recording.eeg:
            players.append(SamplesPlayer(self._name, "eeg", recording.eeg, start_ns))
        players += [SamplesPlayer(self._name, kind, samples, start_ns) for kind, samples in recording.wrist.items()]
        if recording.heart:
            players.append(HeartPlayer(self._name, recording.heart, start_ns))
        elapsed_s = 0.0
        while elapsed_s < recording.duration_s:
            await asyncio.sleep(1 / CHUNKS_PER_S)
            elapsed_s = (self._clock.now_ns() - start_ns) / 1e9
            for player in players:
                for chunk in player.play(elapsed_s):
                    emit(chunk)
