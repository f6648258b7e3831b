from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.audio import synth as door
from device.audio.synth import Synth, find_soundfont, open_library
from device.config import AudioConfig
from device.errors import SoundError, SystemMissingError
from tests.device.audio.soundfonts import soundfont, tone


def have_synth() -> bool:
    try:
        open_library()
        find_soundfont(AudioConfig())
    except SystemMissingError:
        return False
    return True


REVERB_NOISE = 1e-7
needs_synth = pytest.mark.skipif(not have_synth(), reason="needs libfluidsynth3 and a sound font")


@pytest.fixture
def synth() -> Iterator[Synth]:
    made = Synth(AudioConfig(), (0, 32))
    yield made
    made.close()


def render(synth: Synth, n_frames: int) -> np.ndarray:
    block = np.zeros((n_frames, 2), np.float32)
    synth.render(block, 0, n_frames)
    return block


def phrase(synth: Synth) -> bytes:
    synth.program(0, 0)
    synth.program(1, 32)
    synth.note_on(0, 60, 80)
    synth.note_on(1, 40, 80)
    parts = [render(synth, 9600)]
    synth.note_off(0, 60)
    synth.brighten(0.2)
    return b"".join(part.tobytes() for part in [*parts, render(synth, 9600)])


@needs_synth
@pytest.mark.parametrize("frame", [64, 1024, 4800])
def test_a_note_sounds_at_the_frame_it_is_asked_for_and_not_before(synth: Synth, frame: int) -> None:
    synth.program(0, 0)
    block = np.full((frame + 960, 2), 9.0, np.float32)
    synth.render(block, 0, frame)
    synth.note_on(0, 72, 100)
    synth.render(block, frame, len(block))
    audible = np.abs(block[:, 0]) > REVERB_NOISE
    assert not audible[:frame].any()
    assert frame <= np.argmax(audible) <= frame + 8


@needs_synth
def test_both_channels_sound_and_only_inside_what_was_asked(synth: Synth) -> None:
    synth.program(0, 0)
    synth.note_on(0, 60, 100)
    block = np.full((2048, 2), 9.0, np.float32)
    synth.render(block, 512, 1536)
    assert (block[:512] == 9.0).all()
    assert (block[1536:] == 9.0).all()
    assert np.abs(block[512:1536]).max(axis=0).min() > 1e-4


@needs_synth
def test_the_same_events_give_the_same_samples() -> None:
    hashes = set()
    for _ in range(2):
        synth = Synth(AudioConfig(), (0, 32))
        hashes.add(hashlib.sha256(phrase(synth)).hexdigest())
        synth.close()
    assert len(hashes) == 1


@needs_synth
def test_a_dull_note_has_less_treble_than_a_bright_one() -> None:
    treble = []
    for brightness in (0.0, 1.0):
        synth = Synth(AudioConfig(), (0,))
        synth.program(0, 0)
        synth.brighten(brightness)
        synth.note_on(0, 60, 110)
        spectrum = np.abs(np.fft.rfft(render(synth, 24_000)[:, 0]))
        treble.append(spectrum[2000:].sum())
        synth.close()
    assert treble[0] < 0.7 * treble[1]


@needs_synth
def test_gain_is_a_factor_of_the_samples() -> None:
    peaks = []
    for gain in (0.25, 0.5):
        synth = Synth(AudioConfig(gain=gain), (0,))
        synth.program(0, 0)
        synth.note_on(0, 60, 100)
        peaks.append(np.abs(render(synth, 9600)).max())
        synth.close()
    assert peaks[1] == pytest.approx(2 * peaks[0], rel=1e-3)


@needs_synth
def test_the_pedal_holds_what_ends_until_it_is_lifted() -> None:
    def ring(*, down: bool) -> float:
        synth = Synth(AudioConfig(), (0,))
        synth.program(0, 0)
        synth.pedal(0, down=down)
        synth.note_on(0, 60, 100)
        render(synth, 9600)
        synth.note_off(0, 60)
        render(synth, 48_000)
        held = float(np.abs(render(synth, 9600)).max())
        synth.pedal(0, down=False)
        render(synth, 48_000)
        assert np.abs(render(synth, 9600)).max() < 0.1 * max(held, 0.01)
        synth.close()
        return held

    assert ring(down=True) > 10 * ring(down=False)


@needs_synth
def test_an_instrument_that_the_font_lacks_is_a_sentence() -> None:
    with pytest.raises(SoundError, match="has no instrument 200"):
        Synth(AudioConfig(), (200,))


@needs_synth
def test_a_damaged_sound_font_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "torn.sf2"
    path.write_bytes(b"RIFF" + bytes(1000))
    with pytest.raises(SoundError, match=r"torn\.sf2 cannot be loaded"):
        Synth(AudioConfig(soundfont=str(path)), ())


@needs_synth
def test_a_setting_that_is_not_taken_is_a_sentence() -> None:
    with pytest.raises(SoundError, match=r"does not take synth\.sample-rate = 1000000"):
        Synth(AudioConfig(sfreq_hz=1_000_000), ())


def test_a_configured_sound_font_that_is_missing_is_a_sentence() -> None:
    with pytest.raises(SoundError, match=r"/nowhere/x\.sf2 does not exist") as caught:
        find_soundfont(AudioConfig(soundfont="/nowhere/x.sf2"))
    assert "audio.soundfont" in caught.value.action


def test_without_any_sound_font_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "SOUNDFONTS", ("/nowhere/x.sf2",))
    with pytest.raises(SystemMissingError, match="No sound font is installed") as caught:
        find_soundfont(AudioConfig())
    assert "apt install fluid-soundfont-gm" in caught.value.action


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LIBRARIES", ("libnowhere.so.3",))
    with pytest.raises(SystemMissingError) as caught:
        open_library()
    assert "apt install libfluidsynth3" in caught.value.action


@needs_synth
@pytest.mark.parametrize(
    "data",
    [
        soundfont(bytes(8000)),
        soundfont(random.Random(1).randbytes(8000), is_sf3=True),
        soundfont(b"OggS" + bytes(4000), is_sf3=True),
        soundfont(tone(), keys=(100, 127)),
        soundfont(tone(level=1)),
    ],
)
def test_a_sound_font_whose_samples_are_silent_is_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mute.sf3"
    path.write_bytes(data)
    with pytest.raises(SoundError, match=r"Instrument 0 of the sound font .*mute\.sf3 is silent"):
        Synth(AudioConfig(soundfont=str(path)), (0,))


@needs_synth
def test_listening_to_the_instruments_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "tone.sf2"
    path.write_bytes(soundfont(tone()))
    synth = Synth(AudioConfig(soundfont=str(path)), (0,))
    assert np.abs(render(synth, 48_000)).max() < 1e-6
    synth.close()
