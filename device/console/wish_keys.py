"""Which key of a running demo or session wishes what, and in whose name: a patient's keys, and a therapist's."""

from __future__ import annotations

from collections.abc import Callable

from device.messages import (
    Approve,
    ApproveFirst,
    Calmer,
    Command,
    CueName,
    HandBack,
    HoldPhase,
    LessOf,
    Livelier,
    Lock,
    Louder,
    More,
    Nudge,
    PlayOn,
    Reject,
    Rest,
    ResumePhase,
    SkipPhase,
    Softer,
    Stop,
    TakeOver,
    TooMuch,
    Unlock,
)
from device.runtime.board import Board

NUDGE = 0.1
STOP_KEY = "q"
PATIENT: dict[str, tuple[Command, str]] = {
    STOP_KEY: (Stop(t_ns=0, author="patient"), "stop"),
    "+": (Louder(t_ns=0, author="patient"), "louder"),
    "-": (Softer(t_ns=0, author="patient"), "softer"),
    "c": (Calmer(t_ns=0, author="patient"), "calmer"),
    "l": (Livelier(t_ns=0, author="patient"), "livelier"),
    "m": (More(t_ns=0, author="patient"), "more like this"),
    "x": (TooMuch(t_ns=0, author="patient"), "too much"),
    "p": (LessOf(t_ns=0, author="patient", voice="pad"), "less pad"),
    "n": (SkipPhase(t_ns=0, author="patient"), "next phase"),
    "h": (HoldPhase(t_ns=0, author="patient"), "hold"),
    "r": (ResumePhase(t_ns=0, author="patient"), "resume"),
}
LOCKS_KEY = "k"
CUE_KEYS: dict[str, CueName] = {
    "t": "tempo", "m": "mode", "r": "register", "i": "instrument", "l": "loudness", "d": "density",
    "b": "brightness", "a": "articulation",
}  # fmt: skip
"""Keys of the small menu behind `LOCKS_KEY`."""


def _take_over(board: Board) -> Command:
    is_by_hand = board.decision is not None and board.decision.by_hand
    return HandBack(t_ns=0, author="therapist") if is_by_hand else TakeOver(t_ns=0, author="therapist")


def _approve_first(board: Board) -> Command:
    is_on = board.decision is not None and board.decision.approve_first
    return ApproveFirst(t_ns=0, author="therapist", on=not is_on)


def _pending_id(board: Board) -> int:
    """The proposal that is seen, so that no other one is approved."""
    pending = board.decision.pending if board.decision else None
    return pending.id if pending else 0


def _approve(board: Board) -> Command:
    return Approve(t_ns=0, author="therapist", proposal=_pending_id(board))


def _reject(board: Board) -> Command:
    return Reject(t_ns=0, author="therapist", proposal=_pending_id(board))


def _rest(board: Board) -> Command:
    rests = board.intent is not None and board.intent.silent
    return PlayOn(t_ns=0, author="therapist") if rests else Rest(t_ns=0, author="therapist")


def _nudge(step: float) -> Callable[[Board], Command]:
    return lambda _: Nudge(t_ns=0, author="therapist", arousal=step)


THERAPIST: dict[str, tuple[Callable[[Board], Command], str]] = {
    "[": (_nudge(-NUDGE), "target calmer"),
    "]": (_nudge(NUDGE), "target livelier"),
    "t": (_take_over, "take over/hand back"),
    "f": (_approve_first, "approve first"),
    "a": (_approve, "approve"),
    "j": (_reject, "reject"),
    "s": (_rest, "rest/play on"),
}


class WishKeys:
    """Turns keys into wishes; `wish` gives them to the session."""

    def __init__(self, board: Board, wish: Callable[[Command], object]) -> None:
        self._board, self._wish = board, wish
        self._in_locks = False

    def press(self, key: str) -> None:
        """Wish what a key stands for, if it stands for anything; the key that stops always does."""
        in_locks, self._in_locks = self._in_locks and key != STOP_KEY, False
        if in_locks:
            if cue := CUE_KEYS.get(key):
                self._toggle_lock(cue)
        elif key == LOCKS_KEY:
            self._in_locks = True
        elif key in PATIENT:
            self._wish(PATIENT[key][0])
        elif key in THERAPIST:
            self._wish(THERAPIST[key][0](self._board))

    def _toggle_lock(self, cue: CueName) -> None:
        is_locked = self._board.decision is not None and cue in self._board.decision.context.locks
        kind = Unlock if is_locked else Lock
        self._wish(kind(t_ns=0, author="therapist", cue=cue))

    def lines(self) -> list[str]:
        """What the keys do, a line for the patient's and one for the therapist's."""
        if self._in_locks:
            return [
                "lock or unlock: " + "  ".join(f"{key} {cue}" for key, cue in CUE_KEYS.items()),
                "any other key: none of them",
            ]
        patient = [f"{key} {words}" for key, (_, words) in PATIENT.items()]
        therapist = [f"{key} {words}" for key, (_, words) in THERAPIST.items()]
        return ["  ".join(patient), "  ".join([f"{LOCKS_KEY} lock", *therapist])]
