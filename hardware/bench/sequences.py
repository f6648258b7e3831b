"""Random sessions for `isotone decide`: prescription, plan, policy, and all that is told of estimates and commands."""

from __future__ import annotations

import json
import math
import random
from typing import Any, NamedTuple, get_args

import msgspec

from device.commands.prescriptions import refuse_contradiction
from device.config import ControlConfig, DeviceConfig, Limits, Prescription, SessionConfig
from device.control import POLICIES
from device.control.plan.plan_checks import problems, tightened
from device.errors import ConfigError
from device.files.models import MODELS_DIR
from device.imports import import_name
from device.messages import WISHES, CueName, Phase
from device.plan_layout import Course, Order, PhaseLayout, PlanLayout, Side
from hardware.bench.evil import EVIL

CUES: tuple[CueName, ...] = get_args(CueName)
SIDES: tuple[Side | None, ...] = (None, *get_args(Side))
MIDDLE: tuple[Phase, ...] = ("shift", "hold")
LENGTHS = ((1, 3), (1, 3), (1, 3), (2, 6), (2, 6), (5, 15))
LONG, LONG_SHARE = (100, 200), 0.003
"""Some go on for a whole session."""
STEPS_S = (0.0, 0.0, 0.25, 1.0, 1.0, 1.0, 2.0, 4.0, 7.0)
ODD_STEPS_S = (-5.0, -0.001, 60.0, 400.0, 3600.0, 1e5, 1e12, math.nan)
ODD_LINES = (
    b"", b"x", b"{}", b"null", b"[1]", b'{"t": 1', b"\xff\xfe", b'{"t": {}, "known": false}', b"[" * 3000,
    b'{"command": "stop"}', b'{"t": 1e999, "known": true}',
)  # fmt: skip


class Sequence(NamedTuple):
    """A session and all that is told in it."""

    config: SessionConfig
    lines: tuple[bytes, ...]


def policies() -> dict[str, str]:
    """Who may lead: all that ship and need no model, and the evil ones."""
    sound = {name: place for name, place in POLICIES.items() if not import_name(place).takes_model}
    return sound | EVIL


def sequence_of(seed: int, number: int, names: tuple[str, ...]) -> Sequence:
    """The sequence of that number; the same seed and number make the same one."""
    rng = random.Random(f"{seed}/{number}")
    minutes = rng.choice((0.1, 0.5, 2.0, 5.0, 20.0, 240.0))
    config = SessionConfig(
        session_id=str(number),
        seed=number,
        minutes=minutes,
        run_dir="",
        session_dir="",
        models_dir=str(MODELS_DIR),
        device=DeviceConfig(control=ControlConfig(policy=rng.choice(names), approve_first=rng.random() < 0.1)),
        prescription=_prescription(rng, minutes),
    )
    n_lines = rng.randint(*(LONG if rng.random() < LONG_SHARE else rng.choice(LENGTHS)))
    return Sequence(config, tuple(_lines(rng, n_lines)))


def _prescription(rng: random.Random, minutes: float) -> Prescription:
    if rng.random() < 0.2:
        return Prescription()
    try:
        given = Prescription(
            goal_valence=rng.uniform(-1, 1),
            goal_arousal=rng.uniform(-1, 1),
            goal_valence_side=rng.choice(SIDES),
            goal_arousal_side=rng.choice(SIDES),
            goal_zone=rng.uniform(0.02, 1),
            limits=_limits(rng),
        )
        refuse_contradiction(given)
    except ConfigError:
        return Prescription()
    return given if rng.random() < 0.5 else _planned(rng, given, minutes)


def _limits(rng: random.Random) -> Limits:
    slowest, fastest = sorted(rng.uniform(20, 300) for _ in range(2))
    lowest = rng.randint(21, 96)
    return Limits(
        tempo_min_bpm=slowest,
        tempo_max_bpm=fastest,
        tempo_slope_percent_s=10 ** rng.uniform(-2, 2),
        loudness_max_db=rng.uniform(-40, 0),
        loudness_slope_db_s=10 ** rng.uniform(-2, 2),
        density_max=rng.uniform(0.1, 1),
        pitch_min=lowest,
        pitch_max=rng.randint(lowest + 12, 108),
    )


def _planned(rng: random.Random, given: Prescription, minutes: float) -> Prescription:
    """The prescription with a plan that can be played under it; without one where this plan cannot."""
    order: Order = rng.choice(get_args(Order))
    first: tuple[Phase, ...] = ("baseline", "match") if order == "iso" else ("baseline",)
    kinds: list[Phase] = [kind for kind in first if rng.random() < 0.7]
    kinds += [*rng.choices(MIDDLE, k=rng.randint(1, 4)), "cool-down"]
    phases = tuple(
        PhaseLayout(
            kind=kind,
            share=rng.uniform(0.5, 9),
            silent=rng.random() < 0.1,
            course=rng.choice((None, None, *(course for course in get_args(Course) if course != "points"))),
        )
        for kind in kinds
    )
    layout = PlanLayout(order=order, phase=phases)
    if next(iter(problems(layout, given, minutes, DeviceConfig().affect.baseline_s)), None):
        return given
    return tightened(given, layout)


def _lines(rng: random.Random, n_lines: int) -> list[bytes]:
    """What is told: mostly sound, now and then no JSON, out of time, or out of range."""
    seconds, arousal, lines = rng.choice((0.0, 5.0, 1.7e9)), rng.uniform(-1, 1), []
    oddity = rng.choice((0.0, 0.02, 0.2))
    chattiness = rng.choice((0.0, 0.1, 0.5, 1.0))
    for _ in range(n_lines):
        odd = rng.random() < oddity
        step_s = rng.choice(ODD_STEPS_S) if odd else rng.choice(STEPS_S)
        arousal = min(1.0, max(-1.0, arousal + rng.gauss(0.0, 0.15)))
        told = _command(rng) if rng.random() < chattiness else _estimate(rng, arousal)
        if odd and rng.random() < 0.3:
            lines.append(rng.choice(ODD_LINES))
            continue
        if odd and rng.random() < 0.3:
            told[rng.choice(list(told))] = rng.choice((None, "x", 1e308, -7, [], True))
        lines.append(json.dumps({"t": seconds + step_s} | told).encode())
        if 0 <= step_s <= 1e5:
            seconds += step_s
    return lines


def _estimate(rng: random.Random, arousal: float) -> dict[str, Any]:
    if rng.random() < 0.15:
        return {"known": False}
    sds = rng.choice((0.0, 0.1, 0.3, 0.9, 1.0)), rng.uniform(0, 1)
    told = {
        "known": True,
        "arousal": arousal,
        "arousal_sd": sds[0],
        "valence": rng.uniform(-1, 1),
        "valence_sd": sds[1],
    }
    return told if rng.random() < 0.7 else told | {"coverage": {"eeg": rng.choice((0.0, 0.1, 0.7, 1.0))}}


def _command(rng: random.Random) -> dict[str, Any]:
    name = rng.choice(sorted(WISHES))
    if name == "stop" and rng.random() < 0.7:
        name = "too_much"
    told: dict[str, Any] = {"command": name, "author": rng.choice(("patient", "therapist"))}
    more = {"cue": rng.choice(CUES), "value": rng.choice((rng.uniform(-1, 1), rng.uniform(0, 130), "minor")),
            "arousal": rng.uniform(-1, 1), "valence": rng.uniform(-1, 1), "on": rng.random() < 0.7,
            "voice": rng.choice(("melody", "inner", "bass", "pad"))}  # fmt: skip
    fields = WISHES[name].__struct_fields__
    return told | {key: value for key, value in more.items() if key in fields or rng.random() < 0.05}


def encoded(config: SessionConfig) -> bytes:
    """A session's configuration as text, for whoever looks at a sequence that broke a promise."""
    return msgspec.json.encode(config)
