"""Every limit of the prescription is one pure function here: what may sound at most, and how fast it may change.

The guards of this room apply them to bars, notes and samples; nobody else decides what a limit means.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import msgspec

from device.config import Limits, Prescription
from device.messages import TICKS_PER_BEAT, MusicIntent, Voice
from device.music.playing import programs_of

RING_BEATS = 16
"""A note rings no longer than this."""
SILENT_DB = -60.0
"""The softest the music gets by being turned down."""
RUBATO_MOST = 0.1
"""By this share a bar may be slower or faster than was asked for, inside the limits of tempo."""
STORY_DB = (-6.0, 1.5)
"""The slow story makes music softer or louder by no more than this."""
START_DB = -12.0
"""The music never begins louder."""
BRIGHTNESS_PER_S = 1.0
"""The colour of the sound takes at least this long from dull to bright."""
PROGRAM_LASTS_S = 4.0
"""A voice keeps its instrument for at least this long."""
LAST_BAR_S = 60.0
"""The longest last bar, its notes and the first one's delay: 12 beats at 20 bpm, and ringing out."""
HOLD_S = 600.0
"""What one hold of a phase may add to a session (`device.control.plan.plan_clock`)."""
FADE_IN_S = 1.0
"""The music takes at least this long from silence to `START_DB`."""


def guard_tempo(tempo_bpm: float, limits: Limits) -> float:
    """The tempo brought inside the limits; how fast it gets there is up to `device.audio.pace`."""
    low, high = sorted((limits.tempo_min_bpm, limits.tempo_max_bpm))
    return min(max(tempo_bpm, low), high) if math.isfinite(tempo_bpm) else low


def guard_rubato(rubato: float) -> float:
    """The share of the tempo asked for at which a bar may be played; what is no number is 1."""
    return min(max(rubato, 1.0 - RUBATO_MOST), 1.0 + RUBATO_MOST) if math.isfinite(rubato) else 1.0


def notes_per_s(limits: Limits) -> float:
    """How many notes may begin in a second at the fastest tempo, over all voices."""
    return notes_per_beat(limits) * max(limits.tempo_min_bpm, limits.tempo_max_bpm) / 60.0


def notes_per_beat(limits: Limits) -> int:
    """How many notes may begin in one beat, over all voices."""
    return max(1, math.floor(limits.notes_per_beat_max))


def guard_duration(duration_tick: int) -> int:
    """The length in ticks that may sound: at most `RING_BEATS` beats."""
    return min(duration_tick, RING_BEATS * TICKS_PER_BEAT)


def guard_velocity(velocity: int, limits: Limits) -> int:
    """The MIDI velocity that may be struck."""
    return min(velocity, limits.velocity_max)


def guard_pitch(pitch: int, limits: Limits) -> int:
    """The nearest octave of a MIDI pitch inside the prescribed range, or its edge where no octave lies inside."""
    low, high = sorted((limits.pitch_min, limits.pitch_max))
    octaves_up, octaves_down = -min(0, (pitch - low) // 12), -min(0, (high - pitch) // 12)
    return min(max(pitch + 12 * (octaves_up - octaves_down), low), high)


def ring_s(limits: Limits) -> float:
    """How long a note may ring at the slowest tempo, in seconds; notes on their way there have no beats any more."""
    return RING_BEATS * 60.0 / min(limits.tempo_min_bpm, limits.tempo_max_bpm)


def guard_loudness(loudness_db: float, limits: Limits) -> float:
    """The loudness, at most the prescribed one; what is no number is silent."""
    wanted = loudness_db if not math.isnan(loudness_db) else SILENT_DB
    return min(max(wanted, SILENT_DB), limits.loudness_max_db)


def guard_share(share: float) -> float:
    """The share brought inside 0 to 1; what is no number is 0."""
    return min(max(share, 0.0), 1.0) if not math.isnan(share) else 0.0


def guard_target(target: float) -> float:
    """Valence or arousal brought inside -1 to 1; what is no number is neither way."""
    return min(max(target, -1.0), 1.0) if not math.isnan(target) else 0.0


def guard_intent(intent: MusicIntent, limits: Limits) -> MusicIntent:
    """The same wish in numbers that the phrasebook and the ramps can follow."""
    low, high = sorted((limits.pitch_min, limits.pitch_max))
    return msgspec.structs.replace(
        intent,
        target_valence=guard_target(intent.target_valence),
        target_arousal=guard_target(intent.target_arousal),
        tempo_bpm=guard_tempo(intent.tempo_bpm, limits),
        density=min(guard_share(intent.density), limits.density_max),
        register_midi=low + (high - low) * guard_share((intent.register_midi - low) / max(1, high - low)),
        loudness_db=guard_loudness(intent.loudness_db, limits),
        story_db=_guard_story(intent.story_db),
        brightness=guard_share(intent.brightness),
        articulation=guard_share(intent.articulation),
        tonic_pc=intent.tonic_pc % 12,
        voice_levels={voice: guard_share(level) for voice, level in intent.voice_levels.items()},
    )


def _guard_story(story_db: float) -> float:
    softest, strongest = STORY_DB
    return min(max(story_db, softest), strongest) if not math.isnan(story_db) else 0.0


def latest_end_s(minutes: float, n_holds: int) -> float:
    """Seconds after the music began at which nothing sounds any more, whatever the rest of the program says."""
    return 60.0 * minutes + n_holds * HOLD_S + LAST_BAR_S


def allowed_programs(prescription: Prescription) -> tuple[int, ...]:
    """The instruments that may sound, and so the ones to load: chosen for a voice and not on the never-play list."""
    layers = itertools.chain.from_iterable(allowed_layers(prescription).values())
    chosen = {*programs_of(prescription).values(), *layers}
    return tuple(sorted(chosen - set(prescription.never_programs)))


def allowed_layers(prescription: Prescription) -> dict[Voice, tuple[int, ...]]:
    """The instruments that may sound with a voice's own, in order."""
    never = set(prescription.never_programs)
    layers = {voice: one if isinstance(one, tuple) else (one,) for voice, one in prescription.layers.items()}
    kept = {voice: tuple(program for program in own if program not in never) for voice, own in layers.items()}
    return {voice: programs for voice, programs in kept.items() if programs}


class Ramp(NamedTuple):
    """A value on its way to a target in a straight line and at no more than a given slope."""

    start_frame: int
    start: float
    target: float
    slope_per_frame: float

    def at(self, frame: int) -> float:
        """The value at `frame`, between start and target."""
        reach = self.slope_per_frame * max(0, frame - self.start_frame)
        return min(max(self.target, self.start - reach), self.start + reach)

    def towards(self, target: float, frame: int) -> Ramp:
        """The ramp from where it is at `frame` to a new target."""
        return Ramp(frame, self.at(frame), target, self.slope_per_frame)
