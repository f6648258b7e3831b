"""What the sound costs is told for the load that was asked, beside its parts; underruns with what the machine did."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from hardware.bench import sound_cost
from hardware.bench.lone_audio import Costs


def costs(seconds: float, *options: str) -> Costs:
    is_loud, has_sea, is_plain = "--density" not in options, "sea" in options, "--no-layers" in options
    share = 0.04 + 0.01 * has_sea - 0.015 * is_plain + 0.02 * (not options) * is_loud
    return Costs(
        cpu_share=share,
        rss_mb=80.0,
        underruns=2 * ("--hurry" in options),
        seconds=seconds,
        voices=40.0 if is_plain else 64.0,
        slowest_ms=7.0,
        integrated_lufs=-23.0,
        peak_dbtp=-8.0,
    )


@contextlib.contextmanager
def quiet_witness(_seconds: float) -> Iterator[Callable[[], float]]:
    yield lambda: 31.0


def test_each_figure_says_its_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_cost, "run_alone", costs)
    monkeypatch.setattr(sound_cost, "run_on_jack", costs)
    monkeypatch.setattr(sound_cost, "hogs", contextlib.nullcontext)
    monkeypatch.setattr(sound_cost, "witness", quiet_witness)
    monkeypatch.setattr(sound_cost, "_idle_synth_share", lambda: 0.001)
    figures = {figure.name: figure for figure in sound_cost.measure(lambda _: None, quick=True, long=False)}
    asked = figures["audio at 64 voices, share of one core"]
    assert (asked.value, asked.asked) == (pytest.approx(5.0), 6.0)
    assert "64 voices" in asked.note
    assert figures["audio, densest music, share of one core"].value == pytest.approx(6.0)
    assert figures["of it layers"].value == pytest.approx(1.5)
    assert figures["of it layers"].note == "24 voices more"
    assert figures["of it bed of sea"].value == pytest.approx(1.0)
    assert not figures["underruns, accelerated"].is_met
    assert "held up 31 ms" in figures["underruns beside hogs"].note


def test_the_witness_tells_while_it_is_asked() -> None:
    with sound_cost.witness(0.05) as held_up_ms:
        assert held_up_ms() >= 0.0
