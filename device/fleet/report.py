"""What a box tells its clinic of itself, field by field: nothing that was measured of a person, nor guessed of one."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from device.fleet.layout import Name
from device.messages import UNDECODABLE, BoxState, BoxStatus, Exposure

REPORT_BYTES_MAX = 4096
WORDED_MAX = 160
DoseState = Literal["unknown", "inside", "softer", "used up"]
USED_UP_PERCENT = 100.0
SOFTER_DB = -1.0
"""A limit that takes away less than this is not told to the listener either (`HearingGuard`)."""
Phase = Literal["", "fetching", "waiting", "installing", "trial", "good", "failed", "refused"]
"""How far an update that was offered has come: tried, kept, left again, or not taken."""
Word = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[\x20-\x7e]*\Z")]
Sentence = Annotated[str, msgspec.Meta(max_length=WORDED_MAX, pattern=r"^[\x20-\x7e]*\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class FleetReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a box is. Who listens on it, and what its sensors and models say, has no field."""

    name: Name
    group: Name = "all"
    version: Word = ""
    state: BoxState | Literal["silent"] = "silent"
    """`silent`: the fleet's agent runs and the box does not."""
    code: Word = ""
    """Digits that the box also blinks or says where it needs help."""
    disk_free_mb: Count = 0
    dose: DoseState = "unknown"
    """Of the last session, in a word."""
    n_sessions: Count = 0
    """Of the last two hundred that began."""
    n_broken: Count = 0
    """Of those, how many a fault or a power cut ended."""
    told_utc: Word = ""
    rollout: Word = ""
    """The offer that the next three tell of; empty: none was made."""
    before: Word = ""
    """The version that ran when it was made."""
    update: Phase = ""
    why: Sentence = ""
    """Why it was refused."""


def worded(sentence: str) -> str:
    """A sentence as it may be told: in ASCII, and no longer than it may be."""
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in sentence)
    return plain if len(plain) <= WORDED_MAX else f"{plain[: WORDED_MAX - 3]}..."


def dose_state(exposure: Exposure) -> DoseState:
    """A figure of hearing as one word."""
    if exposure.dose_percent >= USED_UP_PERCENT:
        return "used up"
    if exposure.limit_db < SOFTER_DB:
        return "softer"
    return "inside" if exposure.dose_percent >= 0.0 else "unknown"


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the newest offer, as a box keeps it."""

    form: int = 1
    rollout: str = ""
    release: str = ""
    before: str = ""
    """The version that ran when it was made."""
    phase: Phase = ""
    why: str = ""
    """A refusal in words."""


class Reporter:
    """Keeps what was heard of the box; `silent` tells that nothing was for too long."""

    def __init__(self, name: str, group: str, version: str) -> None:
        self._report = FleetReport(name=name, group=group, version=version)

    def hear(self, status: BoxStatus | Exposure) -> None:
        if isinstance(status, Exposure):
            self._report = msgspec.structs.replace(self._report, dose=dose_state(status))
        else:
            self._report = msgspec.structs.replace(self._report, state=status.state, code=status.code)

    def silent(self) -> None:
        self._report = msgspec.structs.replace(self._report, state="silent", code="")

    def renew(self, version: str, memory: Memory) -> None:
        """Which version there is, and how an update stands."""
        self._report = msgspec.structs.replace(
            self._report,
            version=version or self._report.version,
            rollout=memory.rollout,
            before=memory.before,
            update=memory.phase,
            why=memory.why,
        )

    def report(self, disk_free_mb: int, n_sessions: int, n_broken: int) -> FleetReport:
        """How the box is now; when it was told is added as it is sent."""
        return msgspec.structs.replace(
            self._report, disk_free_mb=disk_free_mb, n_sessions=n_sessions, n_broken=n_broken
        )


def read_report(name: str, payload: bytes) -> FleetReport | None:
    """What a broker gave under a box's name; None: it is no report, or another's."""
    if len(payload) > REPORT_BYTES_MAX:
        return None
    try:
        report = msgspec.json.decode(payload, type=FleetReport)
    except UNDECODABLE:
        return None
    return report if report.name == name else None
