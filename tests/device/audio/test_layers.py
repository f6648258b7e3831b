"""Layers play what their voice plays, softer the harder it is struck, and nothing that may not sound."""

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
CHOIR = 2 * FIRST_CHANNEL + PAD


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
    assert notes.programs == {PAD: 89, FIRST_CHANNEL + PAD: 49, CHOIR: 53}
    assert notes.on == {(PAD, 60): 40, (FIRST_CHANNEL + PAD, 60): 40}
    assert notes.pedals == {PAD: True, FIRST_CHANNEL + PAD: True, CHOIR: True}
    layers.note_off(PAD, 60)
    assert notes.on == {}


def test_a_voice_without_a_layer_plays_alone() -> None:
    notes = Notes()
    layers = Layers(notes, Prescription(layers={}))
    layers.program(PAD, 89)
    layers.note_on(PAD, 60, 70)
    assert notes.on == {(PAD, 60): 70}


def test_the_calmer_the_music_the_more_is_heard_of_the_choir_and_a_note_ends_whatever_became_of_the_mood() -> None:
    notes = Notes()
    layers = Layers(notes, Prescription())
    heard = []
    for calmness in (0.2, 0.6, 1.0):
        layers.calmness = calmness
        layers.note_on(PAD, 60, 50)
        heard.append(notes.on.get((CHOIR, 60), 0))
        layers.calmness = 0.0
        layers.note_off(PAD, 60)
        assert notes.on == {}
    assert heard[0] == 0
    assert 0 < heard[1] < heard[2] <= 50


def test_one_layer_may_be_written_without_a_list() -> None:
    one, several = Prescription(layers={"pad": 48}), Prescription(layers={"pad": (48,)})
    assert allowed_layers(one) == allowed_layers(several) == {"pad": (48,)}


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
    never = Prescription(never_programs=(49, 46))
    assert allowed_layers(never) == {"pad": (53,)}
    assert not {46, 49} & set(allowed_programs(never))
    assert {46, 49, 53} <= set(allowed_programs(Prescription()))
