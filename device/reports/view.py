"""A report in words: what page and paper show, in the same order and the same sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from device.reports import charts
from device.reports import document as d
from device.reports.words import WORDS, Phrases

WISHES_MAX, REMARKS_MAX, PROBLEMS_MAX, GAPS_MAX = 12, 9, 5, 3
TEXT_MAX, ITEM_MAX, NOTE_MAX, WISH_MAX = 110, 240, 420, 60
"""Two pages hold so much; the machine file has all of it."""


class Row(NamedTuple):
    name: str
    text: str


class Table(NamedTuple):
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: str = ""
    """What else is to be said: that there is more, or nothing."""


class Picture(NamedTuple):
    title: str
    svg: str


class SessionView(NamedTuple):
    title: str
    listener: str
    head: tuple[Row, ...]
    short: tuple[str, ...]
    course: Picture
    valence: Picture
    legend: tuple[Row, ...]
    """Sign and meaning."""
    tempo: Picture
    loudness: Picture
    time: str
    before_after: Table
    figures: tuple[Row, ...]
    guideline: tuple[Row, ...]
    played: tuple[Row, ...]
    sound: tuple[Row, ...]
    signals: Table
    wishes: Table
    remarks: Table
    problems: Table | None
    note: Row | None
    versions: str
    untold: str
    """How to tell what the guideline asks and nobody told; empty: all is told."""


class TrendView(NamedTuple):
    title: str
    caution: str
    pictures: tuple[Picture, ...]
    sessions: Table
    intervals: Table


class ReportView(NamedTuple):
    language: str
    title: str
    no_claim: str
    as_recorded: str
    page: str
    titles: dict[str, str]
    sessions: tuple[SessionView, ...]
    trend: TrendView | None
    made_by: str


TITLES = ("in_short", "figures", "guideline", "played", "sound")


def view_of(report: d.Report) -> ReportView:
    """The report in the words of its language."""
    words = Phrases(report.language)
    return ReportView(
        language=report.language, title=words("title" if len(report.sessions) == 1 else "titles"),
        no_claim=words("no_claim"), as_recorded=words("as_recorded"), page=words("page"),
        titles={key: words(key) for key in TITLES},
        sessions=tuple(_session(session, report.about, words) for session in report.sessions),
        trend=_trend(report.trend, words) if report.trend else None, made_by=f"isotone {report.isotone}",
    )  # fmt: skip


def _session(session: d.SessionReport, about: d.About, words: Phrases) -> SessionView:
    wishes = [
        (words.clock(wish.at_s), words(wish.author), _short(wish.wish, WISH_MAX), _short(wish.answer, WISH_MAX))
        for wish in session.overrides
    ]
    remarks = [(words.clock(item.at_s), _short(item.text)) for item in (*session.faults, *session.remarks)]
    problems = [(_short(problem),) for problem in session.problems]
    return SessionView(
        title=words("title"), listener=session.listener or words("not_told"), head=_head(session, about, words),
        short=tuple(_in_short(session, words)),
        course=Picture(words("course"), charts.feeling(session, words, "arousal")),
        valence=Picture(words("valence_course"), charts.feeling(session, words, "valence")),
        legend=(Row("target", words("target")), Row("estimate", words("estimate")), Row("told", words("told"))),
        tempo=Picture(words("tempo"), charts.played(session, words, "tempo")),
        loudness=Picture(words("loudness"), charts.played(session, words, "loudness")), time=words("time"),
        before_after=_before_after(session.scale, words), figures=_figures(session, words),
        guideline=tuple(
            Row(words(item.key), _short(item.text, ITEM_MAX) or words("not_told")) for item in session.guideline
        ),
        played=_played(session, words), sound=_sound(session.sound, words), signals=_signals(session, words),
        wishes=_table("overrides", ("at", "who", "what", "answer"), wishes, WISHES_MAX, words),
        remarks=_table("remarks", ("at", "what"), remarks, REMARKS_MAX, words),
        problems=_table("problems", ("what",), problems, PROBLEMS_MAX, words) if problems else None,
        note=Row(words("note"), _short(about.note, NOTE_MAX)) if about.note else None,
        untold="" if all(item.text for item in session.guideline) else words("give_about"),
        versions=" · ".join(f"{name} {value}" for name, value in session.versions.items()),
    )  # fmt: skip


def _head(session: d.SessionReport, about: d.About, words: Phrases) -> tuple[Row, ...]:
    began = session.began_utc.replace("T", " ").removesuffix("Z")
    when = f"{began[:16]} ({words('by_box_clock')})" if began else words("not_told")
    people = (Row(words("led_by"), _short(about.interventionist)), Row(words("clinic"), _short(about.clinic)))
    return (Row(words("began"), when), Row(words("session"), session.session_id), *(row for row in people if row.text))


def _in_short(session: d.SessionReport, words: Phrases) -> list[str]:
    """What a relative wants to know, in whole sentences."""
    minutes, planned = words.number(session.lasted_s / 60, 0), words.number(session.planned_s / 60, 0)
    said = [words("lasted", minutes=minutes, planned=planned, ended=words(session.ended))]
    tempo = session.music.tempo_bpm
    if tempo:
        first, last = words.number(tempo.first, 0), words.number(tempo.last, 0)
        said.append(words("heard_music", bars=session.music.bars, first=first, last=last))
    else:
        said.append(words("no_music"))
    said.append(_told(session, words))
    people = Counter(words(wish.author) for wish in session.overrides)
    who = ", ".join(f"{name} {count}" for name, count in people.most_common())
    n = len(session.overrides)
    said.append(words("wished", n=n, who=who) if n else words("wished_nothing"))
    if session.stops:
        said.append(words("sound_stopped", n=len(session.stops)))
    if session.sound.mean_dba is not None:
        said.append(words("at_the_ear", mean=words.number(session.sound.mean_dba, 0)) + _dose(session.sound, words))
    return [*said, words("not_whole")] if session.problems else said


def _dose(sound: d.Sound, words: Phrases) -> str:
    before, after = sound.dose_before_percent, sound.dose_after_percent
    if before is None or after is None:
        return ""
    return words("dose_added", added=words.number(after - before, 2), dose=words.number(after, 1))


def _told(session: d.SessionReport, words: Phrases) -> str:
    scale = session.scale
    if scale.before is None:
        return words("said_nothing")
    before = words.number(scale.before.arousal, 2, sign=True)
    if scale.after is None:
        return words("said_once", before=before)
    return words("said", n=len(session.told), before=before, after=words.number(scale.after.arousal, 2, sign=True))


def _before_after(scale: d.Scale, words: Phrases) -> Table:
    def row(name: str, axis: str, change: float | None) -> tuple[str, ...]:
        values = [getattr(told, axis) if told else None for told in (scale.before, scale.after)]
        return (
            words(name),
            *(words.number(value, 2, sign=True) for value in values),
            words.number(change, 2, sign=True),
        )

    when = [f" ({words.clock(told.at_s)})" if told else "" for told in (scale.before, scale.after)]
    head = ("", words("before") + when[0], words("after") + when[1], words("change"))
    rows = (row("tension", "arousal", scale.arousal_change), row("agreeable", "valence", scale.valence_change))
    return Table(words("before_after"), head, rows)


def _figures(session: d.SessionReport, words: Phrases) -> tuple[Row, ...]:
    goal = session.goal
    told = f"{words.number(goal.valence, 1, sign=True)}, {words.number(goal.arousal, 1, sign=True)}" if goal else "–"
    return (
        Row(words("goal"), told),
        Row(words("estimate_known"), words.percent(session.known_share)),
        Row(words("in_zone"), words.percent(session.in_zone_share)),
        Row(words("distance"), words.number(session.distance, 2)),
    )


def _played(session: d.SessionReport, words: Phrases) -> tuple[Row, ...]:
    music = session.music
    tempo = music.tempo_bpm
    tempi = f"{tempo.first:.0f} → {tempo.last:.0f} ({tempo.low:.0f}–{tempo.high:.0f})" if tempo else "–"
    counts = " / ".join(map(str, (music.bars, music.rests, music.substituted, music.guarded)))
    return (
        Row(words("keys"), _shares(music.keys[:6], words)),
        Row(words("instruments"), ", ".join(music.instruments[:6]) or "–"),
        Row(words("tempi"), tempi),
        Row(words("bars"), counts),
        Row(words("decided"), _shares(session.decided_by, words)),
    )


def _shares(shares: Sequence[d.Share], words: Phrases) -> str:
    told = (
        f"{words(share.name) if share.name in WORDS else share.name} {words.percent(share.share)}" for share in shares
    )
    return ", ".join(told) or "–"


def _sound(sound: d.Sound, words: Phrases) -> tuple[Row, ...]:
    number = words.number
    return (
        Row(words("headphones"), sound.headphones or words("not_told")),
        Row(words("levels"), f"{number(sound.mean_dba, 0)} / {number(sound.loudest_dba, 0)} dB(A)"),
        Row(words("dose"), f"{number(sound.dose_before_percent, 2)} / {number(sound.dose_after_percent, 2)} %"),
        Row(words("softened"), f"{number(-sound.softened_db, 1)} dB"),
        Row(words("lufs"), f"{number(sound.integrated_lufs, 1)} LUFS / {number(sound.true_peak_dbtp, 1)} dBTP"),
        Row(words("underruns"), f"{sound.underruns} / {sound.late_bars}"),
    )


def _signals(session: d.SessionReport, words: Phrases) -> Table:
    rows = [
        (
            source.name, words.percent(source.quality), words.percent(source.coverage),
            words.percent(source.lost / (source.samples + source.lost) if source.samples + source.lost else None),
            _gaps(source.gaps, words),
        )
        for source in session.sources[:6]
    ]  # fmt: skip
    return _table("signals", ("", "quality", "usable", "lost", "gaps"), rows, 6, words)


def _gaps(gaps: Sequence[d.Span], words: Phrases) -> str:
    told = [f"{words.clock(gap.begins_s)}–{words.clock(gap.ends_s)}" for gap in gaps[:GAPS_MAX]]
    more = [f"+{len(gaps) - GAPS_MAX}"] if len(gaps) > GAPS_MAX else []
    return ", ".join([*told, *more]) or words("none")


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], longest: int, words: Phrases) -> Table:
    more = words("more", n=len(rows) - longest) if len(rows) > longest else ""
    below = more if rows else words("none")
    return Table(words(title), tuple(words(name) if name else "" for name in head), tuple(rows[:longest]), below)


def _short(text: str, longest: int = TEXT_MAX) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def _trend(trend: d.Trend, words: Phrases) -> TrendView:
    number = words.number
    names = ("distance", "told_change", "dose_percent")
    rows = [
        (
            str(place), item.began_utc[:10] or "–", number(item.minutes, 0), number(item.distance, 2),
            number(item.told_change, 2, sign=True), number(item.dose_percent, 1),
        )
        for place, item in enumerate(trend.outcomes, start=1)
    ]  # fmt: skip
    intervals = [
        (
            words(item.measure), str(item.sessions), _between(item.mean, item.mean_low, item.mean_high, words),
            _between(item.slope, item.slope_low, item.slope_high, words),
        )
        for item in trend.intervals
    ]  # fmt: skip
    pictures = tuple(
        Picture(words(name), charts.trend(trend, words, name))
        for name in names
        if any(getattr(item, name) is not None for item in trend.outcomes)
    )
    return TrendView(
        words("trend"), words("trend_caution"), pictures,
        _table("sessions", ("session", "began", "minutes", *names), rows, 24, words),
        _table("figures", ("", "sessions", "mean", "slope"), intervals, 6, words),
    )  # fmt: skip


def _between(value: float | None, low: float | None, high: float | None, words: Phrases) -> str:
    if value is None:
        return "–"
    shown = words.number(value, 3, sign=True)
    return f"{shown} ({words.number(low, 3, sign=True)} … {words.number(high, 3, sign=True)})"


def as_data(view: Any) -> Any:
    """The same as dicts and lists, for a template."""
    if isinstance(view, tuple) and hasattr(view, "_asdict"):
        return {key: as_data(value) for key, value in view._asdict().items()}
    if isinstance(view, dict):
        return {key: as_data(value) for key, value in view.items()}
    return [as_data(value) for value in view] if isinstance(view, list | tuple) else view
