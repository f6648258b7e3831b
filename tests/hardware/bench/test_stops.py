"""The listener of the stop bench hears when sound ends and whether it clicks."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from hardware.bench.clicks import has_click
from hardware.bench.jack_capture import SFREQ_HZ, Block
from hardware.bench.stop_rounds import STATES
from hardware.bench.stops import STOPS, Stopped, caught_in, drawn, figures_of, judge

PERIOD = 512


def tone(seconds: float, end_s: float, fade_s: float) -> npt.NDArray[np.int16]:
    frames = np.arange(PERIOD * round(seconds * SFREQ_HZ / PERIOD))
    fade = np.clip((end_s - frames / SFREQ_HZ) / max(fade_s, 1e-9), 0.0, 1.0)
    wave = 6000.0 * np.sin(2.0 * np.pi * 330.0 * frames / SFREQ_HZ) * (0.5 - 0.5 * np.cos(np.pi * fade))
    return np.repeat(np.rint(wave).astype("<i2")[:, None], 2, axis=1)


def blocks(steps: npt.NDArray[np.int16]) -> list[Block]:
    """As a capture has them: each comes when its last sample has sounded."""
    firsts = range(0, len(steps), PERIOD)
    return [Block((first + PERIOD) / SFREQ_HZ, steps[first : first + PERIOD]) for first in firsts]


@pytest.mark.parametrize("asked_s", [1.0, 1.95])
def test_the_time_runs_from_the_wish_to_the_last_sound(asked_s: float) -> None:
    found = judge("playing", 1, blocks(tone(3.0, 2.0, 0.04)), asked_s)
    assert found.silent_after_ms == pytest.approx(1000.0 * (2.0 - asked_s), abs=3.0)
    assert not found.has_click


def test_what_was_silent_already_takes_no_time() -> None:
    assert judge("playing", 1, blocks(tone(3.0, 1.0, 0.04)), 2.0).silent_after_ms == 0.0


def test_sound_that_is_cut_off_clicks() -> None:
    steps = tone(3.0, 3.0, 0.0)
    cut = round(2.0003 * SFREQ_HZ)
    steps[cut:] = 0
    assert has_click(steps.astype(float), cut - 1)


def test_every_state_is_stopped_and_most_often_while_music_plays() -> None:
    names = [name for name, _ in drawn(STOPS)]
    assert len(names) == STOPS
    assert set(names) == set(STATES)
    assert max(set(names), key=names.count) == "playing"


def test_a_table_names_the_longest_time_of_each_state_and_all_clicks() -> None:
    rows = [Stopped("playing", 1, 40.0, False), Stopped("playing", 2, 60.0, True), Stopped("resting", 3, 0.0, False)]
    rows.append(Stopped("playing", 4, 900.0, True, is_torn=True))
    figures = figures_of(rows)
    assert [(row.name, row.value) for row in figures] == [
        ("stop to silence, playing", 60.0), ("stop to silence, resting", 0.0), ("stops with a click", 1.0)
    ]  # fmt: skip


def test_what_was_caught_whole_is_not_measured_again(tmp_path: Path) -> None:
    rows = [Stopped("playing", 1, 40.0, False), Stopped("playing", 2, 9.0, False, is_torn=True)]
    (tmp_path / "out.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    assert caught_in(tmp_path / "out.jsonl") == {("playing", 1)}
    assert caught_in(tmp_path / "none.jsonl") == set()
