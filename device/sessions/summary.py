"""Says what a session was, for people and programs: summary.json, played.mid and session.png, made after its end.

Runs as `python -m device.sessions.summary FOLDER`, in a process of its own, as matplotlib is large.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from device.errors import Exit, IsotoneError
from device.sealing.door import store_whole
from device.sessions.history import History, SourceHistory
from device.sessions.interchange import write_midi
from device.sessions.names import SUMMARY_FILE
from device.sessions.reader import SessionReader

MIDI_FILE = "played.mid"
FIGURE_FILE = "session.png"


def summarise(session_dir: Path) -> dict[str, Any]:
    """Write the three files and return what summary.json says. A broken or empty session gets them too.

    Raises:
        RecordingError: the folder is no session.
        OSError: the files cannot be written.
    """
    from device.sessions.figure import draw  # noqa: PLC0415 - the figures come first, should drawing fail

    history = History(SessionReader(session_dir))
    summary = describe(history)
    text = msgspec.json.format(msgspec.json.encode(summary))
    store_whole(session_dir / SUMMARY_FILE, text)
    write_midi(session_dir / MIDI_FILE, history.played)
    draw(history, session_dir / FIGURE_FILE)
    return summary


def describe(history: History) -> dict[str, Any]:
    """Everything that summary.json holds. Times are seconds since the music began."""
    return {
        "session_id": history.session_id,
        "listener": history.listener,
        "ended": history.ended(),
        "planned_s": history.minutes * 60,
        "duration_s": round(history.duration_s, 1),
        "phases": [_rounded(span) for span in history.phases()],
        **_listener(history),
        "decided": _decided(history),
        **_music(history),
        "sources": _sources(history),
        "headphones": _headphones(history),
        "faults": [msgspec.to_builtins(fault) | {"at_s": _at(history, fault.t_ns)} for fault in history.faults],
        "events": [_rounded(event) for event in history.events() if event.kind != "fault"],
        "recording_problems": history.problems,
    }


def _listener(history: History) -> dict[str, Any]:
    known = [estimate for estimate in history.affect if estimate.known]
    return {
        "estimates": len(history.affect),
        "known_share": _share(len(known), len(history.affect)),
        "arousal_first": round(known[0].arousal, 3) if known else None,
        "arousal_last": round(known[-1].arousal, 3) if known else None,
    }


def _decided(history: History) -> dict[str, Any]:
    """The policy, how often who had the last word, and what was said last."""
    if not history.decisions:
        return {}
    last = history.decisions[-1]
    by = Counter(decision.decided_by for decision in history.decisions)
    return {"policy": f"{last.policy} {last.policy_version}", "by": dict(by.most_common()), "last": last.reason}


def _music(history: History) -> dict[str, Any]:
    played = history.played
    tempos = [bar.tempo_bpm for bar in played]
    fallbacks = [bar for bar in played if bar.fallback]
    return {
        "bars": len(played),
        "notes": sum(len(bar.notes) for bar in played),
        "rest_bars": sum(bar.silent and not bar.fallback for bar in played),
        "fallbacks": [{"bar": bar.bar_index, "why": bar.fallback} for bar in fallbacks],
        "guarded_bars": sum(bool(bar.guarded) for bar in played),
        "generators": sorted({bar.generator for bar in played}),
        "tempo_bpm": _range(tempos),
        "loudness_db": _range([bar.loudness_db for bar in played]),
    }


def _sources(history: History) -> dict[str, Any]:
    """Each source; its coverage is the mean of what the estimator could use of its signals, as it said itself."""
    coverage: dict[str, list[float]] = defaultdict(list)
    source_of = {lane.name: lane.source for lane in history.lanes()} | {name: name for name in history.sources}
    for estimate in history.affect:
        for lane, share in estimate.coverage.items():
            coverage[source_of.get(lane, "")].append(share)
    return {name: _source(history, name, source, coverage[name]) for name, source in history.sources.items()}


def _source(history: History, name: str, source: SourceHistory, coverage: Sequence[float]) -> dict[str, Any]:
    quality = [value for frames in source.quality.values() for _, value in frames]
    return {
        "samples": source.samples,
        "samples_lost": source.lost,
        "coverage": _share(sum(coverage), len(coverage)),
        "quality": _share(sum(quality), len(quality)),
        "gaps": [_rounded(span) for span in history.gaps(name)],
    }


def _headphones(history: History) -> dict[str, Any]:
    reports = history.reports
    if not reports:
        return {}
    return {
        "sinks": sorted({report.sink for report in reports}),
        "peak_dbfs": max(report.peak_dbfs for report in reports),
        "loudest_second_rms_dbfs": max(report.rms_dbfs for report in reports),
        "limiter_db": min(report.limiter_db for report in reports),
        "underruns": _of_all_runs([report.underruns for report in reports]),
        "late_bars": _of_all_runs([report.late_bars for report in reports]),
    }


def _of_all_runs(counts: Sequence[int]) -> int:
    """Sum of a counter that begins at 0 again when its process is restarted."""
    return sum(max(0, after - before) if after >= before else after for before, after in pairwise([0, *counts]))


def _range(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    first, last, low, high = (round(value, 2) for value in (values[0], values[-1], min(values), max(values)))
    return {"first": first, "last": last, "min": low, "max": high}


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None


def _rounded(record: Any) -> dict[str, Any]:
    return {key: round(value, 1) if isinstance(value, float) else value for key, value in record._asdict().items()}


def _at(history: History, t_ns: int) -> float | None:
    """None for a fault of a process that died before it knew the time."""
    return round(history.seconds(t_ns), 1) if t_ns else None


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m device.sessions.summary SESSION_DIR\n")
        return int(Exit.USAGE)
    try:
        summarise(Path(arguments[0]))
    except IsotoneError as error:
        sys.stderr.write(f"{error.sentence} {error.action}\n")
        return int(error.exit_code)
    except OSError as error:
        sys.stderr.write(f"The summary cannot be written: {error}. Free some space.\n")
        return int(Exit.DISK)
    return int(Exit.OK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
