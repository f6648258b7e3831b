"""Where another generator takes over at a bar line, what rings goes on ringing and nothing jumps."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from device.audio.conductor import Conductor
from device.audio.renderer import Renderer
from device.audio.safety.limits import allowed_programs
from device.audio.synth import Synth
from device.config import SessionConfig
from device.messages import Note, PlayedBar
from tests.device.audio.rig import note
from tests.device.audio.test_scheduler import played
from tests.device.audio.test_synth import needs_synth

pytestmark = needs_synth
PIANO, HARP = {"melody": 0, "pad": 89}, {"melody": 46, "pad": 48}
BAR_FRAMES = 192_000
SETTLED_FRAMES = BAR_FRAMES + 48_000
"""The guard has let the music come up by then, and a voice keeps its instrument for four seconds."""


class Open(Conductor):
    """A conductor that leaves the music as it is."""

    def envelope_at(self, _frame: int) -> float:
        return 1.0

    def level_db_at(self, _frame: int) -> float:
        return 0.0


def sound(config: SessionConfig, bars: Sequence[PlayedBar], n_blocks: int = 400) -> npt.NDArray[np.int64]:
    """Steps of both ears, shape (frames, 2)."""
    synth = Synth(config.device.audio, (*allowed_programs(config.prescription), 48))
    renderer, conductor = Renderer(synth, config), Open(config)
    for bar in bars:
        renderer.take(bar)
    heard = [renderer.render(conductor) for _ in range(n_blocks)]
    synth.close()
    return np.frombuffer(b"".join(heard), "<i2").reshape(-1, 2).astype(np.int64)


def two_bars(*of_the_second: Note) -> list[PlayedBar]:
    chord = [note(0, 96, pitch, 80, "pad") for pitch in (48, 55, 64)]
    first = played(note(72, 24, 72), *chord, start_frame=SETTLED_FRAMES - BAR_FRAMES)
    second = played(*of_the_second, start_frame=SETTLED_FRAMES, bar_index=1)
    return [
        msgspec.structs.replace(first, generator="transformer", programs=PIANO),
        msgspec.structs.replace(second, generator="rules", programs=HARP),
    ]


def test_what_rings_is_not_touched_by_the_instruments_of_whoever_composes_next(config: SessionConfig) -> None:
    late = note(48, 24, 76)
    alone, followed = sound(config, two_bars(late)[:1]), sound(config, two_bars(late))
    second_beat = SETTLED_FRAMES + 48_000
    assert np.abs(alone[SETTLED_FRAMES:second_beat]).max() > 50
    np.testing.assert_array_equal(alone[:second_beat], followed[:second_beat])
    assert np.any(alone[second_beat:] != followed[second_beat:])


def test_the_first_notes_after_a_change_are_no_sharper_than_others(config: SessionConfig) -> None:
    chord = [note(0, 96, pitch, 80, "pad") for pitch in (48, 55, 64)]
    steps = np.abs(np.diff(sound(config, two_bars(note(0, 24, 72), *chord)), axis=0)).max(axis=1)
    line = steps[SETTLED_FRAMES - 2_400 : SETTLED_FRAMES + 4_800].max()
    assert line <= 2 * steps[SETTLED_FRAMES - 3 * 48_000 : SETTLED_FRAMES - 2_400].max()
