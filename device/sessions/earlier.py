"""The listener's rest (and last mood) as earlier sessions left it, partly forgotten: what a new session begins with.

A resting person of today is not quite that of last week, nor are the electrodes where they were: on people with several
recordings (Muse, 15 pairs of sessions of 4 people) the mean of a feature moves between sessions by 0.45 of the variance
that lies between people, whose word is worth 2 s. So an earlier session, however long, is worth `SESSION_WORTH_S` of
today's rest; worth ten it would mislead a listener whose electrodes sit elsewhere (`export.affect.carried`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from device.errors import RecordingError
from device.messages import PersonalBaseline
from device.sessions.listing import SessionInfo, list_sessions
from device.sessions.reader import SessionReader

ANYBODY = "guest"
"""A name that many share: nothing is carried for it."""
HALF_LIFE_DAYS = 7.0
SESSION_WORTH_S = 5.0
"""Words on valence are carried too and count reports where rest counts seconds: no more than five of them."""
SESSIONS_MAX = 3
"""Of those that tell a rest; further back nothing is looked for."""
LOOKED_MAX = 12
"""Sessions that are looked into: most tell a rest, an aborted one does not."""
AHEAD_DAYS_MAX = 1.0
"""A session may begin so much later than now: clocks are set, and time zones mistaken."""
SEGMENTS_MAX = 3
"""Of a session's log, from its end; each holds a minute, and the rest is told every minute."""
BEGAN_FORMAT = "%Y%m%dT%H%M%SZ"


class Earlier(NamedTuple):
    """What earlier sessions tell, and sentences on where it comes from or why it was passed over."""

    baselines: tuple[PersonalBaseline, ...] = ()
    sentences: tuple[str, ...] = ()


def recall_rest(root: Path, listener: str, now: dt.datetime) -> Earlier:
    """The newest rest of each source and model of `listener` in the sessions under `root`, as much as is not forgotten.

    A session that is torn, damaged or none at all is passed over, and hides none behind it.
    """
    if listener == ANYBODY:
        return Earlier()
    found: dict[tuple[str, str], PersonalBaseline] = {}
    sentences: list[str] = []
    n_telling = 0
    for age_days, info in _by_age(root, listener, now, sentences)[:LOOKED_MAX]:
        try:
            rests = list(_rests(info, age_days))
        except RecordingError as error:
            sentences.append(f"The earlier session {info.session_id} was passed over: {error}")
            continue
        told = {(rest.source, rest.model): rest for rest in rests}
        new = told.keys() - found.keys()
        found = told | found
        sentences.extend(f"{source} ({model}): known from session {info.session_id}." for source, model in sorted(new))
        n_telling += bool(rests)
        if n_telling == SESSIONS_MAX:
            break
    return Earlier(tuple(found.values()), tuple(sentences))


def _by_age(root: Path, listener: str, now: dt.datetime, sentences: list[str]) -> list[tuple[float, SessionInfo]]:
    """The listener's sessions with their ages in days, newest first.

    A clock that was wrong, then or now, dates sessions into the future; those come last and count as a week old, so
    that they hide no other. A session whose name tells no date is passed over.
    """
    aged: list[tuple[bool, float, SessionInfo]] = []
    for info in list_sessions(root):
        if info.listener != listener:
            continue
        try:
            began = dt.datetime.strptime(info.began, BEGAN_FORMAT).replace(tzinfo=dt.UTC)
        except ValueError as error:
            sentences.append(f"The earlier session {info.session_id} was passed over: {error}")
            continue
        age_days = (now - began).total_seconds() / 86_400
        if age_days < -AHEAD_DAYS_MAX:
            sentences.append(f"The session {info.session_id} is dated in the future; it counts as a week old.")
            aged.append((True, HALF_LIFE_DAYS, info))
        else:
            aged.append((False, max(0.0, age_days), info))
    # Those of one age stay as listed, the last name first.
    return [(age_days, info) for _, age_days, info in sorted(aged, key=lambda item: item[:2])]


def _rests(info: SessionInfo, age_days: float) -> Iterator[PersonalBaseline]:
    """What was told last comes last."""
    for rest in SessionReader(Path(info.folder)).last("baselines", SEGMENTS_MAX):
        if isinstance(rest, PersonalBaseline) and _is_sane(rest):
            yield forget(rest, age_days)


def _is_sane(rest: PersonalBaseline) -> bool:
    rows = (rest.mean, rest.sd, rest.weight_s)
    fits = all(len(row) == len(rest.names) and all(map(math.isfinite, row)) for row in rows)
    return fits and all(weight >= 0 for weight in rest.weight_s)


def forget(rest: PersonalBaseline, age_days: float) -> PersonalBaseline:
    """The same rest, worth less: by what changes from one session to the next, and by half each week."""
    kept = 0.5 ** (age_days / HALF_LIFE_DAYS)
    weight_s = tuple(kept * seconds * SESSION_WORTH_S / (seconds + SESSION_WORTH_S) for seconds in rest.weight_s)
    return msgspec.structs.replace(rest, t_ns=0, weight_s=weight_s)
