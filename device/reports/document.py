"""The report as one structure, made once from what was recorded: page, paper and machine file show the same.

Times are seconds since the music began. What is not known is None, and never guessed.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from device.messages import Language

VERSION = 1
"""Raise it when a field is renamed, removed or means something else."""
Words = Annotated[str, msgspec.Meta(max_length=2000)]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what a report is made of."""


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only people know of a session, as `--about FILE` (TOML) tells it; empty: it was not told."""

    clinic: Words = ""
    interventionist: Words = ""
    """Who led it, and their qualification."""
    theory: Words = ""
    """Why this music should serve this person."""
    chosen_by: Words = ""
    strategies: Words = ""
    """What else was done: talk, breathing, imagery."""
    materials: Words = ""
    schedule: Words = ""
    """How many sessions, how often, for how long."""
    fidelity: Words = ""
    """How it was seen that the session went as meant."""
    setting: Words = ""
    unit: Words = ""
    """One person or a group."""
    note: Words = ""
    """The therapist's own words."""


class Point(Part, frozen=True, kw_only=True):
    """Where the plan wanted the listener, and where they seemed to be."""

    at_s: float
    target_arousal: float | None = None
    target_valence: float | None = None
    arousal: float | None = None
    arousal_sd: float | None = None
    valence: float | None = None
    valence_sd: float | None = None


class Bar(Part, frozen=True, kw_only=True):
    """What was really played, bar by bar."""

    at_s: float
    tempo_bpm: float
    loudness_db: float
    rests: bool


class Told(Part, frozen=True, kw_only=True):
    """What the listener said of themselves: -1 calm to 1 tense, -1 unpleasant to 1 pleasant."""

    at_s: float
    arousal: float
    valence: float | None = None


class Span(Part, frozen=True, kw_only=True):
    name: str
    begins_s: float
    ends_s: float


class Override(Part, frozen=True, kw_only=True):
    """A wish of a person."""

    at_s: float
    author: str
    wish: str
    answer: str = ""
    """`taken`, `queued` or `refused`, and why."""


class Happened(Part, frozen=True, kw_only=True):
    at_s: float | None
    text: str


class Share(Part, frozen=True, kw_only=True):
    """A key, an instrument or a decider, and its share of the bars."""

    name: str
    share: float


class Range(Part, frozen=True, kw_only=True):
    first: float
    last: float
    low: float
    high: float


class Music(Part, frozen=True, kw_only=True):
    bars: int
    notes: int
    rests: int
    substituted: int
    """Bars of the phrasebook in place of one that was not there in time."""
    guarded: int
    """Bars in which the guard changed something."""
    tempo_bpm: Range | None
    loudness_db: Range | None
    keys: tuple[Share, ...]
    instruments: tuple[str, ...]
    generators: tuple[str, ...]


class Sound(Part, frozen=True, kw_only=True):
    """Levels at the ear are estimates."""

    headphones: str
    mean_dba: float | None
    loudest_dba: float | None
    dose_before_percent: float | None
    dose_after_percent: float | None
    integrated_lufs: float | None
    true_peak_dbtp: float | None
    softened_db: float
    """How much softer the music was made for the ears' sake, at most."""
    underruns: int
    late_bars: int


class Source(Part, frozen=True, kw_only=True):
    name: str
    quality: float | None
    coverage: float | None
    samples: int
    lost: int
    gaps: tuple[Span, ...]


class Scale(Part, frozen=True, kw_only=True):
    """The first and the last word of the listener; the change is last less first."""

    before: Told | None = None
    after: Told | None = None
    arousal_change: float | None = None
    valence_change: float | None = None


class Item(Part, frozen=True, kw_only=True):
    """An item of the reporting guidelines for music-based interventions; empty: nobody told it."""

    key: str
    text: str


class Goal(Part, frozen=True, kw_only=True):
    valence: float
    arousal: float
    zone: float


class SessionReport(Part, frozen=True, kw_only=True):
    session_id: str
    listener: str
    began_utc: str
    """ISO 8601, by the box's clock; empty: it is not told."""
    planned_s: float
    lasted_s: float
    ended: str
    """`whole`, `stopped`, `cut off` or `by a fault`."""
    goal: Goal | None
    plan: str
    phases: tuple[Span, ...]
    course: tuple[Point, ...]
    played: tuple[Bar, ...]
    told: tuple[Told, ...]
    scale: Scale
    known_share: float | None
    """Share of the time in which the estimate knew something."""
    in_zone_share: float | None
    """Of the time in shift and hold in which it did: the share within the goal's zone."""
    distance: float | None
    """Mean distance of arousal from the goal in shift and hold; 0: it was met."""
    decided_by: tuple[Share, ...]
    music: Music
    sound: Sound
    sources: tuple[Source, ...]
    overrides: tuple[Override, ...]
    stops: tuple[Override, ...]
    faults: tuple[Happened, ...]
    remarks: tuple[Happened, ...]
    guideline: tuple[Item, ...]
    versions: dict[str, str]
    problems: tuple[str, ...]
    """What is wrong with the recording; empty: it is whole."""


class Interval(Part, frozen=True, kw_only=True):
    """A mean over sessions and its change from one session to the next, with 95 % intervals (Student's t)."""

    measure: str
    sessions: int
    mean: float
    mean_low: float | None
    mean_high: float | None
    slope: float | None
    slope_low: float | None
    slope_high: float | None


class Outcome(Part, frozen=True, kw_only=True):
    """One session in the trend; every measure may be unknown."""

    session_id: str
    began_utc: str
    minutes: float
    distance: float | None
    told_change: float | None
    dose_percent: float | None


class Trend(Part, frozen=True, kw_only=True):
    outcomes: tuple[Outcome, ...]
    intervals: tuple[Interval, ...]


class Report(Part, frozen=True, kw_only=True):
    version: int = VERSION
    language: Language
    isotone: str
    """The release that made the report."""
    about: About
    sessions: tuple[SessionReport, ...]
    trend: Trend | None
    """None for a single session."""
