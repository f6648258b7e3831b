from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from device.errors import RecordingError
from device.recordings.files import expand, load_pieces
from device.recordings.plausibility import check_names, refuse_implausible
from device.recordings.signals import Recording, Samples
from tests.device.recordings.people import FOUR, brain_uv


def look_at(data_uv: np.ndarray, **changes: Any) -> None:
    samples = Samples(np.ascontiguousarray(data_uv.T, np.float32), 250.0, FOUR[: len(data_uv)])
    refuse_implausible([Recording(eeg=samples._replace(**changes))], "a.npz")


def with_hum(hum_uv: float = 100.0, line_hz: float = 50.0) -> np.ndarray:
    return brain_uv(20) + hum_uv * np.sin(2 * np.pi * line_hz * np.arange(20 * 250) / 250)


def test_a_real_looking_recording_is_believed() -> None:
    look_at(brain_uv(20))
    look_at(brain_uv(6)[:1])
    look_at(with_hum())
    look_at(with_hum(line_hz=60.0))


@pytest.mark.parametrize(("factor", "unit"), [(1e-6, "looks like volts"), (1e-3, "millivolts"), (1e3, "nanovolts")])
def test_wrong_units_are_named(factor: float, unit: str) -> None:
    with pytest.raises(RecordingError, match=unit) as caught:
        look_at(brain_uv(20) * factor)
    assert caught.value.sentence.startswith("a.npz: ")
    assert caught.value.action == "Give it in microvolts."


def test_only_nan_and_a_constant_are_refused_but_one_dead_channel_is_not() -> None:
    with pytest.raises(RecordingError, match="only NaN"):
        look_at(np.full((4, 5000), np.nan))
    with pytest.raises(RecordingError, match="constant on every channel"):
        look_at(np.full((4, 5000), 187_500.0))
    data_uv = brain_uv(20)
    data_uv[0], data_uv[1] = 0.0, np.nan
    look_at(data_uv)


@pytest.mark.parametrize("n_sd", [0.5, 1.0, 2.0])
def test_clipping_is_refused(n_sd: float) -> None:
    data_uv = brain_uv(20)
    limit = n_sd * data_uv.std()
    with pytest.raises(RecordingError, match="clipped"):
        look_at(np.clip(data_uv, -limit, limit))


def test_an_electrode_that_hung_loose_for_a_while_is_no_clipping() -> None:
    data_uv = brain_uv(20)
    data_uv[:, 1000:2000] = 187_500.0
    look_at(data_uv)


@pytest.mark.parametrize("sfreq_hz", [4.0, 50.0, 25_000.0, np.nan])
def test_a_rate_no_headset_has_is_refused(sfreq_hz: float) -> None:
    with pytest.raises(RecordingError, match=r"is no rate for EEG|say nothing"):
        look_at(brain_uv(20), sfreq_hz=sfreq_hz)


@pytest.mark.parametrize("said_hz", [125.0, 256.0, 500.0])
def test_hum_betrays_a_wrong_rate(said_hz: float) -> None:
    with pytest.raises(RecordingError, match=f"it says {said_hz:g} Hz, but its hum"):
        look_at(with_hum(), sfreq_hz=said_hz)


def test_three_seconds_are_too_few() -> None:
    with pytest.raises(RecordingError, match=r"holds 3\.0 s of EEG"):
        look_at(brain_uv(3))


@pytest.mark.parametrize("exchanged", [(0, 2), (0, 3), (1, 2), (1, 3)])
def test_front_and_back_exchanged_on_one_side_are_noticed(exchanged: tuple[int, int]) -> None:
    names = list(FOUR)
    first, second = exchanged
    names[first], names[second] = names[second], names[first]
    with pytest.raises(RecordingError, match="two of these names are exchanged"):
        look_at(brain_uv(20), ch_names=tuple(names))


@pytest.mark.parametrize("names", [("Fp1", "fp1"), ("Fp1", ""), ("Cz", "Fz", "Cz ")])
def test_names_must_tell_channels_apart(names: tuple[str, ...]) -> None:
    with pytest.raises(RecordingError, match=r"several channels|no name"):
        check_names(names, "a.npz")


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 2500), st.integers(1, 4)),
        elements=st.floats(width=32, allow_infinity=False),
        fill=st.floats(width=32, allow_infinity=False),
    ),
    st.floats(),
)
def test_whatever_the_numbers_it_is_believed_or_refused(data: np.ndarray, sfreq_hz: float) -> None:
    for rate_hz in (250.0, sfreq_hz):
        if not 0 < rate_hz < 1e5:
            continue
        try:
            refuse_implausible([Recording(eeg=Samples(data, rate_hz, FOUR[: data.shape[1]]))], "a.npz")
        except RecordingError as error:
            assert error.sentence.startswith("a.npz")


@pytest.mark.parametrize("folder", ["open", "restricted"])
def test_no_real_recording_is_refused(data_dir: Path, folder: str) -> None:
    """Every eighth of them here; all 610 were looked at when the limits were set."""
    files = [file for path in sorted((data_dir / folder).iterdir()) if path.is_dir() for file in expand([path])]
    for file in files[::8]:
        refuse_implausible(load_pieces(file), str(file))
