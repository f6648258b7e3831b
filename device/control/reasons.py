"""A decision in words a therapist reads: where the plan stands, what the listener seems to feel, what changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device.control.cues import Cues, describe_change
from device.control.decisions import Choice
from device.control.plan.session_plan import Moment
from device.messages import AffectEstimate, SensorStatus

CAUSES_MAX = 2


def explain(
    moment: Moment,
    choice: Choice,
    affect: AffectEstimate | None,
    sensors: Mapping[str, SensorStatus],
    before: Cues,
    cues: Cues,
    held: bool,
    people: Sequence[str] = (),
    silent: bool = False,
) -> str:
    """`shift 40 %: arousal seems +0.35 ± 0.20, goal -0.20: slower (72→70 bpm), softer`."""
    stands = f"{moment.phase} held" if held else f"{moment.phase} {100 * moment.progress:.0f} %"
    ground = _feeling(moment, choice, affect, sensors)
    taken = choice.taken
    refused = f"back to the plan, as the policy's answer was refused: {taken.limited[0]}" if taken.refused else ""
    rests = "the policy lets the music rest" if choice.rests else ""
    own = "; ".join(filter(None, (choice.proposal.why, choice.fault, refused, rests, choice.shield, *people)))
    return f"{stands}: {ground}{f' ({own})' if own else ''}: {'a rest' if silent else describe_change(before, cues)}"


def _feeling(moment: Moment, choice: Choice, affect: AffectEstimate | None, sensors: Mapping[str, SensorStatus]) -> str:
    if moment.phase == "baseline":
        gone = ", ".join(_gone(sensors))
        return f"quiet while the rest is measured{f' ({gone})' if gone else ''}"
    if choice.refusal and choice.view.feeling.known:
        return f"{choice.refusal}, goal {moment.setpoint.arousal:+.2f}"
    if affect is None or choice.refusal:
        causes = "; ".join(_causes(affect, sensors))
        return f"open loop, {choice.refusal}{f' ({causes})' if causes else ''}, goal {moment.setpoint.arousal:+.2f}"
    seems = f"arousal seems {affect.arousal:+.2f} ± {affect.arousal_sd:.2f}"
    return f"meeting it, {seems}" if moment.phase == "match" else f"{seems}, goal {moment.setpoint.arousal:+.2f}"


def _causes(affect: AffectEstimate | None, sensors: Mapping[str, SensorStatus]) -> list[str]:
    """Why nothing is known: the estimator's own words, else the sensors that do not stream."""
    own = list(affect.reasons) if affect is not None and not affect.known else []
    return (own or _gone(sensors))[:CAUSES_MAX]


def _gone(sensors: Mapping[str, SensorStatus]) -> list[str]:
    return [f"{name} {status.state}" for name, status in sensors.items() if status.state != "streaming"]
