"""The clips as sound: composed, played and limited by the box's own path, then brought to one loudness."""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import mido
import msgspec
import numpy as np
from scipy.io import wavfile

from device.audio.conductor import GRID_FRAMES
from device.audio.synth import Synth
from device.commands.piece import Sound, Studio, Wish
from device.config import AudioConfig
from device.control.cues import cues_of
from device.control.plan.session_plan import State
from device.errors import RecordingError
from device.runtime.interpreter import interpreter
from hardware.bench.intents import config_of, standing
from hardware.listening.loudness import SFREQ_HZ, Samples, equalise
from hardware.listening.study import Clip

SECONDS = 20.0
"""About the length of a clip: whole bars to a close."""
FEWEST_BARS = 4
SILENCE = 1e-3
TAIL_S = 0.4
FADE_S = 1.5
DRUM_CHANNEL, CHANNELS = 9, 16
OLDER = """
import pathlib, sys
import msgspec
from hardware.listening.sound import render
from hardware.listening.study import Clip
clip, path = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Clip, str])
render(clip, pathlib.Path(path))
"""
"""What an older release is asked."""
BEATS = 4


def render(clip: Clip, path: Path) -> list[str]:
    """Compose a clip and write it as a WAV; what another generator had to compose, in words."""
    assert clip.valence is not None
    assert clip.arousal is not None
    config = config_of(clip.seed, clip.generator)
    tempo_bpm = cues_of(State(clip.valence, clip.arousal), config.prescription.limits).tempo_bpm
    n_bars = max(FEWEST_BARS, round(SECONDS * tempo_bpm / (60.0 * BEATS)))
    with closing(Sound(config, path)) as sound:
        piece = Studio(config, Wish(standing(clip.valence, clip.arousal), n_bars), sound, _quiet).compose()
    _, steps = wavfile.read(path)
    write(path, steps / 32768.0)
    return piece.fallbacks()


def render_before(clip: Clip, path: Path, tree: Path) -> None:
    """The same clip by an older release, whose checkout is `tree`, with its own composer, guard and synthesiser.

    Raises:
        RecordingError: the tree holds no release that can do it.
    """
    # What a tree does not have, the interpreter would else take from the release that runs here.
    if not (tree / "hardware/listening/sound.py").is_file():
        raise RecordingError(f"{tree} cannot render a clip.", "Give --before the checkout of a release.")
    asked = msgspec.json.encode([clip, str(path.resolve())])
    # The older release is found before the one that runs here.
    surroundings = os.environ | {"PYTHONPATH": str(tree.resolve())}
    told = subprocess.run(
        interpreter("-c", OLDER), input=asked, env=surroundings, cwd=tree, capture_output=True, check=False
    )
    if told.returncode:
        last = told.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise RecordingError(f"{tree} cannot render a clip: {last}.", "Give --before the checkout of a release.")


def _quiet(_n_bars: int) -> None:
    """Nobody waits for one clip."""


def render_midi(source: Path, path: Path) -> None:
    """The beginning of a MIDI file on the box's own synthesiser, without drums.

    Raises:
        RecordingError: the file cannot be read as MIDI, or nothing of it sounds.
    """
    try:
        events = [(seconds, message) for seconds, message in _events(mido.MidiFile(source)) if seconds < SECONDS]
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise RecordingError(f"{source} cannot be read as MIDI: {error}.", "Take it out of the folder.") from error
    samples = _perform(events)
    if np.abs(samples).max() < SILENCE:
        raise RecordingError(f"Nothing sounds in the first {SECONDS:.0f} s of {source}.", "Take it out of the folder.")
    write(path, samples)


def _events(file: mido.MidiFile) -> Iterator[tuple[float, mido.Message]]:
    """Notes and instruments with their second, counted from the first note on."""
    begins_s: float | None = None
    now_s = 0.0
    for message in file:
        now_s += message.time
        if message.type in ("note_on", "note_off", "program_change") and message.channel != DRUM_CHANNEL:
            if begins_s is None and message.type == "note_on":
                begins_s = now_s
            yield (0.0 if begins_s is None else now_s - begins_s), message


def _perform(events: list[tuple[float, mido.Message]]) -> Samples:
    audio = AudioConfig()
    synth = Synth(audio, range(0))
    block = np.zeros((math.ceil(SECONDS * audio.sfreq_hz / GRID_FRAMES) * GRID_FRAMES, 2), np.float32)
    done = 0
    for channel in range(CHANNELS):
        synth.program(channel, 0)
    for seconds, message in events:
        frame = round(seconds * audio.sfreq_hz / GRID_FRAMES) * GRID_FRAMES
        if frame > done:
            synth.render(block, done, min(frame, len(block)))
            done = min(frame, len(block))
        _obey(synth, message)
    if done < len(block):
        synth.render(block, done, len(block))
    synth.close()
    return block.astype(np.float64)


def _obey(synth: Synth, message: mido.Message) -> None:
    if message.type == "program_change":
        synth.program(message.channel, message.program)
    elif message.type == "note_on" and message.velocity:
        synth.note_on(message.channel, message.note, message.velocity)
    else:
        synth.note_off(message.channel, message.note)


def write(path: Path, samples: Samples) -> None:
    """Samples of shape (frames, 2) as a 16-bit WAV, without silence around them and as loud as all others."""
    loud = np.flatnonzero(np.abs(samples).max(axis=1) > SILENCE)
    if len(loud):
        samples = samples[loud[0] : loud[-1] + round(TAIL_S * SFREQ_HZ)].copy()
    n_fade = min(len(samples), round(FADE_S * SFREQ_HZ))
    samples[len(samples) - n_fade :] *= np.linspace(1.0, 0.0, n_fade)[:, None]
    wavfile.write(path, SFREQ_HZ, np.rint(equalise(samples) * 32767).astype(np.int16))
