"""Wristband recordings: every signal in its units and at its time, and labels of pure windows alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.dsp.windows import samples_of
from device.dsp.wrist import GROUPS
from device.messages import FeatureFrame, SampleChunk, SignalKind
from export.affect.data import frames_of
from export.affect.wrist import SIGNALS, Labels, label_of, read_chunks, read_labels

START_S = 1.6e9
SECONDS = 130
HR_BPM = 72.0
LATE_S = {"bvp": 0.0, "acc": 0.5, "eda": 1.0, "temp": 2.0, "hr": 10.0}
"""Time at which each signal begins."""
WHOLE: tuple[SignalKind, ...] = ("heart", "ppg", "motion", "eda", "temperature")


def write_band(path: Path, late_s: dict[str, float] = LATE_S, seconds: int = SECONDS, labelled: float = 1.0) -> Path:
    """A still wrist with a steady pulse; stress from the second minute on."""
    rng = np.random.default_rng(1)
    t_s = np.arange(64 * seconds) / 64
    noise, still = rng.standard_normal(4 * seconds), np.tile([0, 0, 64], (32 * seconds, 1))
    pulse = np.exp(3 * np.cos(2 * np.pi * t_s * HR_BPM / 60))
    label_s = np.arange(round(labelled * seconds))
    signals = {
        "bvp": np.round(100 * (pulse - pulse.mean())).astype(np.int16),
        "acc": (still + rng.integers(0, 2, still.shape)).astype(np.int8),
        "eda": (2 + 0.001 * noise).astype("<f4"),
        "temp": (33 + 0.01 * noise).astype("<f4"),
        "hr": np.full(seconds - 10, HR_BPM, "<f4"),
    }
    rates_hz = {"bvp": 64.0, "acc": 32.0, "eda": 4.0, "temp": 4.0, "hr": 1.0}
    beats = np.arange(60 / HR_BPM, seconds, 60 / HR_BPM)
    times = {f"{key}_t0": np.array(START_S + late_s[key]) for key in signals}
    rates = {f"{key}_fs": np.array(rate_hz) for key, rate_hz in rates_hz.items()}
    np.savez(
        path,
        allow_pickle=False,
        **signals,
        **times,
        **rates,
        bvp_scale=0.25,
        ibi=np.full(len(beats), 60 / HR_BPM, "<f4"),
        ibi_t=START_S + beats,
        label=(label_s >= 60).astype(np.int8),
        label_t=START_S + label_s,
    )
    return path


def frame_at(end_s: float) -> FeatureFrame:
    return FeatureFrame(
        t_ns=round(end_s * 1e9),
        source="wrist",
        kind="wrist",
        window_s=60.0,
        names=(),
        values=(),
        ch_names=(),
        quality=(),
        reasons=(),
    )


def last_s(chunk: SampleChunk) -> float:
    """Time of a chunk's last sample."""
    if chunk.times_ns:
        return chunk.times_ns[-1] / 1e9
    return chunk.t_ns / 1e9 + (len(samples_of(chunk)) - 1) / chunk.sfreq_hz


def test_every_signal_comes_in_its_units_at_its_time(tmp_path: Path) -> None:
    path = write_band(tmp_path / "S01.npz")
    first = {chunk.kind: chunk for chunk in reversed(list(read_chunks(path, WHOLE, 0.0)))}
    assert {kind: chunk.t_ns / 1e9 for kind, chunk in first.items()} == pytest.approx(
        {"ppg": 0.0, "motion": 0.5, "eda": 1.0, "temperature": 2.0, "heart": 60 / HR_BPM}
    )
    means = {kind: samples_of(chunk).mean(axis=0) for kind, chunk in first.items() if kind != "heart"}
    assert means["motion"] == pytest.approx([0, 0, 1], abs=0.02), "g, with gravity"
    assert means["eda"] == pytest.approx([2], abs=0.01), "uS"
    assert means["temperature"] == pytest.approx([33], abs=0.1), "degrees"
    with np.load(path) as file:
        assert samples_of(first["ppg"])[:, 0] == pytest.approx(file["bvp"][:64] * 0.25)


def test_beats_bring_rates_and_intervals_each_at_its_own_time(tmp_path: Path) -> None:
    chunks = list(read_chunks(write_band(tmp_path / "S01.npz"), ("heart",), 0.0))
    assert {chunk.kind for chunk in chunks} == {"heart"}
    rows = np.concatenate([samples_of(chunk) for chunk in chunks])
    times_s = np.array([t_ns for chunk in chunks for t_ns in chunk.times_ns]) / 1e9
    assert (np.diff(times_s) >= 0).all()
    assert (np.isnan(rows).sum(axis=1) == 1).all(), "a row is a rate or an interval"
    has_rr = ~np.isnan(rows[:, 1])
    assert rows[has_rr, 1] == pytest.approx(60_000 / HR_BPM, abs=0.01)
    assert times_s[has_rr][0] == pytest.approx(60 / HR_BPM, abs=1e-3)
    assert rows[~has_rr, 0] == pytest.approx(HR_BPM)
    assert times_s[~has_rr][0] == 10


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(late_s=st.fixed_dictionaries({key: st.floats(0, 20) for key in LATE_S}), settling_s=st.floats(0, 40))
def test_no_second_is_lost_doubled_or_out_of_order(tmp_path: Path, late_s: dict[str, float], settling_s: float) -> None:
    path = write_band(tmp_path / "S01.npz", late_s, seconds=60)
    chunks = list(read_chunks(path, WHOLE, settling_s))
    ends_s = [int(last_s(chunk) + 1e-6) for chunk in chunks]
    assert ends_s == sorted(ends_s), "what is complete comes first"
    start_s = min(late_s.values())
    for kind, signal in SIGNALS.items():
        mine = [chunk for chunk in chunks if chunk.kind == kind]
        ends = [chunk.first_sample + len(samples_of(chunk)) for chunk in mine]
        assert [chunk.first_sample for chunk in mine[1:]] == ends[:-1], "no gap, no overlap"
        assert ends[-1] == round(60 * mine[0].sfreq_hz)
        begin_s = max(settling_s, late_s[signal.key] - start_s)
        assert mine[0].t_ns / 1e9 == pytest.approx(begin_s, abs=0.5 / mine[0].sfreq_hz + 1e-6)


def test_the_box_finds_everything_in_it(tmp_path: Path) -> None:
    frames = frames_of(read_chunks(write_band(tmp_path / "S01.npz"), WHOLE, 0.0))
    assert len(frames) == pytest.approx(SECONDS, abs=2), "one a second"
    quality = dict(zip(GROUPS, frames[-1].quality, strict=True))
    assert min(quality[group] for group in ("hr_bpm", "rr_ms", "motion", "eda_us", "temperature_c")) > 0.9
    assert dict(zip(frames[-1].names, frames[-1].values, strict=True))["rr_ms.mean"] == pytest.approx(60_000 / HR_BPM)


def test_without_told_beats_they_come_from_light(tmp_path: Path) -> None:
    frames = frames_of(read_chunks(write_band(tmp_path / "S01.npz"), ("ppg", "motion"), 0.0))
    values = dict(zip(frames[-1].names, frames[-1].values, strict=True))
    assert values["hr_bpm.mean"] == pytest.approx(HR_BPM, abs=0.5)
    assert np.isnan(values["eda_us.mean"]), "it was not asked for"


def test_a_window_has_a_label_only_where_all_of_it_is_rest_or_stress(tmp_path: Path) -> None:
    labels = read_labels(write_band(tmp_path / "S01.npz"))
    assert labels is not None
    assert label_of(frame_at(59), labels) == 0
    assert np.isnan(label_of(frame_at(90), labels)), "half rest, half stress"
    assert label_of(frame_at(120), labels) == 1
    assert np.isnan(label_of(frame_at(160), labels)), "too little of it is labelled"
    assert np.isnan(label_of(frame_at(60), Labels(np.zeros(0), np.zeros(0))))


def test_a_recording_without_labels_is_told(tmp_path: Path) -> None:
    assert read_labels(write_band(tmp_path / "S01.npz", labelled=0.0)) is None
