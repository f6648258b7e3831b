"""A policy waits for approval, plays, is taken back, and is forgotten with its listener."""

from __future__ import annotations

from pathlib import Path

from device.listeners.settings import PolicyChoice, approve, approved, propose, proposed, take_back
from device.listeners.store import open_store
from tests.device.listeners.evidence import NOW

CHOICE = PolicyChoice(id="ab12", policy="plan", instead_of="hand", sentence="It is better.")


def test_a_choice_waits_is_approved_and_taken_back(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada, bob = store.meet("ada"), store.meet("bob")
        propose(store, ada, CHOICE, NOW)
        waiting = proposed(store, ada)
        assert waiting is not None
        assert (waiting.policy, approved(store, ada), proposed(store, bob)) == ("plan", None, None)
        approve(store, ada, waiting, NOW)
        playing = approved(store, ada)
        assert playing is not None
        assert playing.since_utc == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
        assert proposed(store, ada) is None
        take_back(store, ada)
        assert approved(store, ada) is None


def test_what_is_damaged_is_as_if_nothing_was_approved(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada = store.meet("ada")
        approve(store, ada, CHOICE, NOW)
        with store.writing() as connection:
            connection.execute("UPDATE preferences SET value = '{'")
        assert approved(store, ada) is None


def test_who_is_forgotten_has_no_choice_left(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada = store.meet("ada")
        approve(store, ada, CHOICE, NOW)
        store.forget(ada)
        assert approved(store, ada) is None
