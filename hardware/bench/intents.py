"""What the music benches ask of a generator: steady settings, and random ways that reach every corner of the plane."""

from __future__ import annotations

import numpy as np

from device.commands.piece import Steersman, Wish
from device.config import DeviceConfig, MusicConfig, Preference, Prescription, SessionConfig, WishedMetre
from device.control.plan.journey import Journey, Point
from device.files.models import MODELS_DIR
from device.messages import MusicIntent, Transport

DENSE, CALM = (0.7, 0.9), (0.4, -0.7)
"""Valence and arousal: the most notes that are ever asked for, and what is asked for most of the time."""
STAY_BARS = 12
"""A random way bends so often."""


def config_of(
    seed: int, generator: str = "transformer", metre: WishedMetre = "any", model: str = MusicConfig().model
) -> SessionConfig:
    """A session with everything as it comes, but this seed, generator and metre."""
    return SessionConfig(
        session_id="bench",
        seed=seed,
        run_dir="",
        session_dir="",
        models_dir=str(MODELS_DIR),
        device=DeviceConfig(music=MusicConfig(generator=generator, model=model)),
        prescription=Prescription(preference=Preference(metre=metre)),
    )


def standing(valence: float, arousal: float) -> Journey:
    """A way that stays where it is."""
    return Journey([Point(valence=valence, arousal=arousal, bar=0.0)])


def wandering(seed: int, n_bars: int) -> Journey:
    """A way from corner to corner, uniform over the plane."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(-1.0, 1.0, (n_bars // STAY_BARS + 2, 2)).tolist()
    return Journey([Point(valence=v, arousal=a, bar=float(STAY_BARS * i)) for i, (v, a) in enumerate(places)])


def intents_of(config: SessionConfig, journey: Journey, n_bars: int) -> list[MusicIntent]:
    """The intents of the first `n_bars` bars of a longer piece: none of them is the last."""
    steersman = Steersman(config, Wish(journey, n_bars + 8))
    return [steersman.answer(request_of(index)) for index in range(n_bars)]


def request_of(bar_index: int) -> Transport:
    """A request without a moment."""
    return Transport(t_ns=0, bar_index=bar_index, start_frame=0, starts_ns=0, deadline_ns=0)
