"""What a plan file says: the phases of a session, their lengths and the path of their target over the plane.

`control.plan.session_plan` lays it out in time; `control.plan.plan_checks` says what is wrong with it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from device.messages import Phase

Side = Literal["near", "at most", "at least"]
"""Where a goal on one axis is met: around its value, anywhere below it, or anywhere above it."""
Order = Literal["iso", "compensatory"]
"""`iso`: the music first meets the listener's state, then leads. `compensatory`: it contrasts from the start."""
Course = Literal["steps", "ramp", "points", "straight"]
"""How the target goes from one point to the next: in small steps or evenly over all the time there is; it stands at
each until the next; or straight there as fast as a target may, to stay."""
Coordinate = Annotated[float, msgspec.Meta(ge=-1.0, le=1.0)]
Zone = Annotated[float, msgspec.Meta(ge=0.02, le=1.0)]
Words = Annotated[str, msgspec.Meta(max_length=60)]
MINUTES_MAX = 240.0


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a plan is made of."""


class PathPoint(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point to be at, and when: 0 is the phase's beginning, 1 its end."""

    at: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    valence: Coordinate
    arousal: Coordinate


class PhaseLayout(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One phase. Its length is `minutes`, or a `share` of what phases with minutes leave of the session.

    A baseline without either is as long as the estimate needs a rest.
    """

    kind: Phase
    name: Words = ""
    """What the therapist calls it; empty: as its kind."""
    minutes: Annotated[float, msgspec.Meta(gt=0.0, le=MINUTES_MAX)] | None = None
    share: Annotated[float, msgspec.Meta(gt=0.0, le=1000.0)] | None = None
    silent: bool = False
    """Whether nothing sounds in it."""
    course: Course | None = None
    """None: `steps` in the iso order, `straight` in the compensatory one."""
    points: Annotated[tuple[PathPoint, ...], msgspec.Meta(max_length=100)] = ()
    """Its path; none: rest, the listener's own state, the way to the goal, or the goal, after its kind."""


class PlanGoal(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The goal of this plan, inside the prescription's; what is missing is as it is prescribed."""

    valence: Coordinate | None = None
    arousal: Coordinate | None = None
    valence_side: Side | None = None
    arousal_side: Side | None = None
    zone: Zone | None = None


class PlanLayout(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan file, or the table `[plan]` of prescription.toml, says."""

    name: Words = ""
    order: Order = "iso"
    goal: PlanGoal = PlanGoal()
    limits: dict[str, int | float] = {}
    """Limits of the prescription, by name, that this plan tightens."""
    phase: Annotated[tuple[PhaseLayout, ...], msgspec.Meta(max_length=40)] = ()
    """None: the phases of its order, scaled to the session."""

    @property
    def phases(self) -> tuple[PhaseLayout, ...]:
        """The phases that are meant."""
        return self.phase or PHASES[self.order]


PHASES: dict[Order, tuple[PhaseLayout, ...]] = {
    "iso": (
        PhaseLayout(kind="baseline"),
        PhaseLayout(kind="match", share=3.0),
        PhaseLayout(kind="shift", share=11.0),
        PhaseLayout(kind="hold", share=4.5),
        PhaseLayout(kind="cool-down", share=2.0),
    ),
    "compensatory": (
        PhaseLayout(kind="baseline"),
        PhaseLayout(kind="shift", share=3.0),
        PhaseLayout(kind="hold", share=15.5),
        PhaseLayout(kind="cool-down", share=2.0),
    ),
}
"""The shares are minutes in a session of about 22: our synthesis of device-supported trials, scaled to any length."""
