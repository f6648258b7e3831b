"""Whatever one track does wrong for a moment, the music comes back."""

from __future__ import annotations

import numpy as np
import pytest

from device.audio.conductor import Conductor
from device.audio.mixer import Mixer
from device.audio.samples import Samples
from device.audio.tracks.levelled import LevelledTrack
from device.config import SessionConfig
from device.messages import Message

BLOCK = 1024


class Hum:
    """A track that hums, with an offset, and can be made to play what is no sound."""

    def __init__(self) -> None:
        self.wild: float | None = None

    def take(self, message: Message) -> None:
        pass

    def add_to(self, block: Samples, frame: int, conductor: Conductor) -> None:
        del conductor
        frames = frame + np.arange(len(block))
        block += (0.05 * np.sin(2.0 * np.pi * 220.0 * frames / 48_000) + 0.1)[:, None].astype(np.float32)
        if self.wild is not None:
            block[:] = self.wild

    def ducks_db(self) -> float:
        return 0.0


def heard(track: LevelledTrack, first: int, n_blocks: int, conductor: Conductor) -> Samples:
    blocks = []
    for number in range(first, first + n_blocks):
        block = np.zeros((BLOCK, 2), np.float32)
        track.add_to(block, number * BLOCK, conductor)
        blocks.append(block)
    return np.concatenate(blocks)


@pytest.mark.parametrize("wild", [np.nan, np.inf, -np.inf, 1e30])
def test_after_a_wild_block_the_music_is_as_it_was(config: SessionConfig, wild: float) -> None:
    conductor, hum = Conductor(config), Hum()
    track = LevelledTrack(Mixer((hum,), config.device.audio), config)
    before = heard(track, 0, 400, conductor)
    hum.wild = wild
    heard(track, 400, 3, conductor)
    hum.wild = None
    after = heard(track, 403, 400, conductor)
    assert np.all(np.isfinite(after))
    assert np.abs(after[-BLOCK:]).max() == pytest.approx(np.abs(before[-BLOCK:]).max(), rel=0.4)


def test_an_offset_is_not_heard(config: SessionConfig) -> None:
    conductor = Conductor(config)
    track = LevelledTrack(Mixer((Hum(),), config.device.audio), config)
    assert abs(heard(track, 0, 200, conductor)[-48_000:].mean()) < 1e-3
