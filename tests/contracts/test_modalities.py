"""Contracts of TABLE 3: every modality has an extractor, and a source may send all of them at once."""

from __future__ import annotations

import asyncio
import typing
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from device.acquisition import SOURCES
from device.acquisition.sensors import build_source, keep_running
from device.acquisition.source import Check, Emit, StatusReporter
from device.clock import Clock, VirtualClock
from device.config import AffectConfig, BluetoothConfig, DeviceConfig, SessionConfig, SourceConfig
from device.files.models import MODELS_DIR
from device.imports import import_name
from device.messages import AffectEstimate, FeatureFrame, Message, SampleChunk, SignalKind, Tick
from device.modalities import MODALITIES, name_signals
from device.processes import PROCESSES
from device.runtime.stage_runner import StageRunner, build_stages
from device.streams import topic_of
from tests.device.dsp.signals import in_time, light, pink

S = 1_000_000_000
SECONDS = 150
REST_S = 40.0
MUSE = ("TP9", "AF7", "AF8", "TP10")


def test_every_kind_of_signal_has_a_row_and_an_extractor() -> None:
    assert list(MODALITIES) == list(typing.get_args(SignalKind))
    for row in MODALITIES.values():
        assert callable(import_name(row.extractor).frames)
        assert row.channels
        assert all(low < high for low, high in (channel.possible for channel in row.channels.values()))


def test_a_signal_is_named_by_its_kind_only_where_its_source_has_several() -> None:
    names = name_signals([("muse", "eeg"), ("band", "wrist"), ("muse", "wrist")])
    assert list(names.values()) == ["muse eeg", "band", "muse wrist"]


def chunks_of(kind: SignalKind, rows: np.ndarray, sfreq_hz: float, ch_names: tuple[str, ...]) -> Iterator[SampleChunk]:
    size = round(sfreq_hz / 2)
    for first in range(0, len(rows), size):
        yield SampleChunk(
            t_ns=round(first / sfreq_hz * S),
            source="muse",
            kind=kind,
            sfreq_hz=sfreq_hz,
            ch_names=ch_names,
            first_sample=first,
            data=np.ascontiguousarray(rows[first : first + size], "<f4").tobytes(),
        )


def headband() -> list[SampleChunk]:
    """EEG, light and movement of one headband, each at its own rate."""
    rng = np.random.default_rng(1)
    rr_ms = 850 + 30 * np.sin(np.arange(SECONDS * 1.2) / 3) + rng.normal(0, 10, round(SECONDS * 1.2))
    still_g = np.array([0.0, 0.0, 1.0]) + rng.normal(0, 0.003, (SECONDS * 52, 3))
    return in_time(
        list(chunks_of("eeg", pink(SECONDS, 4, sfreq_hz=256.0), 256.0, MUSE)),
        list(chunks_of("ppg", light(rr_ms)[: SECONDS * 64, None], 64.0, ("ir",))),
        list(chunks_of("motion", still_g, 52.0, ("acc_x", "acc_y", "acc_z"))),
    )


class Headband:
    """A sensor with three signals, which it sends as fast as they are taken."""

    def __init__(self, name: str, config: SourceConfig, bluetooth: BluetoothConfig, clock: Clock) -> None:
        del config, bluetooth
        self._status = partial(StatusReporter, name, clock)

    def checks(self) -> list[Check]:
        return []

    async def probe(self) -> None:
        """It is there."""

    async def run(self, emit: Emit) -> None:
        """Send all it has."""
        self._status(emit).tell("streaming", "The headband streams.")
        for chunk in headband():
            emit(chunk)
        await asyncio.Event().wait()


def sent(device: DeviceConfig) -> list[Message]:
    """What the process `sensors` publishes of it."""
    published: list[Message] = []

    async def scene() -> None:
        source = build_source("muse", device, VirtualClock(0))
        task = asyncio.create_task(keep_running("muse", source, published.append, VirtualClock(0)))
        await asyncio.sleep(0.1)
        task.cancel()

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SOURCES, "headband", f"{__name__}:Headband")
        asyncio.run(scene())
    return published


@pytest.fixture(scope="module")
def heard() -> list[Message]:
    """All that the loop makes of what the sensors send."""
    device = DeviceConfig(sources={"muse": SourceConfig(type="headband")}, affect=AffectConfig(baseline_s=REST_S))
    folder = str(Path())
    config = SessionConfig(
        session_id="", run_dir=folder, session_dir=folder, models_dir=str(MODELS_DIR), device=device, minutes=10.0
    )
    stages = build_stages(PROCESSES["loop"], config)
    runner, emitted, ticked_s = StageRunner(stages), [], 0
    estimator = next(index for index, stage in enumerate(stages) if "affect" in stage.writes)
    for message in sent(device):
        emitted += runner.step(message, message.t_ns)
        if message.t_ns // S > ticked_s:
            ticked_s = message.t_ns // S
            emitted += runner.tick(estimator, Tick(t_ns=ticked_s * S))
    return emitted


def test_one_source_gives_frames_of_both_kinds_on_topics_of_their_own(heard: list[Message]) -> None:
    frames = [message for message in heard if isinstance(message, FeatureFrame)]
    eeg, wrist = ([frame for frame in frames if frame.kind == kind] for kind in ("eeg", "wrist"))
    assert len(eeg) > 4 * (SECONDS - 10)
    assert len(wrist) > SECONDS - 10
    assert {topic_of(frame) for frame in frames} == {"features/muse/eeg", "features/muse/wrist"}
    assert {topic_of(chunk) for chunk in headband()} == {"samples/muse/eeg", "samples/muse/ppg", "samples/muse/motion"}
    assert dict(zip(wrist[-1].names, wrist[-1].values, strict=True))["hr_bpm.mean"] == pytest.approx(70, abs=3)


def test_the_estimate_uses_both_and_says_which(heard: list[Message]) -> None:
    last = [message for message in heard if isinstance(message, AffectEstimate)][-1]
    assert last.known
    assert last.calibrated
    assert set(last.coverage) == {"muse eeg", "muse wrist"}
    assert min(last.coverage.values()) > 0.5
    assert all(reason.startswith(("muse eeg: ", "muse wrist: ")) for reason in last.reasons)
