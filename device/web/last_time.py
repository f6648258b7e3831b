"""What happened last time, in a sentence or two for the listener: from the summary of their newest session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from device.config import DeviceConfig
from device.errors import IsotoneError
from device.listeners.names import normal
from device.listeners.ratings import of_session
from device.listeners.store import FILE, open_store
from device.sessions.listing import show

LOOKED_MAX = 8
"""Newest sessions that are looked into for one of this listener."""
FORMS = {"en": "{d} {month} {y}", "de": "{d}. {month} {y}", "fr": "{d} {month} {y}", "es": "{d} de {month} de {y}"}
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
ENDS = {"whole": "last-whole", "stopped": "last-stopped"}


def last_time(config: DeviceConfig, listener: str, words: Mapping[str, str], language: str) -> str:
    """The sentence; that it is the first time where no session of theirs is kept."""
    root = Path(config.session.directory)
    folders = sorted(root.iterdir(), reverse=True)[:LOOKED_MAX] if root.is_dir() else []
    for folder in folders:
        try:
            told = show(folder)
        except (IsotoneError, OSError):
            continue
        if normal(told["listener"]) == normal(listener) and told["ended"] != "plays":
            return _sentence(told["session_id"], told, config, listener, words, language)
    return words["last-none"]


def _sentence(
    session: str,
    told: Mapping[str, object],
    config: DeviceConfig,
    listener: str,
    words: Mapping[str, str],
    language: str,
) -> str:
    length = told.get("duration_s", 0.0)
    minutes = round((length if isinstance(length, int | float) else 0.0) / 60)
    form = words[ENDS.get(str(told["ended"]), "last-other")]
    sentence = form.format(day=_day(session, language), minutes=minutes)
    before, after = _tension(config, listener, session)
    if before is None or after is None:
        return sentence
    return f"{sentence} {words['last-felt'].format(before=round(before), after=round(after))}"


def _day(session: str, language: str) -> str:
    """The day a session began, as its name tells."""
    try:
        day = dt.datetime.strptime(session[:8], "%Y%m%d").replace(tzinfo=dt.UTC)
    except ValueError:
        return session[:8]
    return FORMS[language].format(d=day.day, month=MONTHS[language].split()[day.month - 1], y=day.year)


def _tension(config: DeviceConfig, listener: str, session: str) -> tuple[float | None, float | None]:
    """How tense they said they were before and after it."""
    folder = Path(config.listeners.directory)
    try:
        if not (folder / FILE).exists():
            return None, None
        with open_store(folder) as store:
            person = store.find(listener)
            told = of_session(store, person, session) if person else {"before": {}, "after": {}}
    except IsotoneError:
        return None, None
    return told["before"].get("tension"), told["after"].get("tension")
