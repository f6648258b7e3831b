"""What a trial is going to test, written down before its first session: outcomes, hypotheses, arms, size, analysis."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec

from device.config import Config
from device.trial_layout import Condition
from device.trials.schedule import PAIRS

Arm = Literal["playlist", "rules", "fixed", "adaptive"]
"""`playlist`: given audio files. `rules`: the composer by rules, along the plan. `fixed`: the configured composer along
the plan. `adaptive`: the same, led by the policy."""
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[^\s,;\"']{1,40}$")]


class Outcome(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Words
    better: Literal["higher", "lower"]
    primary: bool = False
    """The one by which the trial is judged."""


class Registration(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`registration.toml`."""

    title: Words
    design: Literal["blocks", "groups"]
    """`blocks`: each listener hears all conditions, in blocks of a session. `groups`: each has one arm."""
    hypotheses: Annotated[tuple[Words, ...], msgspec.Meta(min_length=1, max_length=20)]
    outcomes: Annotated[tuple[Outcome, ...], msgspec.Meta(min_length=1, max_length=20)]
    analysis: Words
    sample_size: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    """Listeners."""
    sessions: Annotated[int, msgspec.Meta(ge=1, le=365)] = 12
    """Sessions of each."""
    minutes: Annotated[float, msgspec.Meta(ge=1.0, le=240.0)] = 24.0
    """Length of a session."""
    pairs: Annotated[int, msgspec.Meta(ge=1, le=50)] = PAIRS
    """`blocks`: pairs of an adaptive block and another in a session."""
    conditions: Annotated[tuple[Condition, ...], msgspec.Meta(min_length=2)] = (
        "adaptive", "yoked", "static", "silence",
    )  # fmt: skip
    arms: tuple[Arm, ...] = ()
    """`groups`: at least two."""
    strata: Annotated[tuple[Name, ...], msgspec.Meta(max_length=50)] = ()
    """`groups`: strata within which listeners are allotted apart, such as sites."""
    shuffled: Annotated[tuple[Annotated[int, msgspec.Meta(ge=1, le=20)], ...], msgspec.Meta(min_length=1)] = (1, 2)
    """`groups`: arms are shuffled in sets that have each arm so many times; which of these sizes is left to chance."""
    playlist: Annotated[tuple[Words, ...], msgspec.Meta(max_length=1000)] = ()
    """Audio files of the arm `playlist`: WAV, named from the registration's folder."""

    def __post_init__(self) -> None:
        if sum(outcome.primary for outcome in self.outcomes) != 1:
            raise ValueError("exactly one of the outcomes is primary")
        if self.design == "groups" and len(set(self.arms)) < 2:
            raise ValueError("a trial with groups has at least two arms")
        if len(set(self.arms)) < len(self.arms) or len(set(self.strata)) < len(self.strata):
            raise ValueError("an arm and a stratum are named once")
        if self.design == "blocks" and (self.arms or self.strata):
            raise ValueError("a trial in blocks has conditions, neither arms nor strata")
        if "adaptive" not in self.conditions or len(set(self.conditions)) < len(self.conditions):
            raise ValueError("adaptive is one of the conditions, and each is named once")
        if ("playlist" in self.arms) != bool(self.playlist):
            raise ValueError("the arm playlist has files, and files are for that arm")


def fingerprint(text: bytes) -> str:
    """What a registration is held against: SHA-256 of its bytes."""
    return hashlib.sha256(text).hexdigest()
