"""The Cyton source against the emulated board, through a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import serial

from device.acquisition.cyton import CytonSource
from device.clock import SystemClock
from device.config import BluetoothConfig, SourceConfig
from device.errors import ConfigError, SensorError
from hardware.emulators.cyton import PtyCyton
from hardware.emulators.cyton_quirks import Quirk, QuirkyBoard
from tests.device.acquisition.listener import Listener, rows_of, running


def feed(first: int, n: int) -> np.ndarray:
    """Channel c holds c + 1 uV times the sample's number modulo 100, so every sample tells its place."""
    return (np.arange(first, first + n) % 100)[:, None] * np.arange(1.0, 17.0)


def source_at(port: Path | str, ch_names: tuple[str, ...] = ()) -> CytonSource:
    config = SourceConfig(type="cyton", port=str(port), ch_names=ch_names)
    return CytonSource("cyton", config, BluetoothConfig(), SystemClock())


@contextlib.asynccontextmanager
async def plugged_in(tmp_path: Path, *, daisy: bool = False) -> AsyncIterator[PtyCyton]:
    cyton = PtyCyton(tmp_path / "ttyCyton", feed, daisy=daisy)
    await cyton.start()
    try:
        yield cyton
    finally:
        await cyton.stop()


@contextlib.asynccontextmanager
async def streaming(tmp_path: Path, *, daisy: bool = False) -> AsyncIterator[tuple[PtyCyton, Listener]]:
    async with plugged_in(tmp_path, daisy=daisy) as cyton, running(source_at(cyton.link)) as listener:
        await listener.until(lambda: len(listener.chunks) >= 3)
        yield cyton, listener


def assert_whole(listener: Listener) -> None:
    """Every sample is where its number says: lost ones counted exactly, none doubled."""
    data = np.concatenate([rows_of(chunk)[:, 0] for chunk in listener.chunks])
    index = np.concatenate([chunk.first_sample + np.arange(len(rows_of(chunk))) for chunk in listener.chunks])
    assert (np.diff(index) > 0).all()
    assert np.unique((np.rint(data) - index) % 100).size == 1


def test_samples_are_those_of_the_board(tmp_path: Path) -> None:
    async def scene() -> None:
        async with streaming(tmp_path) as (_, listener):
            await listener.until(lambda: listener.n_samples >= 250)
            assert listener.states == ["connecting", "streaming"]
            assert listener.chunks[0].ch_names[:2] == ("Fp1", "Fp2")
            rows = rows_of(listener.chunks[1])
            assert rows[:, 7] == pytest.approx(8 * rows[:, 0], abs=0.2)
            assert listener.n_lost == 0
            assert_whole(listener)

    asyncio.run(scene())


def test_daisy_gives_sixteen_channels_at_125_hz(tmp_path: Path) -> None:
    async def scene() -> None:
        async with streaming(tmp_path, daisy=True) as (_, listener):
            chunk = listener.chunks[-1]
            assert (len(chunk.ch_names), chunk.sfreq_hz) == (16, 125.0)
            assert rows_of(chunk)[:, 9] == pytest.approx(10 / 9 * rows_of(chunk)[:, 8], abs=0.2)

    asyncio.run(scene())


def test_a_daisy_that_is_not_wanted_is_detached(tmp_path: Path) -> None:
    async def scene() -> None:
        names = ("Fp1", "Fp2", "C3")
        async with plugged_in(tmp_path, daisy=True) as cyton, running(source_at(cyton.link, names)) as listener:
            await listener.until(lambda: len(listener.chunks) >= 2)
            assert (listener.chunks[0].ch_names, listener.chunks[0].sfreq_hz) == (names, 250.0)
            assert_whole(listener)

    asyncio.run(scene())


def test_lost_packets_are_counted_exactly(tmp_path: Path) -> None:
    async def scene() -> None:
        async with streaming(tmp_path) as (cyton, listener):
            for n_packets in (1, 7, 20):
                cyton.board.drop(n_packets)
                await asyncio.sleep(0.1)
            cyton.board.insert(b"\xa0\xc0 noise \xa0")
            cyton.board.truncate(20)
            await asyncio.sleep(0.1)
            cyton.board.outage(1.3)
            await asyncio.sleep(1.5)
            dropped = cyton.board.n_dropped + 1
            await listener.until(lambda: listener.n_lost >= dropped)
            assert listener.n_lost == dropped
            assert listener.states == ["connecting", "streaming"]
            assert_whole(listener)

    asyncio.run(scene())


def test_unplugged_and_plugged_in_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with streaming(tmp_path) as (cyton, listener):
            cyton.unplug()
            await listener.until(lambda: "lost" in listener.states)
            assert listener.sentence == "The EEG headset was unplugged; waiting for it to come back."
            await asyncio.sleep(0.5)
            n_before = len(listener.chunks)
            cyton.replug()
            await listener.until(lambda: len(listener.chunks) > n_before + 2)
            assert listener.states == ["connecting", "streaming", "lost", "streaming"]
            before, after = listener.chunks[n_before - 1], listener.chunks[n_before]
            gap_s = (after.t_ns - before.t_ns) / 1e9
            assert after.n_lost > 100
            assert after.first_sample - before.first_sample == pytest.approx(gap_s * 250, abs=25)

    asyncio.run(scene())


def test_a_board_left_streaming_is_quietened_first(tmp_path: Path) -> None:
    async def scene() -> None:
        async with plugged_in(tmp_path) as cyton:
            cyton.board.receive(b"b", 0.0)
            await asyncio.sleep(0.2)
            async with running(source_at(cyton.link)) as listener:
                await listener.until(lambda: len(listener.chunks) >= 3)
                assert listener.chunks[0].first_sample == 0
                assert_whole(listener)

    asyncio.run(scene())


def test_a_board_is_not_left_streaming(tmp_path: Path) -> None:
    async def scene() -> None:
        async with plugged_in(tmp_path) as cyton:
            async with running(source_at(cyton.link)) as listener:
                await listener.until(lambda: len(listener.chunks) >= 1)
            await listener.until(lambda: not cyton.board.streaming)

    asyncio.run(scene())


def test_a_board_that_falls_silent_is_woken(tmp_path: Path) -> None:
    async def scene() -> None:
        async with streaming(tmp_path) as (cyton, listener):
            cyton.board.silence()
            await listener.until(lambda: "silent" in listener.states)
            assert "stopped sending" in listener.sentence
            cyton.board.silence(silent=False)
            await listener.until(lambda: listener.states[-1] == "streaming")
            assert listener.states.count("lost") == 0

    asyncio.run(scene())


def test_probe_is_content_with_a_board_that_answers(tmp_path: Path) -> None:
    async def scene() -> None:
        async with plugged_in(tmp_path) as cyton:
            await source_at(cyton.link).probe()

    asyncio.run(scene())


async def refusal_of(source: CytonSource) -> str:
    with pytest.raises(SensorError) as caught:
        await source.probe()
    assert caught.value.action
    return caught.value.sentence


def test_a_missing_port_is_named(tmp_path: Path) -> None:
    sentence = asyncio.run(refusal_of(source_at(tmp_path / "ttyUSB7")))
    assert f"{tmp_path / 'ttyUSB7'} is not there" in sentence
    assert "serial port" in sentence


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    async def scene() -> str:
        async with plugged_in(tmp_path) as cyton:
            with serial.Serial(str(cyton.link), exclusive=True):
                return await refusal_of(source_at(cyton.link))

    assert "in use by another program" in asyncio.run(scene())


def test_a_silent_board_is_told(tmp_path: Path) -> None:
    async def scene() -> str:
        async with plugged_in(tmp_path) as cyton:
            cyton.board.silence()
            return await refusal_of(source_at(cyton.link))

    assert "does not answer" in asyncio.run(scene())


def test_a_board_switched_off_is_told(tmp_path: Path) -> None:
    async def scene() -> str:
        async with plugged_in(tmp_path) as cyton:
            cyton.board.switch_off()
            return await refusal_of(source_at(cyton.link))

    assert "off or out of range" in asyncio.run(scene())


def test_sixteen_names_need_a_daisy(tmp_path: Path) -> None:
    names = tuple(f"E{n}" for n in range(16))

    async def scene() -> str:
        async with plugged_in(tmp_path) as cyton:
            return await refusal_of(source_at(cyton.link, names))

    assert "has no Daisy" in asyncio.run(scene())
    with pytest.raises(ConfigError, match="17 electrodes"):
        source_at("", (*names, "E16"))


def test_a_port_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    async def scene() -> None:
        cyton = PtyCyton(tmp_path / "ttyCyton", feed)
        async with running(source_at(cyton.link)) as listener:
            await listener.until(lambda: "failed" in listener.states)
            assert "is not there" in listener.sentence
            await cyton.start()
            await listener.until(lambda: listener.states[-1] == "streaming")
            await cyton.stop()

    asyncio.run(scene())


@contextlib.asynccontextmanager
async def quirky(tmp_path: Path, quirk: Quirk, *, daisy: bool = False) -> AsyncIterator[tuple[QuirkyBoard, Listener]]:
    cyton = PtyCyton(tmp_path / "ttyCyton", feed, daisy=daisy)
    cyton.board = board = QuirkyBoard(feed, quirk, daisy=daisy)
    await cyton.start()
    try:
        async with running(source_at(cyton.link)) as listener:
            yield board, listener
    finally:
        await cyton.stop()


@pytest.mark.parametrize("quirk", ["repeats", "old packets"])
def test_packets_that_come_again_are_left_out_and_told_once(tmp_path: Path, quirk: Quirk) -> None:
    async def scene() -> None:
        async with quirky(tmp_path, quirk) as (_, listener):
            await listener.until(lambda: listener.n_samples >= 500)
            assert listener.n_lost == 0
            assert_whole(listener)
            told = [status.sentence for status in listener.statuses if "again" in status.sentence]
            assert len(told) == 1
            assert listener.states == ["connecting", "streaming", "streaming"]

    asyncio.run(scene())


def test_text_in_mid_stream_restarts_the_stream_at_once(tmp_path: Path) -> None:
    async def scene() -> None:
        async with quirky(tmp_path, "first firmware") as (board, listener):
            await listener.until(lambda: listener.n_samples >= 100)
            board.overflow()
            n_before = len(listener.chunks)
            await listener.until(lambda: len(listener.chunks) > n_before + 2)
            assert listener.states == ["connecting", "streaming", "silent", "streaming"]
            said = listener.statuses[2].sentence
            assert "`Failure: Board RFduino buffer overflowed. Soft reset command sent to Board.`" in said

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("quirk", "daisy", "word"),
    [("old dongle", False, "dongle's firmware"), ("no count", False, "number stays"), ("half missing", True, "Daisy")],
)
def test_a_board_that_is_not_understood_is_not_called_silent(
    tmp_path: Path, quirk: Quirk, daisy: bool, word: str
) -> None:
    async def scene() -> None:
        async with quirky(tmp_path, quirk, daisy=daisy) as (_, listener):
            await listener.until(lambda: "failed" in listener.states)
            assert word in listener.sentence
            assert "stopped sending" not in listener.sentence

    asyncio.run(scene())


def test_a_missed_poll_is_asked_again_before_anything_is_said(tmp_path: Path) -> None:
    async def scene() -> None:
        cyton = PtyCyton(tmp_path / "ttyCyton", feed)
        cyton.board = QuirkyBoard(feed, "missed poll")
        await cyton.start()
        await source_at(cyton.link).probe()
        await cyton.stop()

    asyncio.run(scene())


def test_something_else_at_the_port_is_told_apart_from_silence(tmp_path: Path) -> None:
    async def scene() -> str:
        cyton = PtyCyton(tmp_path / "ttyCyton", feed)
        cyton.board = QuirkyBoard(feed, "no cyton")
        await cyton.start()
        try:
            return await refusal_of(source_at(cyton.link))
        finally:
            await cyton.stop()

    assert "`$GPGGA" in asyncio.run(scene())


def test_a_daisy_that_is_dead_leaves_eight_channels_and_a_word(tmp_path: Path) -> None:
    async def scene() -> None:
        async with quirky(tmp_path, "dead daisy") as (_, listener):
            await listener.until(lambda: len(listener.chunks) >= 3)
            assert (len(listener.chunks[0].ch_names), listener.chunks[0].sfreq_hz) == (8, 250.0)
            assert "Daisy board does not answer" in listener.sentence
            assert_whole(listener)

    asyncio.run(scene())


def test_halves_with_one_number_are_one_sample(tmp_path: Path) -> None:
    async def scene() -> None:
        async with quirky(tmp_path, "shared halves", daisy=True) as (_, listener):
            await listener.until(lambda: listener.n_samples >= 100)
            assert listener.n_lost == 0
            assert rows_of(listener.chunks[-1])[:, 9] == pytest.approx(
                10 / 9 * rows_of(listener.chunks[-1])[:, 8], abs=0.2
            )

    asyncio.run(scene())
