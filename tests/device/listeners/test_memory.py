"""What is remembered of rest: the newest counts, the old fades, and a wrong clock shadows nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.listeners import memory
from device.listeners.memory import HALF_LIFE_DAYS, SESSION_WORTH_S, fade
from device.listeners.store import Person, Store, open_store
from device.messages import PersonalResponse
from tests.device.listeners.evidence import DAY, NOW, known, response, rest, session


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def ada(store: Store) -> Person:
    return known(store, "ada")


def means(store: Store, person: Person) -> dict[str, float]:
    return {carried.rest.source: carried.rest.mean[0] for carried in memory.recall(store, person, NOW)}


def test_the_newest_rest_of_each_source_and_model_is_kept_to_the_bit(store: Store, ada: Person) -> None:
    memory.take_in(store, ada, session("b", NOW - DAY, rest(1 / 3)), NOW)
    memory.take_in(store, ada, session("c", NOW - 2 * DAY, rest(9.0)), NOW)
    memory.take_in(store, ada, session("d", NOW - 3 * DAY, rest(2.0, "band", "heart")), NOW)
    assert means(store, ada) == {"cyton": 1 / 3, "band": 2.0}
    assert [row["session"] for row in memory.sources(store, ada)] == ["d", "b"]


def test_what_was_told_last_in_a_session_counts(store: Store, ada: Person) -> None:
    told = session()._replace(rests=(rest(1.0), rest(2.0)))
    memory.take_in(store, ada, told, NOW)
    assert means(store, ada) == {"cyton": 2.0}


def test_rest_of_another_listener_is_not_told(store: Store, ada: Person) -> None:
    memory.take_in(store, known(store, "bob"), session(rest=1.0), NOW)
    assert means(store, ada) == {}


def test_a_clock_that_was_far_ahead_shadows_nothing(store: Store, ada: Person) -> None:
    ahead = NOW + 40_000 * DAY
    memory.take_in(store, ada, session("z", ahead, rest(5.0)), ahead)
    (carried,) = memory.recall(store, ada, NOW)
    assert carried.rest == fade(rest(5.0), HALF_LIFE_DAYS)
    memory.take_in(store, ada, session("b", NOW - DAY, rest(1.0)), NOW)
    assert means(store, ada) == {"cyton": 1.0}


@pytest.mark.parametrize(
    "broken",
    [
        rest(math.nan),
        rest(math.inf),
        msgspec.structs.replace(rest(2.0), weight_s=(60.0,)),
        msgspec.structs.replace(rest(2.0), weight_s=(-1.0, 2.0)),
        msgspec.structs.replace(rest(2.0), names=(), mean=(), sd=(), weight_s=()),
    ],
)
def test_numbers_that_are_none_are_not_kept(store: Store, ada: Person, broken: object) -> None:
    memory.take_in(store, ada, session("a", NOW - 2 * DAY, rest(1.0)), NOW)
    memory.take_in(store, ada, session("b", NOW - DAY, broken), NOW)  # type: ignore[arg-type]
    assert means(store, ada) == {"cyton": 1.0}


@pytest.mark.parametrize("baseline", ["", "[]", "null", "{}", "\udcff"])
def test_a_row_that_was_damaged_is_passed_over(store: Store, ada: Person, baseline: str) -> None:
    memory.take_in(store, ada, session(rest=1.0), NOW)
    memory.take_in(store, ada, session(rest=rest(2.0, "band")), NOW)
    with store.writing() as connection:
        damaged = baseline.encode("utf-8", "replace").decode()
        connection.execute("UPDATE rest SET baseline = ? WHERE source = 'cyton'", (damaged,))
    assert means(store, ada) == {"band": 2.0}


def test_words_are_kept_once_however_often_a_session_is_taken_in(store: Store, ada: Person) -> None:
    for _ in range(2):
        memory.take_in(store, ada, session(words=((1, 0.5, None), (2, -0.5, 0.25))), NOW)
    assert store.counts(ada)["words"] == 2
    assert store.counts(ada)["sessions"] == 1


def test_what_a_listener_wore_last_is_known_by_source(store: Store, ada: Person) -> None:
    memory.take_in(store, ada, session("b", NOW - DAY, band="C0:FF:EE:00:00:02"), NOW)
    memory.take_in(store, ada, session("a", NOW - 2 * DAY, band="C0:FF:EE:00:00:01"), NOW)
    memory.take_in(store, ada, session("c", NOW), NOW)
    assert memory.devices(store, ada) == {"band": "C0:FF:EE:00:00:02"}
    assert memory.devices(store, known(store, "bob")) == {}


def test_the_volume_that_was_wished_last_is_known(store: Store, ada: Person) -> None:
    assert memory.recall_volume(store, ada) == 0.0
    memory.take_in(store, ada, session("b", NOW - DAY, volume_db=-6.0), NOW)
    memory.take_in(store, ada, session("a", NOW - 2 * DAY, volume_db=-9.0), NOW)
    assert memory.recall_volume(store, ada) == -6.0, "an older session changes nothing"
    memory.take_in(store, ada, session("c", NOW), NOW)
    assert memory.recall_volume(store, ada) == -6.0, "nor does one in which nothing sounded"
    assert memory.recall_volume(store, known(store, "bob")) == 0.0


@given(st.floats(allow_nan=False))
def test_whatever_was_wished_the_next_session_is_heard_and_no_louder_than_composed(volume_db: float) -> None:
    assert memory.VOLUME_MIN_DB <= memory.as_remembered(volume_db) <= 0.0


@pytest.mark.parametrize("value", ["", "loud", "[1]", "99", "-1e300"])
def test_a_volume_that_was_damaged_is_none_or_within_bounds(store: Store, ada: Person, value: str) -> None:
    memory.take_in(store, ada, session("b", NOW - DAY, volume_db=-6.0), NOW)
    with store.writing() as connection:
        connection.execute("UPDATE preferences SET value = ? WHERE key = 'volume'", (value,))
    assert memory.VOLUME_MIN_DB <= memory.recall_volume(store, ada) <= 0.0


def gains(store: Store, person: Person) -> dict[str, float]:
    return {learnt.policy + learnt.version: learnt.values["gain"] for learnt in memory.recall_responses(store, person)}


def test_the_newest_of_what_each_version_of_a_policy_learnt_is_kept_to_the_bit(store: Store, ada: Person) -> None:
    memory.take_in(store, ada, session("b", NOW - DAY, responses=(response(9.0), response(1 / 3))), NOW)
    memory.take_in(store, ada, session("a", NOW - 2 * DAY, responses=(response(5.0), response(2.0, version="0"))), NOW)
    memory.take_in(store, ada, session("c", NOW, responses=(response(-1.0, "bandit"),)), NOW)
    assert gains(store, ada) == {"adaptive1": 1 / 3, "adaptive0": 2.0, "bandit1": -1.0}
    assert gains(store, known(store, "bob")) == {}
    told = [(row["policy"], row["version"], row["session"]) for row in memory.learnt(store, ada)]
    assert told == [("adaptive", "0", "a"), ("adaptive", "1", "b"), ("bandit", "1", "c")]


@pytest.mark.parametrize(
    "broken",
    [
        response(math.nan),
        response(math.inf),
        msgspec.structs.replace(response(1.0), values={}),
        msgspec.structs.replace(response(1.0), values={str(number): 0.0 for number in range(1000)}),
        msgspec.structs.replace(response(1.0), values={"x" * 1000: 0.0}),
        msgspec.structs.replace(response(1.0), values={"a\nb": 0.0}),
        msgspec.structs.replace(response(1.0), policy=""),
    ],
)
def test_what_no_policy_can_have_learnt_is_not_kept(store: Store, ada: Person, broken: PersonalResponse) -> None:
    memory.take_in(store, ada, session("a", NOW - 2 * DAY, responses=(response(1.0),)), NOW)
    memory.take_in(store, ada, session("b", NOW - DAY, responses=(broken,)), NOW)
    assert gains(store, ada) == {"adaptive1": 1.0}


@pytest.mark.parametrize("damaged", ["", "[]", "null", "{}", '{"values": {"gain": "x"}}', "\ufffd"])
def test_a_response_that_was_damaged_is_passed_over(store: Store, ada: Person, damaged: str) -> None:
    memory.take_in(store, ada, session(responses=(response(1.0), response(2.0, "bandit"))), NOW)
    with store.writing() as connection:
        connection.execute("UPDATE responses SET response = ? WHERE policy = 'adaptive'", (damaged,))
    assert gains(store, ada) == {"bandit1": 2.0}


@given(st.floats(0, 1e5), st.floats(0, 1e4))
def test_forgetting_only_ever_takes_weight(seconds: float, age_days: float) -> None:
    kept = fade(msgspec.structs.replace(rest(1.0), weight_s=(seconds, 0.0)), age_days)
    assert 0 <= kept.weight_s[0] <= min(seconds, SESSION_WORTH_S) * (1 + 1e-9)
    assert kept.weight_s[1] == 0
    assert kept.mean == (1.0, 1.0)
    assert all(map(math.isfinite, kept.weight_s))


def test_half_of_it_is_forgotten_in_a_week_and_all_in_a_year() -> None:
    fresh, week, year = (fade(rest(1.0), days).weight_s[0] for days in (0, HALF_LIFE_DAYS, 365))
    assert fresh == pytest.approx(60 * SESSION_WORTH_S / (60 + SESSION_WORTH_S))
    assert week == pytest.approx(fresh / 2)
    assert year < 1e-12
