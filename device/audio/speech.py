"""Reads spoken prompts from WAV files: a clinic's own recordings where there are some, else those made at set-up.

Whoever records prompts may use any rate from 8 to 96 kHz, one channel or two; what cannot be played is refused with a
sentence, and the caller plays a musical sign instead. A file is read whole, within limits, never in the audio loop.
"""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from device.audio.loudness import k_weighting, to_lufs
from device.audio.samples import Samples
from device.audio.wav_sound import open_plain, read_layout, samples_of
from device.config import VoiceConfig, path_of
from device.errors import IsotoneError, SoundError
from device.messages import Language
from device.voice.prompts import PROMPTS

BYTES_MAX = 8_000_000
LENGTH_S = (0.1, 12.0)
RATES_HZ = (8_000, 96_000)
SILENT = 0.003
"""A recording that nowhere exceeds -50 dBFS holds no words."""
ENDING_S = 0.01
MAKE, MAKE_ALL = "`isotone voices` makes it.", "`isotone voices` makes them."
RECORD = "Record it again as 16-bit PCM WAV, or remove it: then the box's own words are spoken."
MOMENT_S = 0.4


def own_voices() -> Path:
    """The folder of the prompts that were made at set-up, LANGUAGE/PROMPT.wav."""
    return Path(sys.prefix) / "share" / "isotone" / "voices"


def find_speech(config: VoiceConfig, language: Language, name: str) -> Path:
    """The file with a prompt's words: the clinic's where it has one. It need not be there.

    Raises:
        ConfigError: the clinic's folder is in a home that is not there.
    """
    if config.folder:
        recorded = path_of(config.folder, "voice.folder") / language / f"{name}.wav"
        if os.path.lexists(recorded):
            return recorded
    return own_voices() / language / f"{name}.wav"


def read_speech(path: Path, sfreq_hz: int) -> Samples:
    """The words in a WAV file as mono samples at `sfreq_hz`, within -1 and 1, from silence to silence.

    Raises:
        SoundError: it is missing, cut off, silent, too long, or no WAV file that is understood.
    """
    action = MAKE if own_voices() in path.parents else RECORD
    try:
        sound, rate_hz = _decode(_bytes_of(path))
    except OSError as error:
        if not path.parent.exists():
            # One sentence for all prompts of a machine on which none were made.
            raise SoundError(
                f"There are no spoken prompts in {path.parent}.", "`isotone voices` makes them."
            ) from error
        raise SoundError(f"{path} cannot be read: {error.strerror or error}.", action) from error
    except ValueError as error:
        raise SoundError(f"{path} is no WAV file that can be played: {error}.", action) from error
    resampled: Samples = np.clip(soxr.resample(sound, rate_hz, sfreq_hz), -1.0, 1.0).astype(np.float32)
    edge = np.linspace(0.0, 1.0, round(ENDING_S * sfreq_hz), dtype=np.float32)
    resampled[: len(edge)] *= edge
    resampled[-len(edge) :] *= edge[::-1]
    return resampled


def refused_words(config: VoiceConfig) -> list[str]:
    """Why prompts have no words in the box's language, a sentence for each."""
    refusals = []
    for name in PROMPTS:
        try:
            read_speech(find_speech(config, config.language, name), RATES_HZ[0])
        except IsotoneError as error:
            refusals.append(error.sentence)
    return refusals


def _bytes_of(path: Path) -> bytes:
    """All of a plain file. Raises OSError."""
    with open_plain(path) as file:
        if os.fstat(file.fileno()).st_size > BYTES_MAX:
            raise OSError(f"it is larger than {BYTES_MAX // 1_000_000} MB")
        return file.read(BYTES_MAX)


def _decode(data: bytes) -> tuple[Samples, int]:
    """Mono samples of a WAV file, and their rate. Raises ValueError."""
    file = BytesIO(data)
    layout = read_layout(file)
    rate_hz, n_channels = layout.sfreq_hz, layout.n_channels
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise ValueError(f"its rate is {rate_hz} Hz")
    if n_channels not in (1, 2) or not layout.width:
        raise ValueError(f"it has {n_channels} channels of {8 * layout.width} bits")
    n_frames = layout.n_bytes // layout.frame_bytes
    if not LENGTH_S[0] <= n_frames / rate_hz <= LENGTH_S[1]:
        raise ValueError(f"it lasts {n_frames / rate_hz:.2f} s")
    pcm = file.read(n_frames * layout.frame_bytes)
    if len(pcm) < n_frames * layout.frame_bytes:
        raise ValueError("it is cut off")
    sound = samples_of(pcm, layout.width).reshape(-1, n_channels).mean(axis=1)
    if np.abs(sound - sound.mean()).max() < SILENT:
        raise ValueError("it is silent")
    return sound, rate_hz


# -- how loud it is


def loudest_lufs(sound: Samples, sfreq_hz: int) -> float:
    """Loudness of the loudest 400 ms (momentary, EBU Tech 3341) of mono samples that are heard with both ears.

    The filters are laid over the spectrum of each window, which costs a twentieth of reading it block by block.
    """
    size = round(MOMENT_S * sfreq_hz)
    padded = np.concatenate((sound, np.zeros(max(0, size - len(sound)), np.float32)))
    weights = _k_weights(size, sfreq_hz)
    powers = [
        float(np.sum(weights * np.abs(np.fft.rfft(padded[first : first + size])) ** 2))
        for first in range(0, len(padded) - size + 1, size // 4)
    ]
    # Both sides of the spectrum, and both ears.
    return to_lufs(2.0 * 2.0 * max(powers) / size**2)


def _k_weights(size: int, sfreq_hz: int) -> npt.NDArray[np.float64]:
    """Power response of the K-weighting at each bin of a window's spectrum."""
    turn = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    weights = np.ones(len(turn))
    for biquad in k_weighting(sfreq_hz):
        above = np.polyval((biquad.b2, biquad.b1, biquad.b0), turn)
        weights *= np.abs(above / np.polyval((biquad.a2, biquad.a1, 1.0), turn)) ** 2
    return weights
