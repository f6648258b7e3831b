"""A wristband's frames: one a second, one list of names, and every signal's quality tells what was there."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import cpu_seconds
from device.dsp import wrist
from device.dsp.wrist import WristExtractor
from device.messages import FeatureFrame, SampleChunk, SignalKind
from tests.device.dsp.signals import beats, in_time, light, skin, wrist_chunks

MINUTE_S = 60


def frames_of(parts: list[SampleChunk]) -> list[FeatureFrame]:
    extractor = WristExtractor(parts[0])
    return [frame for part in parts for frame in extractor.frames(part)]


def values(frame: FeatureFrame) -> dict[str, float]:
    return dict(zip(frame.names, frame.values, strict=True))


def quality(frame: FeatureFrame) -> dict[str, float]:
    return dict(zip(frame.ch_names, frame.quality, strict=True))


def heart(seconds: float) -> list[SampleChunk]:
    rng = np.random.default_rng(0)
    n_beats = round(seconds / 0.85)
    return beats(850 + 40 * np.sin(np.arange(n_beats) * 1.3) + 8 * rng.standard_normal(n_beats))


def temperature(seconds: float, **at: float) -> list[SampleChunk]:
    return wrist_chunks("temperature", np.full(round(4 * seconds), 31.5), 4.0, **at)


def test_every_signal_has_its_place_in_every_frame() -> None:
    frames = frames_of(in_time(heart(90), wrist_chunks("eda", skin(90), 4.0), temperature(90)))
    assert {frame.names for frame in frames} == {wrist.FEATURES}
    assert {frame.ch_names for frame in frames} == {wrist.GROUPS}
    assert all(name.partition(".")[0] in wrist.GROUPS for name in wrist.FEATURES)
    last = values(frames[-1])
    assert last["hr_bpm.mean"] == pytest.approx(70.7, abs=1)
    assert last["rr_ms.rmssd"] == pytest.approx(35, abs=5)
    assert last["respiration.rate_bpm"] == pytest.approx(60 * 1.3 / (2 * math.pi * 0.85), abs=0.7)
    assert last["eda_us.scr_per_min"] == pytest.approx(4, abs=1)
    assert last["temperature_c.mean"] == pytest.approx(31.5)
    found = quality(frames[-1])
    assert min(found["hr_bpm"], found["rr_ms"], found["eda_us"], found["temperature_c"]) > 0.95
    assert frames[-1].reasons == ()


def test_there_is_one_frame_for_each_second_of_the_clock() -> None:
    frames = frames_of(in_time(heart(90), wrist_chunks("eda", skin(90), 4.0, step_s=7.0), temperature(90)))
    seconds = [frame.t_ns // 1_000_000_000 for frame in frames]
    assert seconds == list(range(seconds[0], seconds[-1] + 1))
    assert len(seconds) >= 89


def test_a_band_of_heartbeats_alone_has_no_reasons_for_what_it_never_sends() -> None:
    last = frames_of(heart(70))[-1]
    assert last.reasons == ()
    assert quality(last)["eda_us"] == quality(last)["temperature_c"] == 0
    assert math.isnan(values(last)["eda_us.mean"])


def test_without_heartbeats_the_other_signals_drive() -> None:
    frames = frames_of(in_time(wrist_chunks("eda", skin(70), 4.0), temperature(70)))
    assert len(frames) == 70
    assert quality(frames[-1])["hr_bpm"] == 0
    assert quality(frames[-1])["eda_us"] == 1
    assert frames[-1].window_s == 60


def test_a_signal_that_turns_up_later_fills_its_place_and_nothing_starts_again() -> None:
    late = wrist_chunks("eda", skin(60), 4.0, begin_s=40.0)
    frames = frames_of(in_time(heart(100), late))
    alone = frames_of(heart(100))
    assert [values(frame)["hr_bpm.mean"] for frame in frames] == [values(frame)["hr_bpm.mean"] for frame in alone]
    assert quality(frames[60])["eda_us"] == 0
    assert any("skin conductance heard for" in reason for reason in frames[60].reasons)
    assert quality(frames[-1])["eda_us"] == 1


def test_a_signal_that_stops_loses_its_quality_and_says_so() -> None:
    frames = frames_of(in_time(heart(100), wrist_chunks("eda", skin(80), 4.0), temperature(100)))
    assert quality(frames[79])["eda_us"] == 1
    assert quality(frames[-1])["eda_us"] == 0
    assert any("no skin conductance" in reason for reason in frames[-1].reasons)
    assert quality(frames[-1])["temperature_c"] == 1


def test_heartbeats_that_stop_lose_their_quality_while_the_rest_goes_on() -> None:
    frames = frames_of(in_time(heart(80), wrist_chunks("eda", skin(120), 4.0)))
    assert frames[-1].t_ns == 120 * 1_000_000_000
    assert quality(frames[-1])["hr_bpm"] == 0
    assert quality(frames[-1])["rr_ms"] < 0.5
    assert any("no heart rate" in reason for reason in frames[-1].reasons)
    assert quality(frames[-1])["eda_us"] == 1


def still(seconds: float, sfreq_hz: float = 32.0) -> np.ndarray:
    rest = np.array([0.1, 0.2, 0.97]) + 0.005 * np.random.default_rng(0).standard_normal((round(seconds * sfreq_hz), 3))
    return rest.astype(np.float64)


def test_light_without_intervals_gives_heart_and_breath() -> None:
    rr_ms = 850 + 40 * np.sin(np.arange(90) * 1.3)
    parts = in_time(wrist_chunks("ppg", light(rr_ms), 64.0), wrist_chunks("motion", still(77), 32.0, step_s=0.8))
    last = frames_of(parts)[-1]
    assert values(last)["hr_bpm.mean"] == pytest.approx(70.6, abs=1.5)
    assert values(last)["rr_ms.sdnn"] == pytest.approx(28, abs=4)
    assert values(last)["motion.still_share"] == 1
    assert min(quality(last)[group] for group in ("hr_bpm", "rr_ms", "motion")) > 0.85


def test_intervals_that_a_band_tells_go_before_its_light() -> None:
    both = in_time(heart(70), wrist_chunks("ppg", light(np.full(70, 1000.0)), 64.0))
    assert values(frames_of(both)[-1])["rr_ms.mean"] == pytest.approx(850, rel=0.01)


def test_movement_has_its_place() -> None:
    swing = still(70)
    swing[:, 0] += 0.4 * np.sin(2 * np.pi * 1.8 * np.arange(len(swing)) / 32)
    frames = frames_of(in_time(heart(70), wrist_chunks("motion", swing, 32.0)))
    assert values(frames[-1])["motion.cadence_hz"] == pytest.approx(1.8, abs=0.1)
    assert quality(frames[-1])["motion"] == 1
    assert quality(frames[15])["motion"] == 0


def test_lost_radio_packets_are_a_gap_of_just_that_signal() -> None:
    parts = wrist_chunks("eda", skin(90), 4.0)
    del parts[130:140]
    frames = frames_of(in_time(heart(90), parts))
    assert 0.4 < quality(frames[69])["eda_us"] < 0.95
    assert quality(frames[-1])["eda_us"] == pytest.approx(1 - 5 / 60, abs=0.02)
    assert values(frames[-1])["eda_us.mean"] == pytest.approx(1.5 + 0.24 + 0.08, abs=0.06)


def test_a_new_rate_restarts_only_its_own_signal() -> None:
    parts = wrist_chunks("eda", skin(60), 4.0) + wrist_chunks("eda", skin(25, 8.0), 8.0, begin_s=60.0)
    last = frames_of(in_time(heart(85), parts, temperature(85)))[-1]
    assert quality(last)["eda_us"] == 0
    assert quality(last)["temperature_c"] == quality(last)["hr_bpm"] == 1


def test_a_clock_that_began_again_is_followed() -> None:
    parts = in_time(heart(70), temperature(70))
    frames = frames_of(parts + parts)
    assert len(frames) >= 2 * 69
    assert quality(frames[len(frames) // 2 + 5])["hr_bpm"] == 0


def test_the_size_of_chunks_does_not_change_the_numbers() -> None:
    runs = [frames_of(wrist_chunks("eda", skin(70), 4.0, step_s=step_s)) for step_s in (0.25, 1.0, 13.0)]
    encoded = [[msgspec.msgpack.encode(frame) for frame in run] for run in runs]
    assert encoded[0] == encoded[1] == encoded[2]


def recorded(data_dir: Path, seconds: float) -> list[SampleChunk]:
    """The first seconds of an open recording of an Empatica E4, but for what its makers computed from the light."""
    with np.load(data_dir / "open" / "wrist_stress_predict" / "S34.npz", allow_pickle=False) as file:
        signals: dict[SignalKind, tuple[np.ndarray, float]] = {
            "ppg": (file["bvp"] * float(file["bvp_scale"]), 64.0),
            "motion": (file["acc"] / 64, 32.0),
            "eda": (file["eda"], 4.0),
            "temperature": (file["temp"], 4.0),
        }
        return in_time(*(wrist_chunks(kind, x[: round(seconds * hz)], hz) for kind, (x, hz) in signals.items()))


def test_a_real_wrist_is_read(data_dir: Path) -> None:
    frames = frames_of(recorded(data_dir, 150.0))
    assert len(frames) == 150
    with np.load(data_dir / "open" / "wrist_stress_predict" / "S34.npz", allow_pickle=False) as file:
        told_bpm = float(file["hr"][80:140].mean())
    assert values(frames[-1])["hr_bpm.mean"] == pytest.approx(told_bpm, abs=4)
    assert 30 < values(frames[-1])["temperature_c.mean"] < 37
    assert values(frames[-1])["eda_us.mean"] > 0.05
    assert min(quality(frames[-1])[group] for group in ("hr_bpm", "motion", "eda_us", "temperature_c")) > 0.8


@settings(max_examples=30)
@given(data=st.data())
def test_whatever_comes_frames_are_whole_and_the_same_twice(data: st.DataObject) -> None:
    value = st.floats(-1e9, 1e9, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])
    parts = []
    for kind in data.draw(
        st.lists(st.sampled_from(["eda", "temperature", "heart", "ppg", "motion"]), min_size=1, max_size=6)
    ):
        rows = np.array(data.draw(st.lists(value, min_size=1, max_size=40)) * data.draw(st.sampled_from([1, 30])))
        begin_s = data.draw(st.floats(0, 100))
        sfreq_hz = data.draw(st.sampled_from([0.5, 2.0, 4.0, 33.0, 64.0]))
        rows = np.stack([rows] * 3, axis=1) if kind == "motion" else rows
        run = beats(np.clip(rows, 1, 1e4)[~np.isnan(rows)], begin_s=begin_s)
        parts += run if kind == "heart" else wrist_chunks(kind, rows, sfreq_hz, step_s=3.0, begin_s=begin_s)
    if parts:
        first, second = (frames_of(parts) for _ in range(2))
        assert [msgspec.msgpack.encode(frame) for frame in first] == [msgspec.msgpack.encode(frame) for frame in second]
        for frame in first:
            assert len(frame.values) == len(wrist.FEATURES)
            assert all(0 <= share <= 1 for share in frame.quality)
            assert not np.isinf(frame.values).any()


def test_it_costs_little() -> None:
    parts = in_time(heart(300), wrist_chunks("eda", skin(300), 4.0), temperature(300))
    began_s = cpu_seconds()
    frames = frames_of(parts)
    assert (cpu_seconds() - began_s) / len(frames) < 0.002, "0.25 ms a second, measured; room for a busy machine"


def frozen(kind: SignalKind, seconds: int, from_s: int, until_s: int) -> list[SampleChunk]:
    """A signal that hangs for a while."""
    rng = np.random.default_rng(3)
    rows = {
        "eda": skin(seconds),
        "temperature": 31.5 + 0.02 * np.round(rng.normal(0, 3, 4 * seconds)),
        "motion": np.array([0.0, 0.0, 1.0]) + rng.normal(0, 0.004, (32 * seconds, 3)),
    }[kind]
    rate = 32 if kind == "motion" else 4
    rows = np.array(rows, np.float32)
    rows[rate * from_s : rate * until_s] = rows[rate * from_s - 1]
    return wrist_chunks(kind, rows, float(rate))


@pytest.mark.parametrize(
    ("kind", "group", "feature", "latest_s"),
    [
        ("eda", "eda_us", "eda_us.log_mean", 125),
        ("temperature", "temperature_c", "temperature_c.mean", 305),
        ("motion", "motion", "motion.mean_g", 65),
    ],
)
def test_a_signal_that_hangs_is_unknown_and_says_so_until_it_moves_again(
    kind: SignalKind, group: str, feature: str, latest_s: int
) -> None:
    parts = in_time(heart(520), frozen(kind, 520, 80, 420))
    frames = {frame.t_ns // 1_000_000_000: frame for frame in frames_of(parts)}
    assert quality(frames[78])[group] > 0.9
    for second in range(80 + latest_s, 420):
        assert quality(frames[second])[group] == 0
        assert math.isnan(values(frames[second])[feature])
        assert any("its sensor is stuck" in reason for reason in frames[second].reasons)
    assert quality(frames[490])[group] > 0.9
    assert math.isfinite(values(frames[490])[feature])
    assert quality(frames[430])[group] < 0.5, "what it told while it hung is no measurement"


def test_a_heart_rate_that_stays_the_same_for_minutes_is_unknown() -> None:
    rng = np.random.default_rng(0)
    hr_bpm = np.concatenate((72 + np.round(rng.normal(0, 2, 180)), np.full(240, 91.0), 80 + np.arange(100) % 5))
    parts = [
        SampleChunk(
            t_ns=second * 1_000_000_000,
            source="band",
            kind="heart",
            sfreq_hz=0.0,
            ch_names=("hr_bpm", "rr_ms"),
            first_sample=second,
            data=np.array([rate, np.nan], "<f4").tobytes(),
            times_ns=(second * 1_000_000_000,),
        )
        for second, rate in enumerate(hr_bpm.tolist())
    ]
    frames = frames_of(parts)
    assert quality(frames[200])["hr_bpm"] == 1
    for frame in frames[305:420]:
        assert quality(frame)["hr_bpm"] == 0
        assert math.isnan(values(frame)["hr_bpm.mean"])
        assert "heart rate has told exactly 91" in frame.reasons[0]
    assert values(frames[440])["hr_bpm.mean"] == pytest.approx(82, abs=0.5), "of the rates since it moved alone"
    assert quality(frames[440])["hr_bpm"] == 1


def test_movement_alone_is_no_wristband() -> None:
    still = np.array([0.0, 0.0, 1.0]) + np.random.default_rng(0).normal(0, 0.004, (32 * 60, 3))
    assert frames_of(wrist_chunks("motion", still, 32.0)) == []
    assert frames_of(temperature(60)) == []
