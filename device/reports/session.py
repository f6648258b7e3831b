"""Gathers what a recorded session tells for its report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from device import messages as m
from device.config import SessionConfig
from device.control.plan.session_plan import plan_of
from device.errors import RecordingError
from device.music.instruments import NAMES
from device.music.keys import key_name
from device.reports import document as d
from device.reports.guideline import items_of
from device.reports.words import Phrases
from device.sessions.blocks import outcome_of
from device.sessions.history import History
from device.sessions.reader import SessionReader
from device.text import printable

POINTS_MAX = 400
"""Points of the course; a longer session has them further apart."""
BARS_MAX, LIST_MAX, TEXT_MAX = 4000, 400, 300
REFERENCE_PA2 = (20e-6) ** 2
SAID_NOTHING = (m.Start, m.SelfReport)
"""Commands that override nothing."""


def report_session(reader: SessionReader, about: d.About, words: Phrases) -> d.SessionReport:
    """The report of one session; of a damaged one as much as is whole.

    Raises:
        RecordingError: the log may not be looked into.
    """
    history, config = History(reader), _config(reader)
    wishes = list(_overrides(history))
    sound, music = _sound(history), _music(history)
    began = reader.document.began_utc
    told = _told(history)
    return d.SessionReport(
        session_id=_cut(history.session_id), listener=_cut(history.listener),
        began_utc=f"{began:%Y-%m-%dT%H:%M:%SZ}" if began else "",
        planned_s=history.minutes * 60, lasted_s=round(history.duration_s, 1), ended=history.ended(),
        goal=_goal(config), plan=_plan(config),
        phases=tuple(_span(span) for span in history.phases()[:60]), course=tuple(_course(history)),
        played=tuple(_bars(history)), told=told, scale=_scale(told),
        known_share=_share(sum(item.known for item in history.affect), len(history.affect)),
        in_zone_share=outcome_of(history, plan_of(config), "zone") if config else None,
        distance=outcome_of(history, plan_of(config), "distance") if config else None,
        decided_by=_shares(decision.decided_by for decision in history.decisions), music=music, sound=sound,
        sources=tuple(_sources(history)), overrides=tuple(wishes[:LIST_MAX]),
        stops=tuple(wish for wish in wishes if wish.wish.startswith("stop"))[:LIST_MAX],
        faults=tuple(_faults(history)), remarks=tuple(_remarks(history)),
        guideline=items_of(about, config, music, sound, words), versions=_versions(reader, config, history),
        problems=tuple(map(_cut, history.problems[:LIST_MAX])),
    )  # fmt: skip


def _config(reader: SessionReader) -> SessionConfig | None:
    try:
        return reader.config
    except RecordingError:
        return None


def _cut(text: str) -> str:
    return printable(text[:TEXT_MAX])


def _goal(config: SessionConfig | None) -> d.Goal | None:
    if config is None:
        return None
    plan = plan_of(config)
    return d.Goal(valence=plan.goal.valence, arousal=plan.goal.arousal, zone=config.prescription.goal_zone)


def _plan(config: SessionConfig | None) -> str:
    return _cut(config.prescription.plan.name or config.prescription.plan.order) if config else ""


def _span(span: tuple[str, float, float]) -> d.Span:
    name, begins_s, ends_s = span
    return d.Span(name=_cut(name), begins_s=round(begins_s, 1), ends_s=round(ends_s, 1))


def _course(history: History) -> Iterator[d.Point]:
    """The targets and the estimates at even times: the last that was told at each."""
    asked = history.asked()
    end_s = history.duration_s
    step_s = max(1.0, end_s / POINTS_MAX)
    felt = [(history.seconds(item.t_ns), item) for item in history.affect]
    intent = estimate = None
    at_s, i, j = 0.0, 0, 0
    while at_s <= end_s and (asked or felt):
        while i < len(asked) and asked[i][0] <= at_s:
            intent, i = asked[i][1], i + 1
        while j < len(felt) and felt[j][0] <= at_s:
            estimate, j = felt[j][1], j + 1
        yield _point(at_s, intent, estimate)
        at_s += step_s


def _point(at_s: float, intent: m.MusicIntent | None, estimate: m.AffectEstimate | None) -> d.Point:
    point = {"at_s": round(at_s, 1)}
    if intent:
        point |= {"target_arousal": round(intent.target_arousal, 3), "target_valence": round(intent.target_valence, 3)}
    if estimate and estimate.known:
        names = ("arousal", "arousal_sd", "valence", "valence_sd")
        point |= {name: round(getattr(estimate, name), 3) for name in names}
    return d.Point(**point)


def _bars(history: History) -> Iterator[d.Bar]:
    for bar in history.played[:BARS_MAX]:
        at_s = round(history.seconds(bar.t_ns), 1)
        tempo, loudness = round(bar.tempo_bpm, 1), round(bar.loudness_db, 1)
        yield d.Bar(at_s=at_s, tempo_bpm=tempo, loudness_db=loudness, rests=bar.silent)


def _told(history: History) -> tuple[d.Told, ...]:
    said = [command for command in history.commands if isinstance(command, m.SelfReport)]
    return tuple(
        d.Told(at_s=round(history.seconds(word.t_ns), 1), arousal=word.value, valence=word.valence)
        for word in said[:LIST_MAX]
    )


def _scale(told: Sequence[d.Told]) -> d.Scale:
    if len(told) < 2:
        return d.Scale(before=told[0] if told else None)
    before, after = told[0], told[-1]
    both = before.valence is not None and after.valence is not None
    valence = round((after.valence or 0.0) - (before.valence or 0.0), 3) if both else None
    change = round(after.arousal - before.arousal, 3)
    return d.Scale(before=before, after=after, arousal_change=change, valence_change=valence)


def _shares(names: Iterator[str]) -> tuple[d.Share, ...]:
    counts = Counter(names)
    whole = sum(counts.values())
    return tuple(d.Share(name=_cut(name), share=round(n / whole, 3)) for name, n in counts.most_common(12))


def _music(history: History) -> d.Music:
    played = history.played
    keys = zip(played, history.keys(), strict=False)
    programs = Counter((voice, program) for bar in played for voice, program in bar.programs.items())
    voices = {voice for bar in played for voice in {note.voice for note in bar.notes}}
    return d.Music(
        bars=len(played), notes=sum(len(bar.notes) for bar in played), rests=sum(bar.silent for bar in played),
        substituted=sum(bool(bar.fallback) for bar in played), guarded=sum(bool(bar.guarded) for bar in played),
        tempo_bpm=_range([bar.tempo_bpm for bar in played]), loudness_db=_range([bar.loudness_db for bar in played]),
        keys=_shares(key_name(tonic, mode) for bar, (tonic, mode) in keys if bar.notes),
        instruments=tuple(
            dict.fromkeys(f"{_cut(voice)}: {NAMES[number]}" for (voice, number), _ in programs.most_common(24)
                          if voice in voices)
        )[:12],
        generators=tuple(map(_cut, sorted({bar.generator for bar in played if not bar.silent})[:12])),
    )  # fmt: skip


def _range(values: Sequence[float]) -> d.Range | None:
    if not values:
        return None
    first, last, low, high = (round(value, 1) for value in (values[0], values[-1], min(values), max(values)))
    return d.Range(first=first, last=last, low=low, high=high)


def _sound(history: History) -> d.Sound:
    reports, heard = history.reports, history.exposures
    levels = [exposure.laeq_dba for exposure in heard if exposure.laeq_dba is not None]
    pa2 = heard[-1].session_pa2h / (heard[-1].heard_s / 3600.0) if heard and heard[-1].heard_s > 0 else 0.0
    doses = [exposure.dose_percent for exposure in heard if exposure.dose_percent >= 0]
    return d.Sound(
        headphones=_cut(heard[-1].headphones) if heard else "",
        mean_dba=round(10.0 * math.log10(pa2 / REFERENCE_PA2), 1) if pa2 > 0 else None,
        loudest_dba=round(max(levels), 1) if levels else None,
        dose_before_percent=round(doses[0], 2) if doses else None,
        dose_after_percent=round(doses[-1], 2) if doses else None,
        integrated_lufs=_measured([report.integrated_lufs for report in reports][-1:]),
        true_peak_dbtp=_measured([report.true_peak_dbtp for report in reports]),
        softened_db=round(min((exposure.limit_db for exposure in heard), default=0.0), 1),
        underruns=_of_all_runs([report.underruns for report in reports]),
        late_bars=_of_all_runs([report.late_bars for report in reports]),
    )


def _measured(levels: Sequence[float]) -> float | None:
    """The highest; -120 stands for nothing heard."""
    loudest = max(levels, default=-120.0)
    return round(loudest, 1) if loudest > -120.0 else None


def _of_all_runs(counts: Sequence[int]) -> int:
    """Sum of a counter that begins at 0 again when its process is restarted."""
    return sum(max(0, after - before) if after >= before else after for before, after in pairwise([0, *counts]))


def _sources(history: History) -> Iterator[d.Source]:
    source_of = {lane.name: lane.source for lane in history.lanes()} | {name: name for name in history.sources}
    for name, source in history.sources.items():
        quality = [value for frames in source.quality.values() for _, value in frames]
        coverage = [
            share
            for estimate in history.affect
            for lane, share in estimate.coverage.items()
            if source_of.get(lane) == name
        ]
        yield d.Source(
            name=_cut(name), quality=_share(sum(quality), len(quality)), coverage=_share(sum(coverage), len(coverage)),
            samples=source.samples, lost=source.lost, gaps=tuple(_span(gap) for gap in history.gaps(name)[:40]),
        )  # fmt: skip


def _overrides(history: History) -> Iterator[d.Override]:
    """Every wish of a person, with the answer that it got."""
    for command in sorted(history.commands, key=lambda command: command.t_ns):
        if isinstance(command, SAID_NOTHING) or command.author == "manager":
            continue
        answer = history.answers.get(command.id)
        words = f"{answer.answer}: {answer.sentence}".rstrip(": ") if answer else ""
        at_s = round(history.seconds(command.t_ns), 1)
        yield d.Override(at_s=at_s, author=command.author, wish=_wish(command), answer=_cut(words))


def _wish(command: m.Command | m.DirectStop) -> str:
    """`set cue: tempo, 60`."""
    if isinstance(command, m.DirectStop):
        return "stop, at audio's own door"
    values = [
        getattr(command, name) for name in type(command).__struct_fields__ if name not in ("t_ns", "author", "id")
    ]
    told = [f"{value:g}" if isinstance(value, float) else str(value) for value in values if value not in (None, "")]
    if isinstance(command, m.EditPath):
        told = [f"{len(command.points)} points"]
    return _cut(f"{command.kind.replace('_', ' ')}: {', '.join(told)}".removesuffix(": "))


def _faults(history: History) -> Iterator[d.Happened]:
    for fault in history.faults[:LIST_MAX]:
        at_s = round(history.seconds(fault.t_ns), 1) if fault.t_ns else None
        yield d.Happened(at_s=at_s, text=_cut(f"{fault.sentence} {fault.action}".strip()))


def _remarks(history: History) -> Iterator[d.Happened]:
    for marker in history.markers[:LIST_MAX]:
        yield d.Happened(at_s=round(history.seconds(marker.t_ns), 1), text=_cut(marker.text))


def _versions(reader: SessionReader, config: SessionConfig | None, history: History) -> dict[str, str]:
    """What has to be known to play it again."""
    told = {"isotone": reader.document.text("isotone"), "models": ", ".join(filter(None, reader.document.models))}
    if history.decisions:
        told["policy"] = f"{history.decisions[-1].policy} {history.decisions[-1].policy_version}"
    if config:
        told |= {"seed": str(config.seed), "generator": config.device.music.generator}
        told["sound font"] = config.device.audio.soundfont or "as installed"
    return {name: _cut(value) for name, value in told.items() if value}


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None
