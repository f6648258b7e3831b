"""`isotone voices`: has espeak-ng speak every prompt in every language, at set-up, so that a box needs no voice engine.

What an engine speaks is made calmer: slower and lower than it would, without its sharpest sounds and its pauses at both
ends. A clinic that wants a human voice records the prompts that it likes into a folder of its own (`[voice] folder`).
"""

from __future__ import annotations

import subprocess
import wave
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, get_args

import click
import numpy as np
import numpy.typing as npt
import soxr

from device.audio.speech import own_voices
from device.console.printing import say
from device.errors import DiskError, SystemMissingError
from device.files.outputs import write_whole
from device.messages import Language
from device.voice.prompts import PROMPTS

ENGINE = "espeak-ng"
ENGINE_S = 20.0
"""A sentence takes it a twentieth of a second."""
AT_ONCE = 2
SOFTER_FROM_HZ, SOFTER_DB = 3500.0, -6.0
"""Its sibilants are sharp; from here on they are softer."""
LOWEST_HZ = 90.0
RATE_HZ = 16_000
"""It has little to say above 8 kHz, and four languages shall not fill the card."""
QUIET = 0.01
"""Share of the highest amplitude below which it is a pause."""
MARGIN_S = 0.06
PEAK = 0.7
Samples = npt.NDArray[np.float64]


class Speaker(NamedTuple):
    """How espeak-ng speaks a language."""

    voice: str
    words_per_min: int
    pitch: int
    """0 to 99."""


SPEAKERS: dict[Language, Speaker] = {
    "en": Speaker("en+f2", 135, 40),
    "de": Speaker("de+f2", 140, 40),
    "fr": Speaker("fr+f2", 140, 40),
    "es": Speaker("es+f2", 150, 40),
}


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Where they go [default: with the program]."
)
@click.option("--language", type=click.Choice(get_args(Language)), help="Only this one.")
def voices(folder: Path | None, language: Language | None) -> None:
    """Make the spoken prompts anew with espeak-ng."""
    place = folder or own_voices()
    wanted = [(each, name) for each in ([language] if language else SPEAKERS) for name in PROMPTS]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        written = sum(pool.map(lambda each: _make(place, *each), wanted))
    say(f"{len(wanted)} spoken prompts in {place}, of which {written} are new.")


def _make(place: Path, language: Language, name: str) -> bool:
    """Make one file; whether it is another than was there.

    Raises:
        SystemMissingError: there is no engine, or it does not speak.
        DiskError: the file cannot be written.
    """
    path = place / language / f"{name}.wav"
    data = speak(PROMPTS[name].words.in_language(language), language)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.read_bytes() == data:
            return False
        write_whole(path, data)
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {error.strerror or error}.", "Free some space.") from error
    return True


def speak(words: str, language: Language) -> bytes:
    """A WAV file in which `words` are spoken, 16-bit mono.

    Raises:
        SystemMissingError: there is no engine, or it does not speak.
    """
    speaker = SPEAKERS[language]
    command = [ENGINE, "-v", speaker.voice, "-s", str(speaker.words_per_min), "-p", str(speaker.pitch), "-b", "1"]
    try:
        told = subprocess.run([*command, "--stdin", "--stdout"], input=words.encode(), capture_output=True,
                              timeout=ENGINE_S, check=True).stdout  # fmt: skip
        with wave.open(BytesIO(told)) as file:
            rate_hz, pcm = file.getframerate(), file.readframes(len(told))
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
        sentence = f"{ENGINE} does not speak {language}: {error}."
        raise SystemMissingError(sentence, f"Install {ENGINE}, then `isotone voices`.") from error
    return _wav(calm(soxr.resample(np.frombuffer(pcm, "<i2") / 32768.0, rate_hz, RATE_HZ)))


def calm(sound: Samples) -> Samples:
    """The same without rumble, with softer sibilants, and with hardly a pause at both ends."""
    freqs_hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    shelf = 10.0 ** (SOFTER_DB / 20.0 / (1.0 + (SOFTER_FROM_HZ / np.maximum(freqs_hz, 1.0)) ** 4))
    rumble = 1.0 / (1.0 + (LOWEST_HZ / np.maximum(freqs_hz, 1.0)) ** 6)
    softer: Samples = np.fft.irfft(np.fft.rfft(sound) * shelf * rumble, len(sound))
    heard = np.flatnonzero(np.abs(softer) > QUIET * np.abs(softer).max())
    margin = round(MARGIN_S * RATE_HZ)
    trimmed = softer[max(0, heard[0] - margin) : heard[-1] + margin]
    return np.asarray(trimmed * (PEAK / np.abs(trimmed).max()))


def _wav(sound: Samples) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.rint(sound * 32767).astype("<i2").tobytes())
    return out.getvalue()
