"""The meter of true peaks reads as the recommendation says, and is never far below a sharper one."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.signal import resample_poly

from device.audio.safety.true_peak import LATE_FRAMES, PAST_FRAMES, PHASES, UNDER_READING_DB, true_peaks
from tests.cases import cases

SFREQ_HZ = 48_000


def stereo(wave: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return np.column_stack((wave, np.zeros(len(wave)))).astype(np.float32)


def peak_dbtp(wave: npt.NDArray[np.float64]) -> float:
    """The reading after the filter has run in."""
    return float(20 * np.log10(true_peaks(stereo(wave))[2 * LATE_FRAMES :].max()))


def sine(hertz: float, phase_deg: float, amplitude: float = 1.0) -> npt.NDArray[np.float64]:
    turns = hertz * np.arange(4800) / SFREQ_HZ + phase_deg / 360.0
    return np.asarray(amplitude * np.sin(2 * np.pi * turns))


def test_the_filter_is_the_recommendations() -> None:
    assert PHASES.shape == (4, 12)
    assert PHASES[0].tolist()[:3] == [0.001708984375, 0.010986328125, -0.0196533203125]
    assert PHASES[1].tolist()[5:7] == [0.465087890625, 0.77978515625]
    assert (PHASES[2:] == PHASES[1::-1, ::-1]).all()


@pytest.mark.parametrize(("divisor", "phase_deg"), [(4, 45.0), (4, 0.0), (6, 60.0), (8, 67.5), (48, 0.0)])
def test_tones_of_full_scale_read_as_the_compliance_tests_of_ebu_tech_3341_demand(
    divisor: int, phase_deg: float
) -> None:
    """Test cases 15 to 19 want +0.2/-0.4 dB; the first has samples of only -3 dBFS."""
    assert -0.4 <= peak_dbtp(sine(SFREQ_HZ / divisor, phase_deg, 0.5)) + 6.02 <= 0.2


def test_either_channel_counts_and_so_does_a_sample_itself() -> None:
    line = np.zeros((PAST_FRAMES + 64, 2), np.float32)
    line[PAST_FRAMES + 20, 1] = -0.5
    peaks = true_peaks(line)
    assert peaks.argmax() == 20 + LATE_FRAMES
    assert peaks.max() == 0.5
    assert peaks.dtype == np.float32


@given(st.integers(1, 9), st.integers(0, 9))
def test_blocks_one_after_the_other_read_as_one(n_first: int, n_second: int) -> None:
    line = np.random.default_rng(0).standard_normal((PAST_FRAMES + n_first + n_second, 2)).astype(np.float32)
    apart = (true_peaks(line[: PAST_FRAMES + n_first]), true_peaks(line[n_first:]))
    np.testing.assert_array_equal(np.concatenate(apart), true_peaks(line))


@settings(max_examples=cases(60), deadline=None)
@given(hnp.arrays(np.float32, 96, elements=st.sampled_from([-1.0, 1.0, 0.0, 0.5]), fill=st.nothing()))
def test_no_sharp_meter_reads_higher_by_more_than_is_allowed_for(wave: npt.NDArray[np.float32]) -> None:
    padded = np.pad(wave, 64)
    reading = true_peaks(stereo(padded)).max()
    sharp = np.abs(resample_poly(padded.astype(float), 8, 1)).max()
    assert sharp <= reading * 10 ** (UNDER_READING_DB / 20) + 1e-6
