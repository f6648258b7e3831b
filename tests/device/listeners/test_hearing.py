"""The account of what ears had: each way around it is tried."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import Moment
from device.listeners.hearing import (
    WEEK_S,
    Ears,
    ceiling_percent,
    ears_of,
    hear,
    keep_ceiling,
    keep_ears,
    week_of,
)
from device.listeners.store import Store, open_store
from tests.device.listeners.evidence import known

DAY_S = 86_400.0
OWN = Ears(own=True)


def at(days: float, boot: str = "a", wall_days: float | None = None, *, synchronised: bool = False) -> Moment:
    """A moment so long after the box was switched on."""
    return Moment(boot, days * DAY_S, 1.8e9 + DAY_S * (days if wall_days is None else wall_days), synchronised)


def pa2h(store: Store, name: str = "", days: float = 0.0) -> float:
    return week_of(store, store.find(name) if name else None, at(days)).exposure_pa2h


def test_what_was_heard_counts_for_seven_days(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        hear(store, "monday", "", 0.5, 1800.0, at(0))
        hear(store, "friday", "", 0.25, 900.0, at(4))
        assert week_of(store, None, at(6.9)) == (0.75, 2700.0)
        assert pa2h(store, days=7.1) == 0.25
        assert pa2h(store, days=11.1) == 0.0


def test_a_session_is_one_entry_that_never_becomes_less(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for told in (0.1, 0.3, 0.2):
            hear(store, "a", "", told, 60.0, at(0))
        assert pa2h(store) == 0.3


@pytest.mark.parametrize("wall_days", [-365.0, 8.0, 3650.0])
def test_setting_the_clock_back_or_forward_changes_nothing(tmp_path: Path, wall_days: float) -> None:
    with open_store(tmp_path) as store:
        hear(store, "a", "", 1.0, 60.0, at(0, synchronised=True))
        assert week_of(store, None, at(0.1, wall_days=wall_days)).exposure_pa2h == 1.0
        assert week_of(store, None, at(0.0, "b", wall_days=wall_days)).exposure_pa2h == 1.0
        hear(store, "b", "", 0.5, 60.0, at(0.2, "b", wall_days=wall_days))
        assert week_of(store, None, at(0.3, "b")).exposure_pa2h == 1.5


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        hear(store, "a", "", 1.0, 60.0, at(3))
    with open_store(tmp_path) as store:
        assert week_of(store, None, at(0.01, "b")).exposure_pa2h == 1.0


def test_a_guest_and_a_new_name_have_the_same_ears_as_everybody(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada = known(store, "ada")
        hear(store, "a", ada.id, 0.5, 60.0, at(0))
        hear(store, "b", "", 0.25, 60.0, at(0))
        hear(store, "c", known(store, "bob").id, 0.125, 60.0, at(0))
        for name in ("", "ada", "bob", "never seen"):
            assert pa2h(store, name) == 0.875


def test_ears_that_the_pins_holder_vouched_for_are_their_own_and_no_way_around(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada, bob = known(store, "ada"), known(store, "bob")
        keep_ears(store, ada, OWN, "")
        keep_ears(store, bob, OWN, "")
        hear(store, "a", ada.id, 1.0, 60.0, at(0))
        hear(store, "b", bob.id, 0.5, 60.0, at(0))
        assert (pa2h(store, "ada"), pa2h(store, "bob")) == (1.0, 0.5)
        # Whoever says another name may be ada, and what they hear may have been hers.
        assert pa2h(store, "eve") == pa2h(store) == 1.0
        hear(store, "c", known(store, "eve").id, 0.25, 60.0, at(0))
        assert (pa2h(store, "ada"), pa2h(store, "bob"), pa2h(store, "eve")) == (1.25, 0.75, 1.25)


def test_to_be_forgotten_or_renamed_gives_no_new_ears(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada = known(store, "ada")
        keep_ears(store, ada, OWN, "")
        hear(store, "a", ada.id, 1.0, 60.0, at(0))
        assert pa2h(store, store.rename(ada, "lady ada").name) == 1.0
        store.forget(store.demand("lady ada"))
        assert pa2h(store, "ada") == pa2h(store) == 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "ada", "bob", "eve"]), st.floats(0.0, 1.0)), max_size=8))
def test_nobody_has_less_than_was_heard_under_their_name(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, float]]
) -> None:
    with open_store(tmp_path_factory.mktemp("ears")) as store:
        people = {name: known(store, name) for name in ("ada", "bob", "eve")}
        keep_ears(store, people["ada"], OWN, "")
        for number, (name, exposure) in enumerate(told):
            hear(store, f"s{number}", people[name].id if name else "", exposure, 1.0, at(0))
        for name in ("ada", "bob", "eve", ""):
            assert pa2h(store, name) >= sum(exposure for heard, exposure in told if heard == name) - 1e-9
        assert pa2h(store, "bob") == pytest.approx(sum(exposure for _, exposure in told))


def test_what_is_damaged_protects(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        ada = known(store, "ada")
        store.connection.execute("INSERT INTO preferences VALUES (?, 'ears', 'x', '')", (ada.id,))
        store.connection.execute("INSERT INTO box VALUES ('hearing ceiling', 'x')")
        assert ears_of(store, ada) == Ears()
        assert ceiling_percent(store) == 100.0
        keep_ceiling(store, 60.0)
        assert ceiling_percent(store) == 60.0


LISTENING = """
import sys, time
from pathlib import Path
from device.clock import moment
from device.listeners.hearing import hear
from device.listeners.store import open_store
with open_store(Path(sys.argv[1])) as store:
    for second in range(1, 1000):
        hear(store, "killed", "", second / 1000, second, moment())
        print(second, flush=True)
"""


def test_kill_9_costs_at_most_the_second_that_was_being_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LISTENING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout]
    with open_store(tmp_path) as store:
        kept = round(1000 * store.connection.execute("SELECT exposure_pa2h FROM dose").fetchone()[0])
    assert told[-1] <= kept <= told[-1] + 1
    assert WEEK_S == 604_800.0
