"""The audio process alone, hurrying: hours pass in minutes, and a block that comes too late is told."""

from __future__ import annotations

import time
from typing import cast

import pytest

from device.audio.synth import Synth
from device.messages import MusicIntent, Transport
from hardware.bench.lone_audio import Costs, HurryingClock, Load
from hardware.bench.sound_cost import run_alone
from hardware.bench.witness import longest_ms


def test_waiting_takes_no_time_and_working_does() -> None:
    clock = HurryingClock()
    begun_ns = clock.now_ns()
    clock.sleep(3600.0)
    clock.sleep(-1.0)
    assert 3600e9 <= clock.now_ns() - begun_ns < 3600e9 + 1e9


class CountedSynth:
    def __init__(self, voices: int) -> None:
        self.n_voices = lambda: voices


@pytest.mark.parametrize(("voices", "density"), [(0, 1.0), (64, 0.35), (1000, 0.0)])
def test_a_load_asks_for_more_notes_where_too_few_voices_sound(voices: int, density: float) -> None:
    asked = Transport(t_ns=0, bar_index=1, start_frame=0, starts_ns=0, deadline_ns=0)
    kept = Load(cast("Synth", CountedSynth(voices)), 0.5, 64)
    intents = [cast("MusicIntent", kept.play(asked)) for _ in range(4)]
    assert [intent.density for intent in intents] == pytest.approx([density] * 4)
    assert kept.mean_voices == voices
    assert cast("MusicIntent", Load(cast("Synth", CountedSynth(voices)), 0.5, 0).play(asked)).density == 0.5


def test_minutes_of_sound_pass_in_seconds() -> None:
    begun_s = time.monotonic()
    costs = run_alone(60.0, "--voices", "64", "--bed", "sea", "--hurry")
    assert isinstance(costs, Costs)
    assert costs.seconds >= 60.0 > time.monotonic() - begun_s
    assert 30.0 < costs.voices < 120.0
    assert 0.0 < costs.cpu_share < 1.0


def test_who_sleeps_too_long_is_noticed() -> None:
    assert 0.0 <= longest_ms(0.05) < 60_000.0
