"""Moods are rendered and measured; what nobody hears is told as such."""

from __future__ import annotations

import numpy as np
import pytest

from device.music.breath import arc_db
from hardware.bench import levels
from hardware.listening.loudness import SFREQ_HZ
from tests.device.audio.rig import note
from tests.device.audio.test_scheduler import played
from tests.hardware.listening.test_sound import needs_synth

TIME_S = np.arange(4 * SFREQ_HZ) / SFREQ_HZ


def stereo(samples: np.ndarray) -> np.ndarray:
    return np.stack((samples, samples), axis=1)


@pytest.mark.parametrize(("hz", "percent"), [(5.0, 100.0), (440.0, 0.0)])
def test_power_is_told_by_where_it_lies(hz: float, percent: float) -> None:
    tone = 0.3 * np.sin(2 * np.pi * hz * TIME_S)
    assert levels.unheard_percent(stereo(tone)) == pytest.approx(percent, abs=2.0)


def test_a_constant_shift_is_not_heard() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 440.0 * TIME_S) + 0.1
    assert levels.unheard_percent(stereo(tone)) > 50.0


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_an_arc_that_is_pressed_flat_is_found_so(share: float) -> None:
    n_frames, loud = SFREQ_HZ // 2, []
    bars = [
        played(note(0, 24), bar_index=index, start_frame=index * n_frames, n_frames=n_frames) for index in range(33)
    ]
    for bar in bars:
        level_db = share * np.mean([arc_db(bar.bar_index, through) for through in (0.0, 0.5, 1.0)])
        loud.append(np.full(n_frames, 0.05 * 10 ** (level_db / 20)))
    tone = np.concatenate(loud) * np.sin(2 * np.pi * 440.0 * np.arange(33 * n_frames) / SFREQ_HZ)
    assert levels.arc_heard(stereo(tone), bars) == pytest.approx(share, abs=0.05)
    assert np.isnan(levels.arc_heard(stereo(tone), bars[:10]))


@needs_synth
def test_every_mood_has_a_level() -> None:
    figures = {figure.name: figure.value for figure in levels.measure("rules", [1], 2)}
    assert figures["lively: level"] > figures["calm: level"] > -70.0
    assert figures["lively above calm"] > 0.0
