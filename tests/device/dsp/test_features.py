"""The feature stage: rates, names, restarts, and the same bytes twice."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from device.clock import cpu_seconds
from device.config import SessionConfig
from device.dsp import eeg, wrist
from device.dsp.features import Features
from device.messages import FeatureFrame, Marker, SampleChunk, SensorStatus
from tests.device.dsp.signals import EIGHT, beats, chunks, in_time, pink, skin, wrist_chunks


def frames_of(config: SessionConfig, parts: list[SampleChunk]) -> list[FeatureFrame]:
    stage = Features(config)
    return [frame for part in parts for frame in stage.step(part, part.t_ns)]


def test_eeg_gives_four_frames_a_second_named_by_channel(config: SessionConfig) -> None:
    frames = frames_of(config, chunks(pink(10.0)))
    assert len(frames) == 25
    assert frames[0].names[0] == "Fp1.delta"
    assert len(frames[0].values) == len(frames[0].names) == 8 * len(eeg.FEATURES)
    assert frames[0].ch_names == EIGHT
    assert frames[0].quality == (1.0,) * 8


def test_heartbeats_give_one_frame_a_second(config: SessionConfig) -> None:
    frames = frames_of(config, beats(np.full(100, 600.0)))
    assert len(frames) == pytest.approx(60, abs=1)
    assert frames[-1].names == wrist.FEATURES
    assert frames[-1].values[0] == pytest.approx(100)
    assert frames[-1].window_s == pytest.approx(59.4)


def test_the_first_half_minute_of_heartbeats_is_not_believed(config: SessionConfig) -> None:
    frames = frames_of(config, beats(np.full(60, 1000.0)))
    early, late = frames[20], frames[40]
    assert early.quality[0] == 0
    assert any("heard for" in reason for reason in early.reasons)
    assert late.quality[:2] == (1.0, pytest.approx(1.0, abs=0.05))


def test_the_same_samples_give_the_same_bytes(config: SessionConfig) -> None:
    parts = chunks(pink(8.0)) + beats(np.full(50, 700.0))
    first, second = ([msgspec.msgpack.encode(frame) for frame in frames_of(config, parts)] for _ in range(2))
    assert first == second


def test_nan_constant_and_railed_chunks_are_reasons_not_crashes(config: SessionConfig) -> None:
    for value in (np.nan, 0.0, 187_500.0, np.inf):
        frames = frames_of(config, chunks(np.full((1250, 8), value)))
        assert len(frames) == 5
        assert max(frames[-1].quality) == 0
        assert frames[-1].reasons


def test_another_headset_under_the_same_name_starts_anew(config: SessionConfig) -> None:
    stage = Features(config)
    for part in chunks(pink(5.0)):
        stage.step(part, 0)
    two = [frame for part in chunks(pink(5.0, 2)) for frame in stage.step(part, 0)]
    assert len(two) == 5
    assert two[0].ch_names == EIGHT[:2]


def test_all_signals_of_a_wristband_meet_in_one_frame(config: SessionConfig) -> None:
    eda = wrist_chunks("eda", skin(70.0), 4.0)
    frames = frames_of(config, in_time(beats(np.full(70, 1000.0)), eda, chunks(pink(5.0))))
    wrists = [frame for frame in frames if frame.kind == "wrist"]
    assert len(wrists) == pytest.approx(70, abs=1)
    assert {frame.source for frame in wrists} == {"band"}
    found = dict(zip(wrists[-1].names, wrists[-1].values, strict=True))
    assert found["hr_bpm.mean"] == pytest.approx(60)
    assert found["eda_us.mean"] > 1
    assert len(frames) - len(wrists) == 5


def test_other_messages_pass_by(config: SessionConfig) -> None:
    assert Features(config).step(Marker(t_ns=0, text="x"), 0) == ()


def test_it_costs_little(config: SessionConfig) -> None:
    parts = chunks(pink(60.0))
    began_s = cpu_seconds()
    frames_of(config, parts)
    assert cpu_seconds() - began_s < 60 * 0.05, "budget is 2 % of a core; 5 % leaves room for a busy machine"


@pytest.mark.parametrize(("device", "mean_bpm"), [("C0:FF:EE:99:99:99", 120), ("C0:FF:EE:15:07:0E", 90), ("", 90)])
def test_beats_of_another_device_are_not_mixed_with_those_before(
    config: SessionConfig, device: str, mean_bpm: float
) -> None:
    stage = Features(config)

    def status(t_s: float, name: str) -> SensorStatus:
        return SensorStatus(t_ns=round(t_s * 1e9), source="band", state="streaming", sentence="x.", device=name)

    first, second = beats(np.full(60, 1000.0)), beats(np.full(40, 500.0), begin_s=60.0, first=60)
    messages = [status(0, "C0:FF:EE:15:07:0E"), *first, status(60, device), *second]
    frames = [frame for message in messages for frame in stage.step(message, message.t_ns)]
    assert frames[-1].values[0] == pytest.approx(mean_bpm, abs=6)
