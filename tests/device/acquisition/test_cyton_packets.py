from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.acquisition.cyton_packets import (
    CytonStream,
    DaisyPairer,
    PacketDecoder,
    scale_uv,
)
from device.messages import SampleChunk
from hardware.emulators.cyton_board import CytonBoard

NAMES = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")


def packet(counter: int, value: int = 0, footer: int = 0xC0) -> bytes:
    """A packet whose channels count up from `value`."""
    channels = b"".join((value + channel).to_bytes(3, "big", signed=True) for channel in range(8))
    return bytes((0xA0, counter & 0xFF)) + channels + bytes(6) + bytes((footer,))


def run_of(n: int, first: int = 0) -> bytes:
    return b"".join(packet(counter, counter) for counter in range(first, first + n))


def counters(data: bytes) -> list[int]:
    return PacketDecoder().decode(data).counter.tolist()


def samples_of(chunks: list[SampleChunk]) -> np.ndarray:
    return np.concatenate([np.frombuffer(chunk.data, "<f4").reshape(-1, len(chunk.ch_names)) for chunk in chunks])


def indices_of(chunks: list[SampleChunk]) -> list[int]:
    return [chunk.first_sample + row for chunk in chunks for row in range(len(chunk.data) // 4 // len(chunk.ch_names))]


def test_signed_values_and_scale() -> None:
    data = packet(0, -(2**23)) + packet(1, 2**23 - 8) + packet(2, -4) + packet(3)
    raw = PacketDecoder().decode(data).raw
    assert raw[:3, 0].tolist() == [-(2**23), 2**23 - 8, -4]
    assert raw[2].tolist() == [-4, -3, -2, -1, 0, 1, 2, 3]
    assert scale_uv() == pytest.approx(0.0223517, rel=1e-5)
    assert -(2**23) * scale_uv() == pytest.approx(-187500.02, abs=0.01)


@pytest.mark.parametrize("footer", range(0xC0, 0xC7))
def test_every_footer_of_the_firmware_counts(footer: int) -> None:
    assert counters(b"".join(packet(counter, 0, footer) for counter in range(4))) == [0, 1, 2]


def test_a_packet_waits_for_the_head_and_counter_behind_it() -> None:
    decoder = PacketDecoder()
    assert decoder.decode(packet(0) + b"\xa0").counter.tolist() == []
    assert decoder.holds_packet
    assert decoder.decode(packet(1)[1:]).counter.tolist() == [0]


@pytest.mark.parametrize("payload", [0xA0A0A0 - 2**24, 0xC0C0C0 - 2**24, 0xA0C0A0 - 2**24])
def test_payload_that_looks_like_frames_is_payload(payload: int) -> None:
    data = b"".join(packet(counter, payload) for counter in range(600))
    assert counters(data) == [counter & 0xFF for counter in range(599)]
    assert counters(data[20:]) == [counter & 0xFF for counter in range(1, 599)]


def test_a_truncated_packet_costs_only_itself() -> None:
    data = run_of(5) + packet(5)[:20] + run_of(5, 6)
    assert counters(data) == [0, 1, 2, 3, 4, 6, 7, 8, 9]


def test_a_truncated_packet_whose_end_looks_right_is_not_believed() -> None:
    whole = bytearray(packet(6))
    whole[29] = 0xC0
    assert counters(run_of(5) + packet(5)[:3] + whole + run_of(3, 7)) == [0, 1, 2, 3, 4, 6, 7, 8]


def test_text_of_the_dongle_in_mid_stream_costs_the_packet_before() -> None:
    text = b"Failure: Board RFduino buffer overflowed. Soft reset command sent to Board.$$$"
    assert counters(run_of(5) + text + run_of(5, 5)) == [0, 1, 2, 3, 5, 6, 7, 8]


@given(
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=80), st.integers(0, 255).map(packet), st.just(run_of(3)), st.just(b"\xa0\xc0" * 20)
        ),
        max_size=12,
    ),
    cuts=st.lists(st.integers(0, 1500), max_size=20),
)
def test_splits_do_not_change_the_packets(pieces: list[bytes], cuts: list[int]) -> None:
    data = b"".join(pieces)
    whole = PacketDecoder().decode(data)
    decoder = PacketDecoder()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = [decoder.decode(data[begin:end]) for begin, end in pairwise(edges)]
    assert np.concatenate([part.counter for part in parts]).tolist() == whole.counter.tolist()
    assert np.concatenate([part.raw for part in parts]).tolist() == whole.raw.tolist()


@given(garbage=st.binary(max_size=100))
def test_after_garbage_the_stream_is_found_again(garbage: bytes) -> None:
    found = counters(run_of(10) + garbage + run_of(30, 10))
    assert found[:9] == list(range(9))
    assert found[-25:] == list(range(14, 39))


@given(st.binary(max_size=3000))
def test_garbage_alone_never_fails(garbage: bytes) -> None:
    packets = PacketDecoder().decode(garbage)
    assert packets.raw.shape == (len(packets.counter), 8)


def test_a_daisy_sample_is_an_odd_packet_and_the_even_one_behind_it() -> None:
    pairer = DaisyPairer()
    raw = np.arange(8 * 8, dtype=np.int32).reshape(8, 8)
    index, both = pairer.pair(np.array([0, 1, 2, 3]), raw[:4])
    assert index.tolist() == [0]
    assert both[0].tolist() == [*raw[1], *raw[2]]
    index, both = pairer.pair(np.array([4, 5, 7, 8]), raw[4:])
    assert index.tolist() == [1, 3]
    assert both[0].tolist() == [*raw[3], *raw[4]]


def feed(stream: CytonStream, data: bytes, begin_s: float) -> list[SampleChunk]:
    """Bytes as they come at 250 packets a second, read every 10 packets."""
    chunks: list[SampleChunk] = []
    for n, begin in enumerate(range(0, len(data), 330), start=1):
        chunks += stream.push(data[begin : begin + 330], round((begin_s + n * 0.04) * 1e9))
    return chunks


def test_stream_makes_ten_chunks_a_second_in_microvolts() -> None:
    chunks = feed(CytonStream("cyton", NAMES), run_of(251), 5.0)
    assert [chunk.first_sample for chunk in chunks] == list(range(0, 250, 25))
    assert sum(chunk.n_lost for chunk in chunks) == 0
    assert samples_of(chunks)[:5, 0] == pytest.approx(np.arange(5) * scale_uv(), rel=1e-5)
    assert np.diff([chunk.t_ns for chunk in chunks]) == pytest.approx(1e8, rel=0.1)


def test_stream_leaves_out_channels_without_a_name() -> None:
    chunks = feed(CytonStream("cyton", NAMES[:2]), run_of(51), 5.0)
    assert samples_of(chunks).shape == (50, 2)


def test_stream_counts_lost_samples_and_never_puts_them_into_a_chunk() -> None:
    chunks = feed(CytonStream("cyton", NAMES), run_of(60) + run_of(91, 67), 5.0)
    assert [(chunk.first_sample, chunk.n_lost) for chunk in chunks[:4]] == [(0, 0), (25, 0), (50, 0), (67, 7)]
    assert indices_of(chunks)[:62] == [*range(60), 67, 68]


def test_stream_goes_on_counting_over_a_reconnection() -> None:
    stream = CytonStream("cyton", NAMES)
    before = feed(stream, run_of(101), 5.0) + stream.disconnect()
    stream.connect()
    after = feed(stream, run_of(101), 15.0)
    assert after[0].first_sample == pytest.approx(2500, abs=12)
    assert after[0].n_lost == after[0].first_sample - 100
    assert after[0].t_ns - before[0].t_ns == pytest.approx(10e9, abs=0.2e9)
    assert indices_of(before) == list(range(100))


def test_disconnecting_before_anything_came_is_harmless() -> None:
    assert CytonStream("cyton", NAMES).disconnect() == []


def test_daisy_stream_has_sixteen_channels_at_125_hz() -> None:
    names = tuple(f"E{n}" for n in range(16))
    chunks = feed(CytonStream("cyton", names), run_of(101), 5.0)
    assert {chunk.sfreq_hz for chunk in chunks} == {125.0}
    assert indices_of(chunks) == list(range(len(indices_of(chunks))))
    assert samples_of(chunks)[0, [0, 8]] == pytest.approx(np.array([1, 2]) * scale_uv(), rel=1e-5)


@pytest.mark.parametrize(("every", "back"), [(50, 0), (39, 38), (7, 1), (20, 120)])
@pytest.mark.parametrize("value", [0, 100])
def test_packets_that_come_again_are_left_out_and_told(every: int, back: int, value: int) -> None:
    """For a minute: no loss is told, and no sample is from the future."""
    stream, now_ns, sent, chunks = CytonStream("cyton", NAMES), 10**9, 0, []
    while now_ns < 61 * 10**9:
        now_ns += 30_000_000
        data = b""
        while sent < (now_ns - 10**9) * 250 // 10**9:
            data += packet(sent, value * sent % 9973)
            if sent % every == 0 and sent > 150:
                data += packet(sent - back, value * (sent - back) % 9973)
            sent += 1
        for chunk in stream.push(data, now_ns):
            assert chunk.t_ns + (len(samples_of([chunk])) - 1) * 4_000_000 <= now_ns
            chunks.append(chunk)
    assert sum(chunk.n_lost for chunk in chunks) == 0
    assert indices_of(chunks) == list(range(len(indices_of(chunks))))
    assert stream.n_repeats > 100


def test_halves_with_one_number_make_sixteen_channels() -> None:
    names = tuple(f"E{n}" for n in range(16))
    data = b"".join(packet(n // 2, n) for n in range(1000))
    chunks = feed(CytonStream("cyton", names), data, 5.0)
    assert sum(chunk.n_lost for chunk in chunks) == 0
    assert len(indices_of(chunks)) > 470
    assert samples_of(chunks)[:2, [0, 8]] == pytest.approx(np.array([[2, 3], [4, 5]]) * scale_uv(), rel=1e-5)


@given(
    script=st.lists(st.tuples(st.integers(0, 255), st.integers(0, 3), st.integers(0, 700)), max_size=150),
    daisy=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_counters_come_no_sample_is_from_the_future(script: list[tuple[int, int, int]], daisy: bool) -> None:
    stream = CytonStream("cyton", tuple(f"E{n}" for n in range(16 if daisy else 8)))
    now_ns, counter, last_ns = 10**9, 0, 0
    for jump, odd, pause_ms in script:
        counter = jump if odd == 3 else counter + 1
        now_ns += pause_ms * 1_000_000 // (1 if odd == 2 else 20)
        for chunk in stream.push(packet(counter, counter % 7), now_ns):
            assert last_ns < chunk.t_ns <= now_ns
            last_ns = chunk.t_ns


class Numbering:
    """A feed in which every sample tells its number, modulo 8000."""

    def __call__(self, first: int, n: int) -> np.ndarray:
        return (np.arange(first, first + n) % 8000)[:, None] * np.ones(8)


faults = st.sampled_from(["none", "drop", "burst", "outage", "insert", "truncate"])


@given(
    script=st.lists(st.tuples(faults, st.integers(1, 700)), min_size=1, max_size=12),
    ppm=st.floats(-100, 100),
    poll_ms=st.integers(10, 60),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=20, deadline=None)
def test_under_any_fault_each_sample_keeps_its_place(
    script: list[tuple[str, int]], ppm: float, poll_ms: int, seed: int
) -> None:
    board = CytonBoard(Numbering(), rate_hz=250 * (1 + ppm * 1e-6))
    stream, chunks, rng, n_damaged = CytonStream("cyton", NAMES), [], np.random.default_rng(seed), 0
    board.advance(10.0)
    board.receive(b"b", 10.0)
    now_s = 10.0
    for fault, size in [("none", 1), *script, ("none", 1)]:
        match fault:
            case "drop":
                board.drop(1 + size % 5)
            case "burst":
                board.drop(size)
            case "outage":
                board.outage(size / 250)
            case "insert":
                board.insert(rng.bytes(size % 50))
                n_damaged += 1
            case "truncate":
                board.truncate(2 + size % 31)
                n_damaged += 1
        for _ in range(-(-(400 + 4 * size) // poll_ms)):
            now_s += poll_ms / 1000
            late_s = rng.exponential(0.003)
            chunks += stream.push(board.advance(now_s), round((now_s + late_s) * 1e9))
    values = np.rint(samples_of(chunks)[:, 0]).astype(int)
    assert np.unique((values - indices_of(chunks)) % 8000).size == 1
    assert sum(chunk.n_lost for chunk in chunks) <= board.n_dropped + n_damaged
    assert sum(chunk.n_lost for chunk in chunks) >= board.n_dropped - 700
    assert (np.diff([chunk.t_ns for chunk in chunks]) > 0).all()
