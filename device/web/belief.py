"""What the box believes and why, as one plain sentence for a listener; and how the box is, as a face.

The sentence is made of the decision and the estimate that are in force, in two halves: how they seem, and what the
music therefore does. It is the listener's own language, so it is not the therapist's reason translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from device.web.live import Live

Face = Literal["ready", "fitting", "playing", "paused", "wait", "help", "away"]
TENSE, AWAKE, EVEN = 0.35, 0.05, -0.5
"""Arousal above which somebody seems tense, awake, or at ease; below all of them very calm."""
NOTICED = 0.08
"""A way that is shorter ends where it is."""
PHASES = {"baseline": "so-listens", "match": "so-meets", "hold": "so-stays", "cool-down": "so-ends"}
"""What the music does in the phases that lead nowhere."""
FACES: dict[str, Face] = {
    "starting": "wait", "ready": "ready", "fitting": "fitting", "session": "playing", "closing": "wait",
    "updating": "wait", "needs_help": "help",
}  # fmt: skip
"""The box's states as faces."""


class Half(NamedTuple):
    """The two halves of a sentence, as keys of the words."""

    feel: str
    so: str


def face_of(live: Live) -> Face:
    """How the box is; where there is none, whether a session plays all the same."""
    board = live.board
    rests = board.intent is not None and board.intent.silent
    if live.has_box and live.box:
        face = FACES[live.box.state]
        is_paused = live.box.light == "ready" and face in ("fitting", "playing")
        return "paused" if is_paused or (face == "playing" and rests and _by_hand(live)) else face
    if live.run_dir is None:
        return "away"
    if board.audio is None or board.audio.state == "idle":
        return "wait"
    return "paused" if rests and _by_hand(live) else "playing"


def _by_hand(live: Live) -> bool:
    """Whether a person decided what plays."""
    return live.board.decided_by in ("patient", "therapist")


def saying(face: Face, code: str, words: Mapping[str, str]) -> str:
    """What a face says where no music plays."""
    return words["say-help-code"].format(code=code) if face == "help" and code else words[f"say-{face}"]


def belief(live: Live, words: Mapping[str, str]) -> str:
    """How the listener seems, and what the music therefore does."""
    half = halves(live)
    return f"{words[half.feel]}, {words[half.so]}"


def halves(live: Live) -> Half:
    """Which sentence is true now."""
    board = live.board
    return Half(_feel(live), "so-quiet" if board.is_blinded else _so(live))


def _feel(live: Live) -> str:
    affect = live.board.affect
    if affect is None or not affect.known or not live.board.is_fresh("affect", affect):
        return "feel-unknown"
    if affect.arousal > TENSE:
        return "feel-tense"
    if affect.arousal > AWAKE:
        return "feel-awake"
    return "feel-even" if affect.arousal > EVEN else "feel-calm"


def _so(live: Live) -> str:
    """What the music does, by whoever decided it, else by the phase of the plan."""
    board = live.board
    intent, by = board.intent, board.decided_by
    if intent is None:
        return "so-quiet"
    if intent.silent:
        return "so-rest"
    if by in ("patient", "therapist", "shield"):
        return f"so-{by}"
    return PHASES.get(intent.phase) or (_way(live) if _feel(live) != "feel-unknown" else "so-plan")


def _way(live: Live) -> str:
    """Where the way goes that is still ahead, as far as a listener would notice."""
    intent, session = live.board.intent, live.session
    ahead = session.prescription.goal_arousal - intent.target_arousal if intent and session else 0.0
    return "so-calmer" if ahead < -NOTICED else "so-livelier" if ahead > NOTICED else "so-stays"


def left(live: Live, words: Mapping[str, str]) -> str:
    """How long the session still is; nothing before that is known."""
    intent = live.board.intent
    if intent is None:
        return ""
    seconds = max(0.0, intent.session_left_s - (live.now_ns - intent.t_ns) / 1e9)
    return words["left-short"] if seconds < 60 else words["left"].format(n=-(-round(seconds) // 60))
