"""Keys step in under the name of who presses them; those that switch something know how it stands."""

from __future__ import annotations

import msgspec
import pytest

from device import messages as m
from device.console.wish_keys import CUE_KEYS, PATIENT, THERAPIST, WishKeys
from device.runtime.board import Board
from device.wishes import forbidden
from tests.device.console.test_view import text
from tests.device.control.listener import SECOND_NS
from tests.device.control.people.test_interventions import Session


@pytest.fixture
def session() -> Session:
    made = Session()
    made.bars(2)
    return made


def pressed(session: Session, keys: str) -> list[m.Command]:
    """What the keys wish of a session that obeys at once."""
    board, wishes = Board(), list[m.Command]()

    def wish(command: m.Command) -> None:
        wishes.append(command)
        said = {name: getattr(command, name) for name in command.__struct_fields__ if name not in ("t_ns", "id")}
        session.ask(command.kind, **said)
        board.decision, board.intent = session.decision, session.intent

    board.decision, board.intent = session.decision, session.intent
    keyboard = WishKeys(board, wish)
    for key in keys:
        keyboard.press(key)
    return wishes


def test_every_key_wishes_what_its_author_may(session: Session) -> None:
    others = {"q", "+", "-"}
    wishes = pressed(session, "".join(key for key in [*PATIENT, *THERAPIST] if key not in others))
    assert len(wishes) == len(PATIENT) + len(THERAPIST) - len(others)
    assert not any(map(forbidden, wishes))
    assert {wish.author for wish in wishes} == {"patient", "therapist"}


def test_no_key_means_two_things() -> None:
    assert not set(PATIENT) & set(THERAPIST)
    assert "k" not in PATIENT | THERAPIST
    assert not set("uw") & set(PATIENT | THERAPIST), "those break something in the demo"
    assert set(CUE_KEYS.values()) == set(m.CueName.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("keys", "kinds"), [
    ("tt", ["take_over", "hand_back"]), ("ff", ["approve_first", "approve_first"]), ("ss", ["rest", "play_on"]),
    ("ktkt", ["lock", "unlock"]), ("kz", []), ("k" + "n", []), ("z", []),
])  # fmt: skip
def test_a_key_that_switches_knows_how_it_stands(session: Session, keys: str, kinds: list[str]) -> None:
    assert [wish.kind for wish in pressed(session, keys)] == kinds


def test_the_key_that_stops_does_so_in_the_menu_too() -> None:
    wishes: list[m.Command] = []
    keyboard = WishKeys(Board(), wishes.append)
    for key in "kq":
        keyboard.press(key)
    assert wishes == [m.Stop(t_ns=0, author="patient")]


def test_the_proposal_that_is_seen_is_the_one_that_is_approved() -> None:
    board, wishes = Board(), list[m.Command]()
    session = Session()
    session.bars(1)
    pending = m.PendingProposal(id=7, moves=m.Moves(), left_s=40.0, words="less livelier (-0.40)")
    board.decision = msgspec.structs.replace(session.decision, pending=pending, approve_first=True)
    WishKeys(board, wishes.append).press("a")
    assert wishes == [m.Approve(t_ns=0, author="therapist", proposal=7)]


def test_the_view_shows_who_leads_what_is_held_and_what_waits(session: Session) -> None:
    for wish in ({"kind": "lock", "cue": "tempo"}, {"kind": "lock", "cue": "mode"}, {"kind": "take_over"}):
        session.ask(**wish)
    board = Board()
    board.now_ns = session.decision.t_ns + 10 * SECOND_NS
    pending = m.PendingProposal(id=3, moves=m.Moves(), left_s=40.0, words="denser (+0.10)")
    board.intent = session.intent
    board.decision = msgspec.structs.replace(session.decision, pending=pending)
    board.played = m.PlayedBar(
        t_ns=1, bar_index=1, start_frame=0, n_frames=1, beats=4, tempo_bpm=70.0, tempo_from_bpm=70.0,
        tempo_to_bpm=70.0, loudness_db=-9.0, brightness=0.5, programs={}, notes=(), generator="rest", silent=True,
    )  # fmt: skip
    shown = " ".join(text(board).split())
    for words in ("leads by hand", "held: tempo, mode", "proposal 3: denser (+0.10) · 30 s left", "rest"):
        assert words in shown, words
    assert board.as_dict() | {"held": ["tempo", "mode"], "by_hand": True, "rests": True} == board.as_dict()
    assert board.as_dict()["pending"] == {"id": 3, "words": "denser (+0.10)"}
