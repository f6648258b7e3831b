"""Reading recordings: what outsiders judge the box's estimate by, so it must be exact about time."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.errors import ModelError, RecordingError
from device.messages import AffectEstimate
from device.reading import line_of, open_recordings, read_affect
from tests.device.recordings.people import FOUR, brain_uv, wrist_signals, write_band, write_brain
from tests.device.recordings.recordings import eeg_chunk, write_session

S = 1_000_000_000


def read(*paths: Path, **options: Any) -> list[AffectEstimate]:
    chosen = {name: options.pop(name) for name in ("sources", "ch_names") if name in options}
    return list(read_affect(open_recordings(paths, **chosen), **options))


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_brain(tmp_path_factory.mktemp("rest") / "rest.npz", 30.5)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_brain(tmp_path_factory.mktemp("task") / "task.npz", 20.5, alpha_uv=0.0, seed=1)


@pytest.fixture(scope="module")
def band(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_band(tmp_path_factory.mktemp("band") / "band.npz", 150)


def test_there_is_a_line_for_every_second(rest: Path, task: Path) -> None:
    lines = read(rest, task, calibrate_s=10)
    assert [line.t_ns for line in lines] == [second * S for second in range(1, 52)]
    assert all(-1 <= line.arousal <= 1 and 0 < line.arousal_sd <= 1 for line in lines)


def test_what_comes_later_changes_no_line_before_it(rest: Path, task: Path) -> None:
    alone = read(rest, calibrate_s=10)
    assert read(rest, task, calibrate_s=10)[: len(alone)] == alone


def test_a_line_knows_no_sample_of_its_own_moment_or_later(rest: Path, tmp_path: Path) -> None:
    data_uv = brain_uv(30.5)
    data_uv[:, 20 * 250 :] = brain_uv(30.5, seed=9)[:, 20 * 250 :]
    np.savez(tmp_path / "other.npz", eeg_uV=data_uv, fs=250, channels=FOUR)
    lines, others = read(rest, calibrate_s=5), read(tmp_path / "other.npz", calibrate_s=5)
    assert lines[:20] == others[:20]
    assert lines[20] != others[20]


def test_the_same_recordings_give_the_same_lines(rest: Path, band: Path) -> None:
    assert read(rest, band, calibrate_s=10) == read(rest, band, calibrate_s=10)


def test_a_further_recording_begins_with_nothing_but_the_rest(rest: Path, task: Path) -> None:
    lines = read(rest, task, calibrate_s=10, window_s=4)
    assert lines[29].known
    waiting = lines[30:34]
    assert not any(line.known for line in waiting)
    assert all("eeg: another recording has begun" in line.reasons for line in waiting)
    assert lines[35].known
    assert all(line.calibrated for line in lines[10:])


def test_of_the_recording_before_nothing_is_left_but_the_rest(tmp_path: Path) -> None:
    """Two sessions that differ only between the calibration and the second recording: there they agree to the bit."""
    ends = []
    brain, band = write_brain(tmp_path / "brain.npz", 80, seed=5), write_band(tmp_path / "band.npz", 80)
    for seed in (2, 3):
        data_uv, signals = brain_uv(80, seed=1), wrist_signals(80)
        data_uv[:, 40 * 250 :] = brain_uv(40, seed=seed)
        for key, fs in (("eda", 4), ("temp", 4), ("bvp", 64), ("acc", 32)):
            signals[key] = signals[key].copy()
            signals[key][40 * fs :] = np.roll(signals[key][40 * fs :], seed, axis=0)
        signals["hr"] = np.concatenate((signals["hr"][:30], signals["hr"][30:] + seed))
        np.savez(tmp_path / "eeg_before.npz", eeg_uV=data_uv, fs=250, channels=FOUR)
        np.savez(tmp_path / "wrist_before.npz", **signals)
        ends.append(read(tmp_path / "eeg_before.npz", tmp_path / "wrist_before.npz", brain, band, calibrate_s=40))
    assert len(ends[0]) == 160
    assert ends[0][60:80] != ends[1][60:80]
    assert ends[0][80:] == ends[1][80:]
    assert ends[0][-1].known


def test_the_window_bounds_how_far_back_evidence_reaches(tmp_path: Path) -> None:
    """Where loose electrodes are behind the window, nobody can tell that they ever were."""
    ends = []
    for loose in (False, True):
        data_uv = brain_uv(40, seed=5)
        if loose:
            data_uv[:, 15 * 250 : 25 * 250] = 187_500.0
        np.savez(tmp_path / "a.npz", eeg_uV=data_uv, fs=250, channels=FOUR)
        ends.append(read(tmp_path / "a.npz", calibrate_s=10, window_s=8))
    assert ends[0][31] != ends[1][31]
    assert ends[0][33:] == ends[1][33:]
    assert ends[0][33].known


def test_calibration_takes_the_first_seconds_and_no_more(tmp_path: Path) -> None:
    """A poor start is not made up for by what comes after: a task must not be taken for rest."""
    ends = []
    for alpha_uv in (0.0, 25.0):
        data_uv = brain_uv(50, seed=1)
        data_uv[:, : 6 * 250] = 187_500.0
        data_uv[:, 12 * 250 : 30 * 250] = brain_uv(50, alpha_uv=alpha_uv)[:, 12 * 250 : 30 * 250]
        np.savez(tmp_path / "a.npz", eeg_uV=data_uv, fs=250, channels=FOUR)
        ends.append(read(tmp_path / "a.npz", calibrate_s=12, window_s=8)[38:])
    assert ends[0] == ends[1]
    assert ends[0][0].known


def test_without_calibration_it_speaks_at_once(rest: Path) -> None:
    lines = read(rest, calibrate_s=0, window_s=4)
    assert lines[4].known


def test_eeg_and_wrist_are_two_sources(rest: Path, band: Path) -> None:
    lines = read(rest, band, calibrate_s=20)
    assert len(lines) == 150
    assert set(lines[0].coverage) == {"eeg", "wrist"}
    assert lines[29].coverage["eeg"] > 0.5
    assert lines[-1].coverage["eeg"] == 0.0
    assert any("eeg: no data" in reason for reason in lines[-1].reasons)
    assert set(read(rest, band, sources=["wrist"], calibrate_s=20)[0].coverage) == {"wrist"}


def test_the_chosen_channels_alone_are_read(rest: Path, tmp_path: Path) -> None:
    two = write_brain(tmp_path / "two.npz", 30.5, ch_names=("Fp1", "Fp2"))
    assert read(rest, ch_names=["fp1", "FP2"], calibrate_s=10) == read(two, calibrate_s=10)


def test_our_own_sessions_are_recordings(tmp_path: Path) -> None:
    noise = brain_uv(8)[:2].T
    chunks = [eeg_chunk(n * 25, n * S // 10) for n in range(80)]
    import msgspec

    chunks = [
        msgspec.structs.replace(chunk, data=noise[chunk.first_sample : chunk.first_sample + 25].astype("<f4").tobytes())
        for chunk in chunks
    ]
    lines = read(write_session(tmp_path / "session", chunks), calibrate_s=0)
    assert len(lines) == 8


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"sources": ["wrist"]}, "no wrist signals"),
        ({"ch_names": ["Fp1", "Cz"]}, "no EEG channel Cz"),
        ({"calibrate_s": 30.5}, "leaves nothing after"),
    ],
)
def test_what_is_not_in_it_cannot_be_asked(rest: Path, options: dict[str, Any], why: str) -> None:
    with pytest.raises(RecordingError, match=why):
        read(rest, **options)


def test_channels_are_of_eeg(band: Path) -> None:
    with pytest.raises(RecordingError, match="no eeg signals"):
        read(band, ch_names=["Fp1"])


def test_recordings_that_are_not_of_one_session_are_refused(rest: Path, tmp_path: Path) -> None:
    other = write_brain(tmp_path / "other.npz", fs=200.0)
    with pytest.raises(RecordingError, match="channels or rates differ"):
        read(rest, other)
    fewer = write_brain(tmp_path / "fewer.npz", ch_names=("Fp1", "Fp2"))
    with pytest.raises(RecordingError, match="channels or rates differ"):
        read(rest, fewer)
    assert read(rest, fewer, ch_names=["Fp1", "Fp2"], calibrate_s=0)


def test_a_file_among_others_that_cannot_be_read_is_refused(rest: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.npz"
    torn.write_bytes(rest.read_bytes()[:1000])
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "pickled.npz", eeg_uV=np.array([{}], object), fs=250, channels=["Fp1"])
    np.savez(tmp_path / "unlike.npz", music=np.zeros(3))
    for name in ("torn", "empty", "pickled", "unlike", "absent"):
        with pytest.raises(RecordingError, match=f"{name}.npz"):
            read(rest, tmp_path / f"{name}.npz")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RecordingError, match=r"no \.npz"):
        read(tmp_path / "folder")


def test_other_models_are_looked_for_where_asked(rest: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path)):
        read(rest, models_dir=tmp_path)


def test_a_line_holds_only_numbers(rest: Path, band: Path) -> None:
    for line in map(line_of, read(rest, band, calibrate_s=20)):
        numbers = [line.arousal, line.arousal_sd, line.valence, line.valence_sd, *line.coverage.values()]
        assert all(math.isfinite(number) for number in numbers)


def arrays(dtype: Any) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6))


ODD = st.one_of(arrays(np.float32), arrays(np.float64), arrays(np.int16), arrays("U3"), arrays(np.bool_))
FORMS: list[dict[str, Any]] = [
    {"eeg_uV": brain_uv(6), "fs": 250, "channels": np.array(FOUR)},
    {"eeg": np.round(brain_uv(6) * 50).astype(np.int16), "scale_uV": 0.02, "fs": 250, "channels": np.array(FOUR)},
    wrist_signals(40),
    {"hr": wrist_signals(40)["hr"], "rr": np.full(30, 0.8, np.float32)},
]
KEYS = sorted(
    {key for form in FORMS for key in form} | {"t", "lengths", "left_hr", "bvp_scale", "acc_scale", "quality"}
)


@given(st.sampled_from(FORMS), st.dictionaries(st.sampled_from(KEYS), ODD, max_size=3))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_arrays_give_lines_or_a_refusal(tmp_path: Path, form: dict[str, Any], odd: dict[str, np.ndarray]) -> None:
    np.savez(tmp_path / "a.npz", **(form | odd))
    try:
        lines = list(itertools.islice(read_affect(open_recordings([tmp_path / "a.npz"]), calibrate_s=None), 40))
    except RecordingError as error:
        assert error.sentence
    else:
        assert all(math.isfinite(line.arousal) for line in lines)


@given(st.sampled_from(FORMS[:2]), st.floats(0, 1), st.sampled_from([np.nan, np.inf, -np.inf, 3e38, 0.0]), st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_mad_samples_never_crash(
    tmp_path: Path, form: dict[str, Any], share: float, value: float, data: st.DataObject
) -> None:
    mad = {key: array for key, array in form.items() if key not in {"eeg", "eeg_uV", "scale_uV"}}
    samples = brain_uv(6)
    first = data.draw(st.integers(0, samples.shape[1] - 1))
    samples[:, first : first + round(share * samples.shape[1])] = value
    np.savez(tmp_path / "a.npz", **mad, eeg_uV=samples)
    try:
        lines = read(tmp_path / "a.npz", calibrate_s=0)
    except RecordingError:
        return
    assert all(math.isfinite(line.arousal) for line in lines)


def test_a_person_at_rest_and_at_a_task_is_read_in_no_time(data_dir: Path) -> None:
    from device.clock import cpu_seconds

    folder = data_dir / "open" / "eeg_eegmat"
    begun_s = cpu_seconds()
    lines = read(folder / "S05_rest.npz", folder / "S05_arith.npz", calibrate_s=60, window_s=30)
    assert len(lines) == 244
    assert len(lines) / (cpu_seconds() - begun_s) > 100


def write_hanging(path: Path, **frozen_from_s: int) -> Path:
    """Five minutes of a band that rests, whose signals (by key) hang from some second on."""
    rng, seconds = np.random.default_rng(0), 300
    rr_s = 0.85 + 0.04 * np.sin(np.arange(400) * 0.5) + rng.normal(0, 0.015, 400)
    beat_s = np.cumsum(rr_s)
    rate = np.convolve(np.interp(np.arange(-8, seconds + 8), beat_s, 60 / rr_s), np.ones(9) / 9, "same")[8:-8]
    signals = {
        "hr": (np.round(rate + rng.normal(0, 0.05, seconds), 2), 1),
        "eda": (1.5 + 0.002 * np.arange(4 * seconds) + np.cumsum(rng.normal(0, 0.002, 4 * seconds)), 4),
        "temp": (33 + 0.02 * np.round(rng.normal(0, 2, 4 * seconds)), 4),
    }
    arrays: dict[str, object] = {"ibi": rr_s[beat_s < seconds], "ibi_t": beat_s[beat_s < seconds]}
    for key, (values, rate_hz) in signals.items():
        begin = rate_hz * frozen_from_s.get(key, seconds)
        arrays |= {key: np.append(values[:begin], np.full(len(values) - begin, values[begin - 1]))}
        arrays |= {f"{key}_t0": 0.0, f"{key}_fs": float(rate_hz)}
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def last_of(path: Path) -> AffectEstimate:
    return list(read_affect(open_recordings([path])))[-1]


def test_a_heart_rate_that_hangs_is_unknown_in_the_end_and_says_why(tmp_path: Path) -> None:
    assert last_of(write_hanging(tmp_path / "good.npz")).known
    found = last_of(write_hanging(tmp_path / "hung.npz", hr=120))
    assert not found.known
    assert found.coverage["wrist"] < 0.01
    assert any("heart rate has told exactly" in reason for reason in found.reasons)


def test_a_model_that_lost_its_signal_says_why_though_another_reads_on(tmp_path: Path) -> None:
    found = last_of(write_hanging(tmp_path / "hung.npz", eda=150))
    assert found.known
    assert any("skin conductance has told exactly" in reason for reason in found.reasons)
