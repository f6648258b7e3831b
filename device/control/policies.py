"""How far the music goes beyond the plan to lead the listener back to it: pure decisions, refusals from a closed list.

A policy sees the plan's moment and the newest estimate, with the time as an input, and answers with a bounded
correction of arousal. What it cannot judge it refuses by name, and the session follows its plan alone.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, Protocol

from device.control import POLICIES
from device.control.session_plan import Moment
from device.errors import ConfigError
from device.imports import import_name
from device.messages import AffectEstimate
from device.streams import STREAMS

Refusal = Literal["no estimate yet", "estimate too old", "estimate unknown", "estimate not plausible"]
MAX_AGE_NS = round(STREAMS["affect"].max_age_s * 1e9)
CORRECTION_MAX = 0.5
CORRECTION_PER_S = 0.03
"""No policy moves its correction faster: about 0.12 from bar to bar."""


class Memory(NamedTuple):
    """What a policy carries from bar to bar."""

    correction: float = 0.0
    integral: float = 0.0


class Situation(NamedTuple):
    """All a policy may know."""

    now_ns: int
    since_s: float
    """Time since the last decision."""
    moment: Moment
    affect: AffectEstimate | None
    memory: Memory


class Decision(NamedTuple):
    """`memory.correction` is added to the arousal that the plan asks for."""

    memory: Memory
    refusal: Refusal | None


class Policy(Protocol):
    def decide(self, situation: Situation) -> Decision: ...


class Hand:
    """Set by hand: proportional and integral on arousal, weighted by how sure the estimate is.

    It leads only in shift, hold and cool-down: rest must be measured undisturbed, and a match follows the listener.
    """

    PROPORTIONAL = 0.5
    INTEGRAL_PER_S = 0.01

    def decide(self, situation: Situation) -> Decision:
        memory, since_s = situation.memory, situation.since_s
        refusal = refuse(situation.affect, situation.now_ns)
        if refusal or situation.affect is None or situation.moment.phase in ("baseline", "match"):
            return Decision(Memory(_move(memory.correction, 0.0, since_s), memory.integral), refusal)
        certainty = certainty_of(situation.affect)
        error = situation.moment.setpoint.arousal - situation.affect.arousal
        integral = _bound(memory.integral + certainty * error * self.INTEGRAL_PER_S * since_s)
        wanted = _bound(certainty * self.PROPORTIONAL * error + integral)
        return Decision(Memory(_move(memory.correction, wanted, since_s), integral), None)


def refuse(affect: AffectEstimate | None, now_ns: int) -> Refusal | None:
    """Why an estimate must not be acted on, or None."""
    if affect is None:
        return "no estimate yet"
    if abs(now_ns - affect.t_ns) > MAX_AGE_NS:
        return "estimate too old"
    if not affect.known:
        return "estimate unknown"
    sane = all(map(math.isfinite, (affect.arousal, affect.valence, affect.valence_sd))) and affect.arousal_sd > 0
    return None if sane and max(abs(affect.arousal), abs(affect.valence)) <= 1 else "estimate not plausible"


def certainty_of(affect: AffectEstimate) -> float:
    """Share of the prior's variance (1) that the estimate explains, 0 to 1."""
    return max(0.0, 1.0 - affect.arousal_sd**2)


def load_policy(name: str) -> Policy:
    """The policy that `POLICIES` names.

    Raises:
        ConfigError: there is no such policy.
    """
    if name not in POLICIES:
        known = ", ".join(sorted(POLICIES))
        raise ConfigError(f"There is no policy `{name}` (device.toml, control.policy).", f"Choose one of: {known}.")
    policy: Policy = import_name(POLICIES[name])()
    return policy


def _move(before: float, wanted: float, since_s: float) -> float:
    reach = CORRECTION_PER_S * max(0.0, since_s)
    return before + min(max(wanted - before, -reach), reach)


def _bound(correction: float) -> float:
    return min(max(correction, -CORRECTION_MAX), CORRECTION_MAX)
