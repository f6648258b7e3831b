"""Latency is read off the log as it happened, and slopes off the whole way."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from device.audio.conductor import CALM
from device.messages import WISHES, Command, CommandAnswer, Message, MusicIntent, Trace, TraceEntry
from hardware.bench.performance import WISH_EACH_S, Latencies, _latencies, _slopes, read_latencies, steepest, wander

MS = 1_000_000


def command(kind: str, t_ms: int) -> Command:
    return WISHES[kind](t_ns=t_ms * MS, author="patient")


def revised(t_ms: int, reason: str) -> MusicIntent:
    return msgspec.structs.replace(CALM, t_ns=t_ms * MS, revision=1, reason=reason)


def traced(*entries: tuple[str, int, int]) -> Trace:
    return Trace(
        t_ns=0,
        process="audio",
        incarnation=0,
        entries=tuple(TraceEntry(topic, 0, seq, t_ms * MS) for topic, seq, t_ms in entries),
    )


def test_a_wish_counts_until_the_frame_that_it_changes_is_heard() -> None:
    log: list[tuple[int, Message]] = [
        (1, command("softer", 1000)),
        (2, command("calmer", 2000)),
        (7, revised(2005, "patient asked calmer; slower")),
        (8, revised(2400, "patient asked softer; duller")),
        (3, traced(("tick/0", 0, 1090), ("commands", 1, 1010))),
        (4, traced(("tick/0", 0, 2110), ("intents", 7, 2020), ("tick/0", 0, 2500), ("intents", 8, 2410))),
    ]
    for order in (log, [*log[-2:], *log[:-2]]):
        found = read_latencies(order)
        assert found.loudness == [90.0]
        assert found.manner == [110.0]


def test_a_refused_wish_is_not_waited_for() -> None:
    refused = msgspec.structs.replace(command("calmer", 1000), id="patient-1")
    log: list[tuple[int, Message]] = [
        (1, refused),
        (0, CommandAnswer(t_ns=1001 * MS, process="loop", id="patient-1", answer="refused")),
        (2, command("livelier", 2000)),
        (7, revised(2005, "patient asked livelier; faster")),
        (4, traced(("tick/0", 0, 2110), ("intents", 7, 2020))),
    ]
    assert read_latencies(log).manner == [110.0]


def test_without_wishes_the_figure_is_missed() -> None:
    assert not any(figure.is_met for figure in _latencies(Latencies()))
    met, missed = _latencies(Latencies(loudness=[100.0] * 100, manner=[100.0] * 97 + [400.0] * 3))
    assert met.is_met
    assert not missed.is_met


def test_the_steepest_change_is_found_either_way() -> None:
    assert steepest(np.array([0.0, 1.0, -3.0, -3.0]), 1) == 4.0
    assert steepest(np.array([0.0, 1.0, -3.0, -3.0]), 2) == pytest.approx(4.0)
    assert steepest(np.array([]), 1) == 0.0


def test_wild_play_keeps_its_slopes() -> None:
    trail = wander(40, 3, lambda _: None)
    assert 30 / 0.02 < len(trail.log_tempo) <= 40 / 0.02
    assert np.ptp(trail.log_tempo) > 0.02, f"a wish every {WISH_EACH_S} s moves it"
    assert all(figure.is_met for figure in _slopes(trail))
