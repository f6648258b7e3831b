"""What the conductor says of loudness and brightness is heard in the blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from device.audio.conductor import Conductor
from device.audio.renderer import Renderer
from device.audio.safety.limits import allowed_programs
from device.audio.synth import Synth
from device.config import SessionConfig
from tests.device.audio.rig import note
from tests.device.audio.test_scheduler import played
from tests.device.audio.test_synth import needs_synth

pytestmark = needs_synth


class Set(Conductor):
    """A conductor whose dials stand where they are put."""

    brightness, envelope, loudness_db = 0.5, 1.0, 0.0

    def brightness_at(self, _frame: int) -> float:
        return self.brightness

    def envelope_at(self, _frame: int) -> float:
        return self.envelope

    def loudness_db_at(self, _frame: int) -> float:
        return self.loudness_db

    def level_db_at(self, _frame: int) -> float:
        return self.loudness_db


@pytest.fixture
def conductor(config: SessionConfig) -> Set:
    return Set(config)


@pytest.fixture
def renderer(config: SessionConfig) -> Iterator[Renderer]:
    synth = Synth(config.device.audio, allowed_programs(config.prescription))
    yield Renderer(synth, config)
    synth.close()


def level(pcm: list[bytes]) -> float:
    return float(np.sqrt(np.mean(np.frombuffer(b"".join(pcm), "<i2").astype(float) ** 2)))


def play(renderer: Renderer, conductor: Conductor, n_blocks: int, amplitude: float = 1.0) -> list[bytes]:
    return [renderer.render(conductor, amplitude) for _ in range(n_blocks)]


def test_blocks_follow_each_other(renderer: Renderer, conductor: Set, config: SessionConfig) -> None:
    size = config.device.audio.block_frames
    for number in range(3):
        assert (renderer.frame, renderer.end_frame) == (number * size, (number + 1) * size)
        assert len(renderer.render(conductor)) == 4 * size
    assert level(play(renderer, conductor, 1)) == 0.0


def test_louder_is_louder_and_a_level_of_nothing_is_silence(renderer: Renderer, conductor: Set) -> None:
    conductor.loudness_db = -26.0
    play(renderer, conductor, 24)
    renderer.take(played(note(0, 96), start_frame=renderer.frame))
    soft = level(play(renderer, conductor, 12)[4:])
    conductor.loudness_db = -14.0
    play(renderer, conductor, 40)
    renderer.take(played(note(0, 96), start_frame=renderer.frame, bar_index=1))
    assert level(play(renderer, conductor, 12)[4:]) > 2.0 * soft > 0.0
    play(renderer, conductor, 4, 0.0)
    assert level(play(renderer, conductor, 4, 0.0)) == 0.0
    assert renderer.levels().peak_dbfs < 0.0


def test_a_brightness_that_hardly_moves_is_not_sent_again(
    conductor: Set, config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[float] = []
    monkeypatch.setattr(Synth, "brighten", lambda _, brightness: sent.append(brightness))
    synth = Synth(config.device.audio, (0,))
    sent.clear()
    renderer = Renderer(synth, config)
    for conductor.brightness in (0.5, 0.505, 0.52):
        renderer.render(conductor)
    synth.close()
    assert sent == [0.5, 0.52]
