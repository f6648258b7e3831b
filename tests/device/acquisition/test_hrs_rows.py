"""Rows out of measurements: times that rise, nothing that the band does not vouch for, and each beat once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.acquisition.hrs_packets import HeartRateMeasurement, decode
from device.acquisition.hrs_rows import BeatRows
from hardware.emulators.wristband import encode_measurement
from tests.device.acquisition.listener import rows_of

START_NS = 10**12
contacts = st.none() | st.booleans()
intervals_ms = st.lists(st.integers(1, 0xFFFF).map(lambda steps: steps * 1000 / 1024), max_size=9)
MEASUREMENTS = st.builds(HeartRateMeasurement, st.integers(0, 250), contacts, st.none(), intervals_ms.map(tuple))


@given(st.lists(st.tuples(MEASUREMENTS, st.integers(0, 3_000_000_000)), min_size=1, max_size=8))
def test_rows_are_numbered_and_their_times_only_rise(said: list[tuple[HeartRateMeasurement, int]]) -> None:
    rows, now_ns, n_rows = BeatRows("wrist"), START_NS, 0
    times_ns: list[int] = []
    for measurement, later_ns in said:
        now_ns += later_ns
        chunk = rows.chunk(measurement, now_ns)
        assert chunk.first_sample == n_rows
        assert chunk.t_ns == chunk.times_ns[0]
        assert len(rows_of(chunk)) == len(chunk.times_ns) == max(1, len(chunk.times_ns))
        n_rows += len(chunk.times_ns)
        times_ns += chunk.times_ns
    assert all(later > earlier for earlier, later in itertools.pairwise(times_ns))


def test_beats_are_counted_back_from_the_notification() -> None:
    chunk = BeatRows("wrist").chunk(decode(encode_measurement(75, (750.0, 1000.0, 500.0))), START_NS)
    assert np.diff(chunk.times_ns).tolist() == pytest.approx([1e9, 5e8])
    assert chunk.times_ns[-1] == START_NS
    assert rows_of(chunk).tolist() == [[75.0, 750.0], [75.0, 1000.0], [75.0, 500.0]]


@pytest.mark.parametrize("hr_bpm", [0, 255])
@pytest.mark.parametrize("contact", [None, True])
def test_without_a_pulse_the_row_is_empty(hr_bpm: int, contact: bool | None) -> None:
    assert_empty(encode_measurement(hr_bpm, (800.0,), contact))


def test_without_contact_the_row_is_empty() -> None:
    assert_empty(encode_measurement(70, (800.0,), contact=False))


def assert_empty(payload: bytes) -> None:
    row = rows_of(BeatRows("wrist").chunk(decode(payload), START_NS))
    assert row.shape == (1, 2)
    assert np.isnan(row).all()


def test_without_rr_only_the_rate_is_told() -> None:
    (row,) = rows_of(BeatRows("wrist").chunk(decode(encode_measurement(70)), START_NS)).tolist()
    assert row[0] == 70.0
    assert math.isnan(row[1])


# --- beats told twice


def believed_ms(said: Sequence[tuple[float, tuple[float, ...]]]) -> list[float]:
    """Intervals that are believed of notifications (s, intervals)."""
    rows = BeatRows("wrist")
    chunks = [
        rows.chunk(HeartRateMeasurement(60, None, None, rr_ms), START_NS + round(at_s * 1e9)) for at_s, rr_ms in said
    ]
    told = np.concatenate([rows_of(chunk)[:, 1] for chunk in chunks])
    return [float(interval) for interval in told[~np.isnan(told)]]


hearts_ms = st.lists(st.integers(450, 1300).map(float), min_size=20, max_size=40)


def as_beaten(heart_ms: list[float], period_s: float = 1.0) -> list[tuple[float, tuple[float, ...]]]:
    """What a band sends (s, intervals) that tells every `period_s` the beats since the last time."""
    beats_s, said = np.cumsum(heart_ms) / 1000, []
    for tick in range(1, int(beats_s[-1] / period_s) + 2):
        new = (beats_s > (tick - 1) * period_s) & (beats_s <= tick * period_s)
        said.append((tick * period_s, tuple(np.array(heart_ms)[new].tolist())))
    return said


@given(hearts_ms)
def test_a_heart_that_never_repeats_itself_is_believed_whole(heart_ms: list[float]) -> None:
    different = [interval + index / 64 for index, interval in enumerate(heart_ms)]
    assert believed_ms(as_beaten(different)) == pytest.approx(different, rel=1e-6)


@given(st.integers(450, 1300), st.sampled_from([0.5, 1.0, 2.0, 6.0]))
def test_a_heart_as_even_as_a_clock_is_believed_but_for_its_first_seconds(rr_ms: int, period_s: float) -> None:
    heart_ms = [float(rr_ms)] * 60
    assert len(believed_ms(as_beaten(heart_ms, period_s))) >= 57


@given(hearts_ms, st.floats(0.0, 0.2))
def test_notifications_sent_twice_count_once(heart_ms: list[float], later_s: float) -> None:
    different = [interval + index / 64 for index, interval in enumerate(heart_ms)]
    twice = [(at_s + later, rr_ms) for at_s, rr_ms in as_beaten(different) for later in (0.0, later_s)]
    assert believed_ms(twice) == pytest.approx(different, rel=1e-6)


@given(st.integers(1050, 1700), st.floats(0.0, 30.0))
def test_the_last_interval_told_each_second_is_hardly_ever_two_beats(typical_ms: int, breath_ms: float) -> None:
    heart_ms = [typical_ms + breath_ms * math.sin(n / 0.8) + n / 64 for n in range(60)]
    beats_s = np.cumsum(heart_ms) / 1000
    ticks = range(2, int(beats_s[-1]))
    said = [(float(tick), (heart_ms[int(np.searchsorted(beats_s, tick, "right")) - 1],)) for tick in ticks]
    beaten = list(dict.fromkeys(rr_ms[0] for _, rr_ms in said))
    assert len(beaten) <= len(believed_ms(said)) <= 1.15 * len(beaten)


def test_the_last_intervals_told_over_and_over_count_once() -> None:
    heart_ms = [800.0 + 7 * (n % 11) + n for n in range(40)]
    beats_s = np.cumsum(heart_ms) / 1000
    said = [(float(at_s), tuple(heart_ms[n - 3 : n + 1])) for n, at_s in enumerate(beats_s) if n >= 3]
    assert believed_ms(said) == heart_ms
