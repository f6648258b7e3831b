"""The mixer adds tracks up, and lets one speak over the others without a click."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.audio.conductor import Conductor
from device.audio.mixer import Mixer
from device.audio.samples import Samples
from device.config import AudioConfig, SessionConfig
from device.messages import Message, Stop

AUDIO = AudioConfig()
CONDUCTOR = Conductor(SessionConfig(session_id="s", run_dir="/tmp/s", session_dir="/tmp/s", models_dir=""))


class Tone:
    """A track that plays a constant, so that its gain can be read off the block."""

    def __init__(self, amplitude: float, ducks_db: float = 0.0) -> None:
        self.amplitude, self.wished_db = amplitude, ducks_db
        self.taken: list[Message] = []

    def take(self, message: Message) -> None:
        self.taken.append(message)

    def add_to(self, block: Samples, frame: int, conductor: Conductor) -> None:
        block += np.float32(self.amplitude)

    def ducks_db(self) -> float:
        return self.wished_db


def mixed(mixer: Mixer, n_blocks: int) -> Samples:
    blocks = [mixer.mix(number * AUDIO.block_frames, CONDUCTOR).copy() for number in range(n_blocks)]
    return np.concatenate(blocks)


def test_tracks_are_added_up_and_all_of_them_hear_what_is_given_out() -> None:
    tracks = Tone(0.25), Tone(0.5)
    mixer = Mixer(tracks, AUDIO)
    mixer.take(Stop(t_ns=0, author="patient"))
    assert np.all(mixed(mixer, 2) == 0.75)
    assert [len(track.taken) for track in tracks] == [1, 1]


def test_music_is_softer_while_a_voice_speaks_and_comes_back_slowly() -> None:
    music, voice = Tone(0.5), Tone(0.0, ducks_db=6.0)
    mixer = Mixer((music, voice), AUDIO)
    down = mixed(mixer, 8)[:, 0]
    assert down[0] == 0.5
    assert abs(down[-1] - 0.5 * 10 ** (-6 / 20)) < 1e-3
    voice.wished_db = 0.0
    up = mixed(mixer, 60)[:, 0]
    assert up[4800] < 0.3
    assert up[-1] == 0.5


def test_a_voice_is_not_ducked_by_itself() -> None:
    mixer = Mixer((Tone(0.0), Tone(0.5, ducks_db=12.0)), AUDIO)
    assert np.all(mixed(mixer, 10) == 0.5)


@given(st.lists(st.floats(-10.0, 40.0), min_size=1, max_size=20))
def test_a_fader_never_jumps_and_never_makes_louder(wishes_db: list[float]) -> None:
    voice = Tone(0.0)
    mixer = Mixer((Tone(1.0), voice), AUDIO)
    heard = []
    for number, wish_db in enumerate(wishes_db):
        voice.wished_db = wish_db
        heard.append(mixer.mix(number * AUDIO.block_frames, CONDUCTOR)[:, 0].copy())
    line = np.concatenate(heard)
    assert line.max() <= 1.0
    assert np.abs(np.diff(line)).max() < 0.0003
