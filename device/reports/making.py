"""Makes a report of recorded sessions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from device import __version__
from device.errors import RecordingError
from device.messages import Language
from device.reports.document import About, Report
from device.reports.session import report_session
from device.reports.trend import trend_of
from device.reports.words import Phrases
from device.sessions.reader import SessionReader


def make_report(folders: Iterable[Path], about: About, language: Language) -> Report:
    """Read the sessions one after another and say what they were.

    Raises:
        RecordingError: a folder is no session, one is given twice, or they are of several listeners.
    """
    words = Phrases(language)
    sessions = tuple(report_session(SessionReader(folder), about, words) for folder in folders)
    if len({session.session_id for session in sessions}) < len(sessions):
        raise RecordingError("A session is given twice.", "Give each once.")
    if len({session.listener for session in sessions}) > 1:
        raise RecordingError("These sessions are of several listeners.", "Make a report for each of them.")
    return Report(language=language, isotone=__version__, about=about, sessions=sessions, trend=trend_of(sessions))
