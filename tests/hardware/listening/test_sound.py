"""Clips sound, end, and are all equally loud."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest
from scipy.io import wavfile

from device.audio.synth import find_soundfont, open_library
from device.config import AudioConfig
from device.errors import IsotoneError, RecordingError
from hardware.listening import sound
from hardware.listening.loudness import TARGET_LUFS, measure_lufs
from hardware.listening.study import Clip


def have_synth() -> bool:
    try:
        open_library()
        find_soundfont(AudioConfig())
    except IsotoneError:
        return False
    return True


needs_synth = pytest.mark.skipif(not have_synth(), reason="needs libfluidsynth3 and a sound font")


def loudness_of(path: Path) -> float:
    sfreq_hz, samples = wavfile.read(path)
    assert (sfreq_hz, samples.shape[1]) == (48000, 2)
    return measure_lufs(samples / 32768)


@needs_synth
def test_clips_are_equally_loud_whatever_their_mood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "SECONDS", 6.0)
    for name, valence, arousal in (("wild", 0.8, 0.8), ("still", 0.4, -0.8)):
        told = sound.render(Clip(name, "test", "rules", valence, arousal, 1), tmp_path / f"{name}.wav")
        assert told == []
        assert loudness_of(tmp_path / f"{name}.wav") == pytest.approx(TARGET_LUFS, abs=0.2)


@needs_synth
def test_a_human_piece_is_played_from_its_first_note(tmp_path: Path) -> None:
    track = mido.MidiTrack([mido.Message("program_change", program=40), mido.Message("note_on", note=60, time=9600)])
    track += [mido.Message("note_off", note=60, time=960), mido.Message("note_on", note=64, channel=9)]
    mido.MidiFile(tracks=[track]).save(tmp_path / "late.mid")
    sound.render_midi(tmp_path / "late.mid", tmp_path / "late.wav")
    assert loudness_of(tmp_path / "late.wav") == pytest.approx(TARGET_LUFS, abs=0.3)


@needs_synth
@pytest.mark.parametrize(
    "content", [b"", b"MThd", b"no midi at all", b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0"]
)
def test_a_broken_or_silent_midi_file_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mid").write_bytes(content)
    with pytest.raises(RecordingError, match=r"x\.mid"):
        sound.render_midi(tmp_path / "x.mid", tmp_path / "x.wav")


def test_silence_around_a_clip_is_cut_and_its_end_fades(tmp_path: Path) -> None:
    samples = np.zeros((10 * 48000, 2))
    samples[2 * 48000 : 6 * 48000] = 0.1 * np.sin(np.arange(4 * 48000) / 20)[:, None]
    sound.write(tmp_path / "x.wav", samples)
    _, written = wavfile.read(tmp_path / "x.wav")
    assert len(written) / 48000 == pytest.approx(4.4, abs=0.1)
    assert np.abs(written[-100:]).max() == 0


@needs_synth
def test_another_checkout_renders_a_clip_with_its_own_code(tmp_path: Path) -> None:
    tree = Path(sound.__file__).parents[2]
    clip = Clip("a", "test", "rules", 0.4, -0.8, 1, release="before")
    sound.render_before(clip, tmp_path / "a.wav", tree)
    assert loudness_of(tmp_path / "a.wav") == pytest.approx(TARGET_LUFS, abs=0.2)


def test_a_tree_that_is_no_release_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "hardware").mkdir()
    (tmp_path / "hardware" / "__init__.py").write_text("")
    with pytest.raises(RecordingError, match="cannot render"):
        sound.render_before(Clip("a", "test", "rules", 0.4, -0.8, 1), tmp_path / "a.wav", tmp_path)
