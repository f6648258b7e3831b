"""Turns what is asked of `isotone compose` into what can be had: the nearest is taken, and that is said."""

from __future__ import annotations

import math
import os
from typing import Any, get_args

import msgspec

from device.commands.piece import Wish, length_of, seconds_of
from device.commands.prescriptions import load_prescription, remarks_on
from device.commands.themes import read_themes
from device.config import DeviceConfig, Preference, Prescription, SessionConfig, load
from device.control.plan.journey import BYTES_MAX, Journey, Point, journey_of
from device.errors import ConfigError
from device.files.models import MODELS_DIR
from device.files.toml_text import read_text
from device.messages import Voice
from device.music.instruments import NAMES, find_instrument
from device.sessions.wav import DATA_BYTES_MAX, FRAME_BYTES

BARS, BARS_MAX = 32, 4096
"""Length of a piece that nobody gave, and the longest that may be given."""
PATH_BARS_MAX = 32_768
"""The longest piece: 18 hours at 120 bpm, in about 0.5 GB."""
FRAMES_MAX = DATA_BYTES_MAX // FRAME_BYTES
MARGIN_S = 30.0
"""A piece begins late and rings out."""
VOICES: tuple[Voice, ...] = get_args(Voice)
TASTES = ("style", "texture", "metre", "bed")
"""Keys of `[preference]` that may be wished for."""


def configure(options: dict[str, Any], remarks: list[str]) -> SessionConfig:
    """The device, the prescription and the melodies that the options name.

    Raises:
        ConfigError, RecordingError: a file cannot be read, or there is no such voice.
    """
    device = load(options["device"], DeviceConfig) if options["device"] else DeviceConfig()
    if options["generator"]:
        music = msgspec.structs.replace(device.music, generator=options["generator"])
        device = msgspec.structs.replace(device, music=music)
    prescription = _prefer(load_prescription(options["prescription"]), options, remarks)
    prescription = _equip(prescription, options["instruments"] or (), remarks)
    remarks += remarks_on(prescription)
    themes = read_themes(prescription.preference, options["like"])
    remarks += themes.remarks
    seed = options["seed"]
    return SessionConfig(
        session_id="compose",
        seed=int.from_bytes(os.urandom(4), "big") if seed is None else seed,
        run_dir="",
        session_dir="",
        models_dir=str(MODELS_DIR),
        device=device,
        prescription=prescription,
        theme=themes.liked,
        never=themes.never,
        heard=themes.heard,
    )


def _prefer(prescription: Prescription, options: dict[str, Any], remarks: list[str]) -> Prescription:
    """Tastes as wished, unless the prescription forbids the style."""
    preference = prescription.preference
    wished = {name: options[name] for name in TASTES if options.get(name)}
    if wished.get("style") in preference.never_styles:
        remarks.append(f"The prescription forbids the style {wished.pop('style')}; {preference.style} is kept.")
    changed: Preference = msgspec.structs.replace(preference, **wished)
    return msgspec.structs.replace(prescription, preference=changed)


def _equip(prescription: Prescription, words: tuple[str, ...], remarks: list[str]) -> Prescription:
    """The instruments of `voice=name` or, one after the other, of melody, bass, inner and pad.

    Raises:
        ConfigError: no such voice, or more instruments than voices.
    """
    programs = dict(prescription.programs)
    for place, word in enumerate(words):
        named, _, name = word.rpartition("=") if "=" in word else (VOICES[min(place, 3)], "", word)
        voice = next((voice for voice in VOICES if voice == named.strip()), None)
        if voice is None or place >= len(VOICES):
            raise ConfigError(f"There is no voice for `{word}`.", f"The voices are {', '.join(VOICES)}.")
        try:
            programs[voice], remark = find_instrument(name)
        except LookupError as error:
            remark = f"{error} {NAMES[programs.get(voice, 0)]} is kept."
        remarks += [remark] if remark else []
    return msgspec.structs.replace(prescription, programs=programs)


def wish_of(options: dict[str, Any], config: SessionConfig, remarks: list[str]) -> Wish:
    """The way over the plane, its length and its tempo.

    Raises:
        ConfigError: the path cannot be read.
    """
    tempo = options["tempo"]
    if tempo is not None:
        limits = config.prescription.limits
        tempo = _bring(tempo, tempo, "tempo", (limits.tempo_min_bpm, limits.tempo_max_bpm), remarks)
    if not options["journey"]:
        goal = config.prescription
        valence = _bring(options["valence"], goal.goal_valence, "valence", (-1.0, 1.0), remarks)
        arousal = _bring(options["arousal"], goal.goal_arousal, "arousal", (-1.0, 1.0), remarks)
        journey = Journey([Point(valence=valence, arousal=arousal, bar=0.0)])
        return Wish(journey, options["bars"] or BARS, tempo)
    journey = journey_of(read_text(options["journey"], BYTES_MAX), options["journey"].name)
    if options["valence"] is not None or options["arousal"] is not None:
        remarks.append("With --path, --valence and --arousal are not used.")
    whole = length_of(config, Wish(journey, PATH_BARS_MAX + 1, tempo))
    n_bars = options["bars"] or whole
    if n_bars > PATH_BARS_MAX:
        raise ConfigError(f"The path is longer than {PATH_BARS_MAX} bars.", "Let it end earlier, or give --bars.")
    if n_bars < whole:
        remarks.append(f"The path goes on beyond the {n_bars} bars of --bars: the piece ends before.")
    return Wish(journey, n_bars, tempo)


def refuse_overflow(config: SessionConfig, wish: Wish) -> None:
    """A WAV that cannot hold the whole piece is not begun.

    Raises:
        ConfigError: so it is.
    """
    seconds, holds_s = seconds_of(config, wish), FRAMES_MAX / config.device.audio.sfreq_hz - MARGIN_S
    if seconds > holds_s:
        sentence = f"The piece lasts {seconds / 3600:.1f} hours, and a WAV holds {holds_s / 3600:.1f}."
        raise ConfigError(sentence, "Make it shorter, or leave out --wav.")


def _bring(value: float | None, default: float, name: str, ends: tuple[float, float], remarks: list[str]) -> float:
    """The value, or the nearest that may be had, which is said."""
    if value is None or not math.isfinite(value):
        if value is not None:
            remarks.append(f"{value} is no {name}: {default:g} is taken.")
        return default
    allowed = min(max(value, ends[0]), ends[1])
    if allowed != value:
        remarks.append(f"{name} {value:g} cannot be had: {allowed:g}, the nearest that can, is taken.")
    return allowed
