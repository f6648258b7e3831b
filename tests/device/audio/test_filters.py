"""A filter over blocks hears what the same filter hears sample by sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.filters import BlockFilter, high_pass
from device.audio.loudness import k_weighting
from device.audio.tracks.levelled import subsonic

signal = pytest.importorskip("scipy.signal", reason="scipy is the witness")


def sections(biquads: object) -> np.ndarray:
    return np.array([[b0, b1, b2, 1.0, a1, a2] for b0, b1, b2, a1, a2 in biquads])  # type: ignore[attr-defined]


@pytest.mark.parametrize("sfreq_hz", [8_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("block_frames", [64, 1024])
def test_blocks_add_up_to_what_scipy_filters(sfreq_hz: int, block_frames: int) -> None:
    sound = np.random.default_rng(1).standard_normal((20 * block_frames, 2))
    for biquads in (k_weighting(sfreq_hz), subsonic(sfreq_hz), [high_pass(400.0, sfreq_hz)]):
        blocks = BlockFilter(biquads, block_frames)
        heard = np.concatenate([blocks.pass_on(block) for block in np.split(sound, 20)])
        assert np.abs(heard - signal.sosfilt(sections(biquads), sound, axis=0)).max() < 1e-9


def test_an_offset_is_gone_after_a_moment_and_a_low_note_is_not() -> None:
    blocks = BlockFilter(subsonic(48_000), 1024)
    offset = [blocks.pass_on(np.ones((1024, 2))) for _ in range(60)]
    assert np.abs(offset[-1]).max() < 1e-3
    low_e = np.sin(2.0 * np.pi * 41.2 * np.arange(48 * 1024) / 48_000)
    blocks = BlockFilter(subsonic(48_000), 1024)
    heard = np.concatenate([blocks.pass_on(np.stack((part, part), axis=1)) for part in np.split(low_e, 48)])
    assert np.abs(heard[-4096:]).max() > 0.95


@settings(max_examples=30)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12))
def test_silence_comes_after_any_sound(levels: list[float]) -> None:
    blocks = BlockFilter(k_weighting(48_000), 1024)
    for level in levels:
        blocks.pass_on(np.full((1024, 2), level))
    for _ in range(200):
        heard = blocks.pass_on(np.zeros((1024, 2)))
    assert np.abs(heard).max() < 1e-6
