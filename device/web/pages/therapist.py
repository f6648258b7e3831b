"""The therapist's desk: the session as it is, who decides and why, and all that a therapist may ask of it."""

from __future__ import annotations

from typing import Any, get_args

from starlette.responses import Response

from device import messages as m
from device.messages import VOICES, CueName
from device.web.ahead import path_ahead
from device.web.belief import face_of
from device.web.house import Ask
from device.web.live import Live, PathPoint
from device.web.words import NAMES

STATE_NS = 450_000_000
"""The figures move at most twice a second: what moves faster is not read."""
PITCHES = ("C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B")
EVENTS_SHOWN = 8


async def show(ask: Ask) -> Response:
    """The whole desk; what moves on it comes as events."""
    return ask.page("therapist.html", cues=get_args(CueName), voices=VOICES, names=NAMES)


def state(live: Live) -> dict[str, Any]:
    """What moves on the desk, but for path and notes."""
    board = live.board
    affect, intent, audio, decision = board.affect, board.intent, board.audio, board.decision
    is_known = affect is not None and affect.known and board.is_fresh("affect", affect)
    return board.as_dict() | {
        "face": face_of(live),
        "has_box": live.has_box,
        "box": live.box.sentence if live.has_box and live.box else "",
        "session": live.run_dir.name if live.run_dir else "",
        "listener": live.listener,
        "planned_s": live.session.minutes * 60.0 if live.session else 0.0,
        "phase_left_s": round(intent.phase_left_s) if intent else None,
        "is_known": is_known,
        "target_valence": board.target("valence"),
        "signals": [_signal(live, name) for name in sorted(board.sources)],
        "music": _music(live),
        "volume_db": round(audio.volume_db, 1) if audio else None,
        "loudness_lufs": round(audio.short_term_lufs, 1) if audio else None,
        "dose_percent": round(live.exposure.dose_percent, 1) if live.exposure else None,
        "limited": list(decision.limited) if decision and not board.is_blinded else [],
        "pending": _pending(decision),
        "events": [
            {"at_s": round(max(0, t_ns - board.began_ns) / 1e9) if board.began_ns else 0, "text": text}
            for t_ns, text in list(board.events)[-EVENTS_SHOWN:]
        ],
    }


def _signal(live: Live, name: str) -> dict[str, Any]:
    """A sensor: how it is, and how clean each of its channels."""
    status = live.board.sources[name]
    frames = [frame for (source, _), frame in sorted(live.board.features.items()) if source == name]
    fresh = [frame for frame in frames if live.board.is_fresh("features", frame)]
    return {
        "name": name,
        "state": status.state,
        "sentence": status.sentence,
        "battery": status.battery_percent,
        "channels": [
            [ch, round(q, 2)] for frame in fresh for ch, q in zip(frame.ch_names, frame.quality, strict=False)
        ],
        "reasons": [reason for frame in fresh for reason in frame.reasons][:2],
    }


def _music(live: Live) -> dict[str, Any] | None:
    played, intent = live.board.played, live.board.intent
    if played is None or intent is None:
        return None
    return {
        "bar": played.bar_index,
        "key": f"{PITCHES[intent.tonic_pc % 12]} {intent.mode}",
        "tempo_bpm": round(played.tempo_bpm),
        "density": round(intent.density, 2),
        "brightness": round(played.brightness, 2),
        "loudness_db": round(played.loudness_db, 1),
        "generator": played.generator,
        "rests": played.silent,
        "guarded": list(played.guarded[:2]),
    }


def _pending(decision: m.Decision | None) -> dict[str, Any] | None:
    if decision is None or decision.pending is None:
        return None
    pending = decision.pending
    return {"id": pending.id, "words": pending.words, "left_s": round(pending.left_s)}


def notes_of(bar: m.PlayedBar, now_ns: int) -> dict[str, Any]:
    """A bar for the piano roll: times in seconds, of the box's clock, which the page is told to keep its own by."""
    tick_s = 60.0 / bar.tempo_bpm / m.TICKS_PER_BEAT
    return {
        "bar": bar.bar_index,
        "now_s": round(now_ns / 1e9, 3),
        "at_s": round(bar.t_ns / 1e9, 3),
        "length_s": round(bar.beats * m.TICKS_PER_BEAT * tick_s, 3),
        "silent": bar.silent,
        "notes": [
            [
                round(note.onset_tick * tick_s, 3),
                round(note.duration_tick * tick_s, 3),
                note.pitch,
                note.velocity,
                note.voice,
            ]
            for note in bar.notes
        ],
    }


class View:
    """Tells the desk what is new: figures, bars, and the path."""

    least_s = 0.25
    """It is told no more often."""

    def __init__(self, ask: Ask) -> None:
        self._live = ask.house.live
        self._state: dict[str, Any] = {}
        self._stated_ns = 0
        self._bar: m.PlayedBar | None = None
        self._session: object = ()
        self._ahead: list[PathPoint] = []

    def news(self) -> list[tuple[str, Any]]:
        live = self._live
        news: list[tuple[str, Any]] = []
        if self._session != live.run_dir:
            self._session, self._bar, self._ahead = live.run_dir, None, []
            news.append(("path", {"done": live.path, "ahead": []}))
        news += [("bar", notes_of(bar, live.now_ns)) for bar in self._new_bars()]
        if live.now_ns - self._stated_ns >= STATE_NS and (now := state(live)) != self._state:
            self._state, self._stated_ns = now, live.now_ns
            news.append(("state", now))
            news += [("point", live.path[-1])] if live.path else []
            news += self._new_ahead()
        return news

    def _new_bars(self) -> list[m.PlayedBar]:
        bars = list(self._live.bars)
        new = bars[bars.index(self._bar) + 1 :] if self._bar in bars else bars
        self._bar = bars[-1] if bars else None
        return new

    def _new_ahead(self) -> list[tuple[str, Any]]:
        """The path ahead once a bar: it moves with each."""
        ahead = path_ahead(self._live)
        if [point[3:] for point in ahead] == [point[3:] for point in self._ahead]:
            return []
        self._ahead = ahead
        return [("ahead", ahead)]
