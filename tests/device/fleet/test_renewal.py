"""A box takes what its clinic offers at night, while nobody listens, and knows after any cut what became of it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from device.fleet.offer import Offer, When, cut_piece, digest_of, read_ask
from device.fleet.renewal import AGAIN_NS, Renewal
from device.updates.folders import COMPATIBLE
from tests.deploy.bundling.signing import make_bundle, make_keys
from tests.device.fleet.clinic import SimulatedDoor

NOON, NIGHT = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC), dt.datetime(2026, 11, 29, 3, tzinfo=dt.UTC)
HOURS = "02:00-05:00"


class Home:
    """A box with version 1.0.0 that has proven itself, whose clinic answers what it asks for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.signing = folder, make_keys(folder)
        self.door = SimulatedDoor(folder / "home", self.signing[0], self.is_healthy)
        self.bad: set[str] = set()
        self.bundle = make_bundle(folder, "1.0.0", self.signing, COMPATIBLE)
        self.door.install(self.bundle)
        self.door.start()
        self.now_ns, self.asked = 0, 0
        self.power_on()

    def is_healthy(self, version: str) -> bool:
        return version not in self.bad

    def power_on(self) -> None:
        self.renewal = Renewal(self.folder / "fleet", self.door, HOURS, self.answer)

    def answer(self, payload: bytes) -> None:
        ask = read_ask(payload)
        assert ask
        self.asked += 1
        self.renewal.hear(cut_piece(self.bundle, ask))

    def offer(self, version: str, when: When = "night", rollout: str = "ward-1") -> Offer:
        self.bundle = make_bundle(self.folder, version, self.signing, COMPATIBLE)
        size = self.bundle.stat().st_size
        offer = Offer(rollout=rollout, release=version, n_bytes=size, sha256=digest_of(self.bundle), when=when)
        self.renewal.offer(offer)
        return offer

    def turn(self, now: dt.datetime = NIGHT, *, plays: bool = False, n: int = 4) -> str:
        for _ in range(n):
            self.now_ns += AGAIN_NS
            self.renewal.turn(self.now_ns, now, plays=plays)
        return self.renewal.memory.phase

    def install(self) -> str:
        self.renewal.install()
        return self.renewal.memory.phase

    def live(self) -> str:
        """Starts until the box starts no more by itself."""
        while self.door.has_to_restart:
            self.door.start()
        return self.turn()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_it_is_fetched_by_day_installed_at_night_and_kept(home: Home) -> None:
    home.offer("1.1.0")
    assert home.turn(NOON) == "waiting"
    assert home.turn(NIGHT) == "installing"
    assert home.install() == "trial"
    assert home.live() == "good"
    memory = home.renewal.memory
    assert (memory.before, home.renewal.standing) == ("1.0.0", ("1.1.0", True))
    assert not list((home.folder / "fleet").glob("*.fetched"))


def test_what_does_not_prove_itself_is_left_and_told(home: Home) -> None:
    home.bad.add("1.1.0")
    home.offer("1.1.0", "now")
    home.turn(NOON)
    home.install()
    assert home.live() == "failed"
    assert home.door.started == ["1.0.0", "1.1.0", "1.1.0", "1.1.0", "1.0.0"]
    assert home.renewal.standing == ("1.0.0", True)


def test_who_listens_is_waited_for(home: Home) -> None:
    home.offer("1.1.0", "now")
    assert home.turn(NOON, plays=True) == "waiting"
    home.turn(NOON, n=1)
    home.door.is_busy = True
    assert home.install() == "waiting", "a session began meanwhile"
    home.door.is_busy = False
    assert home.turn(NOON, n=2) == "installing"
    assert home.install() == "trial"


def test_a_strangers_bundle_is_refused_after_its_first_piece(home: Home) -> None:
    home.signing = make_keys(home.folder, "stranger")
    home.offer("1.1.0")
    assert home.turn() == "refused"
    assert (home.asked, "does not trust" in home.renewal.memory.why) == (1, True)
    home.signing = home.folder / "clinic/certificate", home.folder / "clinic/key"
    home.offer("1.1.0", rollout="ward-2")
    assert home.turn(NOON) == "waiting"


def test_an_older_one_is_refused_by_name(home: Home) -> None:
    home.offer("0.9.0")
    assert home.turn() == "refused"
    assert "older than 1.0.0" in home.renewal.memory.why


def test_what_runs_already_is_good_and_not_fetched(home: Home) -> None:
    home.offer("1.0.0")
    assert (home.turn(), home.asked) == ("good", 0)


def test_an_offer_that_is_withdrawn_is_not_installed(home: Home) -> None:
    home.offer("1.1.0")
    assert home.turn(NOON) == "waiting"
    home.renewal.offer(None)
    assert home.turn() == ""
    assert home.install() == ""
    assert home.renewal.standing.version == "1.0.0"


def test_wherever_the_plug_is_pulled_it_goes_on(home: Home) -> None:
    offer = home.offer("1.1.0")
    home.turn(NOON)
    home.power_on()
    assert home.turn() == "waiting", "nothing is known of an offer yet"
    home.renewal.offer(offer)
    assert home.turn() == "installing"
    home.power_on()
    home.renewal.offer(offer)
    assert home.turn() == "installing"
    home.renewal.turn = lambda *_, **__: None  # type: ignore[method-assign] - the plug is pulled before it is told
    home.renewal.install()
    home.power_on()
    home.renewal.offer(offer)
    assert home.live() == "good"


def test_a_memory_that_is_damaged_is_none(home: Home) -> None:
    home.offer("1.1.0")
    home.turn(NOON)
    (home.folder / "fleet/renewal.json").write_bytes(msgspec.json.encode({"phase": "dancing"}))
    home.power_on()
    assert home.renewal.memory.phase == ""
