"""A soft bed of sound under the music: sea, rain, wind, or a low drone in the music's key; made, never recorded.

Noise is shaped over the spectrum of long frames that overlap under a sine window, so that its power is even; its shape
moves from frame to frame, and nothing is ever a step. The intent steers it: arousal how often waves, gusts or showers
come, brightness how far up the sound reaches, and both are followed slowly. The same seed makes the same bed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from device.audio.conductor import Conductor
from device.audio.safety.dose import a_weighting
from device.audio.samples import Samples
from device.config import SessionConfig
from device.messages import Message, PlayedBar

FRAME_S = 0.17
"""Length of a frame: what moves faster is not heard as a move."""
FOLLOW_S = 12.0
KEY_S = 4.0
"""A drone takes so long from one key to the next: one fades while the other comes."""
RISE_S = 8.0
BELOW_MUSIC_DB = 15.0
"""A bed is this much softer than the prescribed loudness (A-weighted): it is not what one listens to."""
WIDTH = 0.45
"""Share of the noise's amplitude that differs between the ears: gentle, and whole on one loudspeaker."""
LOW_HZ = 40.0
WAVE_JITTER = 0.3
"""No two waves are alike: a regular one is waited for."""
DROPS_PER_S = (800.0, 3000.0)
DROPS_POWER = 0.1
"""Share of the rain's power that is single drops."""
DRONE_MIDI = 36
PARTIALS = ((1.0, 1.0), (1.5, 0.45), (2.0, 0.35), (3.0, 0.12), (4.0, 0.07))
"""Multiples of the tonic, and amplitudes at middle brightness: octaves and fifths are in every major and minor key."""
BEAT_HZ = 0.07
"""The two voices of a partial, one for each ear, differ by this much, so that the drone breathes."""
BASS_WEIGHT = 0.1
"""A low partial counts for at least this, or it would have to be so strong that headphones rattle."""
Floats = npt.NDArray[np.float64]


class Character(NamedTuple):
    """How a noise sounds; pairs are at calm and lively, or at dull and bright, and between them it is mixed."""

    slope_db_octave: float
    """Fall of the spectrum above the corner."""
    corner_hz: tuple[float, float]
    period_s: tuple[float, float]
    """Length of a wave, gust or shower."""
    depth: float
    """How much of the sound comes and goes, 0 to 1."""
    is_drops: bool = False
    """Part of it is single drops."""


CHARACTERS: dict[str, Character] = {
    "sea": Character(-7.0, (180.0, 700.0), (13.0, 6.0), 0.75),
    "rain": Character(-3.0, (900.0, 3500.0), (25.0, 9.0), 0.25, is_drops=True),
    "wind": Character(-10.0, (220.0, 900.0), (17.0, 7.0), 0.6),
}


class Steering(NamedTuple):
    """What the intent asks of a bed, already followed slowly: both 0 to 1."""

    activity: float
    brightness: float

    def towards(self, activity: float, brightness: float, share: float) -> Steering:
        return Steering(
            self.activity + share * (activity - self.activity),
            self.brightness + share * (brightness - self.brightness),
        )


class TextureTrack:
    """Plays the bed that the prescription names, and nothing where it names none."""

    def __init__(self, config: SessionConfig) -> None:
        bed, sfreq_hz = config.prescription.preference.bed, config.device.audio.sfreq_hz
        hop = int(2 ** round(math.log2(FRAME_S * sfreq_hz / 2)))
        self._hop_s = hop / sfreq_hz
        self._level = 10.0 ** ((config.prescription.loudness_lufs - BELOW_MUSIC_DB) / 20.0)
        self._voice: Noise | Drone | None = None
        if bed == "drone":
            self._voice = Drone(hop, sfreq_hz)
        elif bed != "none":
            self._voice = Noise(CHARACTERS[bed], hop, sfreq_hz, config.seed)
        self._steering = Steering(0.5, 0.5)
        self._gain = 0.0
        self._hop_ramp = np.arange(hop)[:, None] / hop
        self._ready: Samples = np.zeros((0, 2), np.float32)

    def take(self, message: Message) -> None:
        if isinstance(message, PlayedBar) and isinstance(self._voice, Drone) and message.tonic_pc is not None:
            self._voice.tonic_pc = message.tonic_pc % 12

    def add_to(self, block: Samples, frame: int, conductor: Conductor) -> None:
        """Add the bed, as the intent of the bar that sounds steers it."""
        if self._voice is None:
            return
        while len(self._ready) < len(block):
            activity = 0.5 + 0.5 * conductor.target_arousal
            share = self._hop_s / FOLLOW_S
            self._steering = self._steering.towards(activity, conductor.brightness_at(frame), share)
            before, self._gain = self._gain, min(1.0, self._gain + self._hop_s / RISE_S)
            rising = self._level * (before + (self._gain - before) * self._hop_ramp)
            fresh = (self._voice.next_hop(self._steering) * rising).astype(np.float32)
            self._ready = np.concatenate((self._ready, fresh))
        block += self._ready[: len(block)]
        self._ready = self._ready[len(block) :]

    def ducks_db(self) -> float:
        return 0.0


class Noise:
    """Shaped noise at an A-weighted level of 1 (rms), whose waves come and go below it."""

    def __init__(self, character: Character, hop: int, sfreq_hz: int, seed: int) -> None:
        self._character, self._hop, self._sfreq_hz = character, hop, sfreq_hz
        self._rng = np.random.default_rng((seed, *b"bed"))
        self._window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop))[:, None]
        hz = np.fft.rfftfreq(2 * hop, 1.0 / sfreq_hz)
        self._octave = np.log2(np.maximum(hz, 1.0))
        self._audible = 1.0 / (1.0 + (LOW_HZ / np.maximum(hz, 1.0)) ** 8)
        self._weights = a_weighting(hz)
        self._tail: Floats = np.zeros((hop, 2))
        self._turn = float(self._rng.uniform())
        self._pace = 1.0

    def next_hop(self, steering: Steering) -> Floats:
        """The next samples, shape (hop, 2)."""
        wave = self._wave(steering.activity)
        spectrum = np.fft.rfft(self._excitation(steering.activity), axis=0)
        shaped = np.fft.irfft(spectrum * self._shape(steering.brightness, wave)[:, None], axis=0) * self._window
        heard: Floats = self._tail + shaped[: self._hop]
        self._tail = shaped[self._hop :]
        return heard

    def _wave(self, activity: float) -> float:
        """How far the wave has come up, 0 to 1; it comes faster than it goes."""
        self._turn += self._hop / self._sfreq_hz * self._pace / _between(self._character.period_s, activity)
        if self._turn >= 1.0:
            self._turn %= 1.0
            self._pace = 1.0 + float(self._rng.uniform(-WAVE_JITTER, WAVE_JITTER))
        return 0.5 - 0.5 * math.cos(2.0 * math.pi * self._turn**0.8)

    def _excitation(self, activity: float) -> Samples:
        """White noise of power 1 for both ears, in part the same; in single precision, which halves its transform."""
        noise = self._rng.standard_normal((2 * self._hop, 3), np.float32)
        if self._character.is_drops:
            rate = _between(DROPS_PER_S, activity) / self._sfreq_hz
            falls = self._rng.random((2 * self._hop, 3), np.float32) < rate
            noise *= math.sqrt(1.0 - DROPS_POWER) + falls * math.sqrt(DROPS_POWER / rate)
        common = np.float32(math.sqrt(1.0 - WIDTH**2)) * noise[:, :1]
        return common + np.float32(WIDTH) * noise[:, 1:]

    def _shape(self, brightness: float, wave: float) -> Samples:
        """Amplitude over frequency, at its level; a wave that comes up is brighter and louder."""
        low, high = map(math.log2, self._character.corner_hz)
        corner = low + (high - low) * brightness + self._character.depth * (wave - 0.5)
        fall_db = self._character.slope_db_octave * np.maximum(0.0, self._octave - corner)
        shape = self._audible * 10.0 ** (fall_db / 20.0)
        power = float(np.sum(self._weights * shape**2)) / self._hop
        level = (1.0 - self._character.depth * (1.0 - wave)) / math.sqrt(power)
        return np.asarray(shape * level, np.float32)


class Drone:
    """Octaves and fifths on the tonic, at a level of 1 (rms, A-weighted) or below it; another key fades over."""

    def __init__(self, hop: int, sfreq_hz: int) -> None:
        self._hop, self._sfreq_hz = hop, sfreq_hz
        self._ramp = np.arange(hop) / hop
        self._gains = np.zeros(12)
        self._frame = 0
        self.tonic_pc = 0

    def next_hop(self, steering: Steering) -> Floats:
        """The next samples, shape (hop, 2)."""
        heard = np.zeros((self._hop, 2))
        step = self._hop / self._sfreq_hz / KEY_S
        for tonic_pc in range(12):
            before = self._gains[tonic_pc]
            self._gains[tonic_pc] = min(max(float(tonic_pc == self.tonic_pc), before - step), before + step)
            if before or self._gains[tonic_pc]:
                # Both are heard half way: equal power.
                fade = np.sin(0.5 * np.pi * (before + (self._gains[tonic_pc] - before) * self._ramp))
                heard += fade[:, None] * self._chord(tonic_pc, steering.brightness)
        self._frame += self._hop
        return heard

    def _chord(self, tonic_pc: int, brightness: float) -> Floats:
        time_s = (self._frame + np.arange(self._hop)) / self._sfreq_hz
        tonic_hz = 440.0 * 2.0 ** ((DRONE_MIDI + tonic_pc - 69) / 12.0)
        chord = np.zeros((self._hop, 2))
        power = 0.0
        for multiple, amplitude in PARTIALS:
            hz, strength = multiple * tonic_hz, amplitude * multiple ** (brightness - 0.5)
            for ear, beat_hz in enumerate((-BEAT_HZ / 2, BEAT_HZ / 2)):
                chord[:, ear] += strength * np.sin(2.0 * np.pi * (hz + multiple * beat_hz) * time_s)
            power += 0.5 * strength**2 * max(BASS_WEIGHT, float(a_weighting(np.array([hz]))[0]))
        return chord / math.sqrt(power)


def _between(ends: tuple[float, float], share: float) -> float:
    """The value so far between two, in ratios."""
    return float(ends[0] * (ends[1] / ends[0]) ** share)
