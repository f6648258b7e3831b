"""A layer plays what its voice plays, softer the harder it is struck, and nothing that may not sound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from device.audio.layers import FIRST_CHANNEL, Layers
from device.audio.safety.limits import allowed_layers, allowed_programs
from device.config import Prescription
from device.messages import VOICES

PAD = VOICES.index("pad")


class Notes:
    """An instrument that remembers what is played."""

    def __init__(self) -> None:
        self.programs: dict[int, int] = {}
        self.on: dict[tuple[int, int], int] = {}
        self.pedals: dict[int, bool] = {}

    def program(self, channel: int, program: int) -> None:
        self.programs[channel] = program

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.on[channel, pitch] = velocity

    def note_off(self, channel: int, pitch: int) -> None:
        self.on.pop((channel, pitch), None)

    def pedal(self, channel: int, *, down: bool) -> None:
        self.pedals[channel] = down

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        block[first:last] = 1.0


def test_strings_play_with_the_pad_and_end_with_it() -> None:
    notes = Notes()
    layers = Layers(notes, Prescription())
    layers.program(PAD, 89)
    layers.note_on(PAD, 60, 40)
    layers.pedal(PAD, down=True)
    assert notes.programs == {PAD: 89, FIRST_CHANNEL + PAD: 48}
    assert notes.on == {(PAD, 60): 40, (FIRST_CHANNEL + PAD, 60): 40}
    assert notes.pedals == {PAD: True, FIRST_CHANNEL + PAD: True}
    layers.note_off(PAD, 60)
    assert notes.on == {}


def test_a_voice_without_a_layer_plays_alone() -> None:
    notes = Notes()
    layers = Layers(notes, Prescription(layers={}))
    layers.program(PAD, 89)
    layers.note_on(PAD, 60, 70)
    assert notes.on == {(PAD, 60): 70}


@given(st.integers(1, 127), st.integers(1, 127))
def test_softer_notes_have_more_of_the_layer_and_none_is_louder_than_its_voice(one: int, other: int) -> None:
    notes = Notes()
    layers = Layers(notes, Prescription())
    struck = {}
    for velocity in (one, other):
        layers.note_on(PAD, 60, velocity)
        struck[velocity] = notes.on[FIRST_CHANNEL + PAD, 60]
        assert 1 <= struck[velocity] <= velocity
    soft, hard = min(one, other), max(one, other)
    assert struck[soft] / soft >= struck[hard] / hard - 1 / soft


def test_what_may_never_sound_is_no_layer_and_is_not_loaded() -> None:
    never = Prescription(never_programs=(48, 46))
    assert allowed_layers(never) == {}
    assert not {46, 48} & set(allowed_programs(never))
    assert {46, 48} <= set(allowed_programs(Prescription()))
