from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from device.acquisition.playback import HeartPlayer, PlaybackSource, SamplesPlayer
from device.clock import SystemClock
from device.config import BluetoothConfig, SourceConfig
from device.errors import ConfigError, RecordingError
from device.recordings.signals import Heart, Samples
from tests.device.acquisition.listener import rows_of, running
from tests.device.recordings.people import write_band
from tests.device.recordings.recordings import eeg_chunk, write_eeg, write_session, write_wrist


def source_of(path: Path | str) -> PlaybackSource:
    config = SourceConfig(type="playback", path=str(path))
    return PlaybackSource("playback", config, BluetoothConfig(), SystemClock())


def test_lost_samples_of_the_recording_are_lost_again() -> None:
    data_uv = np.repeat(np.arange(100, dtype=np.float32), 2).reshape(100, 2)
    data_uv[40:50] = np.nan
    player = SamplesPlayer("playback", "eeg", Samples(data_uv, 100.0, ("Fp1", "Fp2")), start_ns=1000)
    chunks = [chunk for tenth in range(1, 12) for chunk in player.play(tenth / 10)]
    assert sum(len(rows_of(chunk)) for chunk in chunks) == 90
    assert sum(chunk.n_lost for chunk in chunks) == 10
    assert all(rows_of(chunk)[0, 0] == chunk.first_sample for chunk in chunks)
    assert all(chunk.t_ns == 1000 + chunk.first_sample * 10_000_000 for chunk in chunks)


def test_heart_events_come_when_they_are_due_and_once() -> None:
    heart = Heart(np.array([0.0, 0.5, 1.5]), np.array([70, 71, 72], np.float32), np.full(3, np.nan, np.float32))
    player = HeartPlayer("band", heart, start_ns=10)
    (first,) = player.play(1.0)
    assert player.play(1.2) == []
    (second,) = player.play(2.0)
    assert (first.times_ns, second.times_ns) == ((10, 500_000_010), (1_500_000_010,))
    assert (first.first_sample, second.first_sample) == (0, 2)
    assert rows_of(second)[0, 0] == 72


def test_a_recording_plays_whole_and_in_real_time(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(source_of(write_eeg(tmp_path / "a.npz", seconds=1.1))) as listener:
            await listener.until(lambda: "silent" in listener.states)
            assert listener.states == ["streaming", "silent"]
            assert "has ended" in listener.sentence
            assert listener.n_samples == 275
            took_s = (listener.statuses[1].t_ns - listener.statuses[0].t_ns) / 1e9
            assert 1.0 < took_s < 5.0

    asyncio.run(scene())


def test_eeg_and_heart_are_signals_of_one_source(tmp_path: Path) -> None:
    write_eeg(tmp_path / "1.npz", seconds=1)
    write_wrist(tmp_path / "2.npz")

    async def scene() -> None:
        async with running(source_of(tmp_path)) as listener:
            await listener.until(lambda: {chunk.kind for chunk in listener.chunks} == {"eeg", "heart"})
            assert {chunk.source for chunk in [*listener.chunks, *listener.statuses]} == {"playback"}

    asyncio.run(scene())


def test_signals_of_a_band_begin_when_they_did() -> None:
    samples = Samples(np.arange(8, dtype=np.float32)[:, None], 4.0, ("eda_us",), start_s=1.5)
    player = SamplesPlayer("band", "eda", samples, start_ns=0)
    assert player.play(1.4) == []
    (first,) = player.play(1.8)
    assert (first.kind, first.t_ns, rows_of(first).tolist()) == ("eda", 1_500_000_000, [[0.0]])
    assert sum(len(rows_of(chunk)) for chunk in player.play(9.0)) == 7


def test_a_band_plays_all_its_signals_as_one_source(tmp_path: Path) -> None:
    write_band(tmp_path / "band.npz", 12)

    async def scene() -> None:
        async with running(source_of(tmp_path / "band.npz")) as listener:
            await listener.until(lambda: len({chunk.kind for chunk in listener.chunks}) == 5)
            assert {chunk.source for chunk in listener.chunks} == {"playback"}

    asyncio.run(scene())


def test_a_torn_session_plays_what_is_whole_and_says_so(tmp_path: Path) -> None:
    folder = write_session(tmp_path / "s", [eeg_chunk(n * 25, n * 100_000_000) for n in range(20)])
    log = folder / "log-0000.mcap"
    log.write_bytes(log.read_bytes()[:3000])

    async def scene() -> None:
        await source_of(folder).probe()
        async with running(source_of(folder)) as listener:
            await listener.until(lambda: len(listener.chunks) > 0)
            assert "ends early" in listener.statuses[0].sentence

    asyncio.run(scene())


def test_what_cannot_be_played_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`sources\.playback\.path` is missing"):
        source_of("")
    with pytest.raises(RecordingError):
        asyncio.run(source_of(tmp_path / "absent.npz").probe())
    with pytest.raises(RecordingError):
        asyncio.run(source_of(tmp_path).run(lambda _: None))
