"""Who is let in, for how long, and what guessing costs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.errors import DiskError
from device.web.registry import (
    AUDIT_MAX,
    CODE_S,
    CODE_TRIES,
    FILE,
    FREE_TRIES,
    PAIRS_MAX,
    Pair,
    RefusedError,
    Registry,
    is_pin,
)
from device.web.roles import STAYS
from tests.device.web.asking import PIN, PIN_HASH, Wall

YEAR_S = 365 * 86_400.0


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def registry(tmp_path: Path, wall: Wall) -> Registry:
    return Registry(tmp_path, wall)


def test_a_code_pairs_once_and_only_its_role(registry: Registry) -> None:
    code = registry.make_code("patient")
    assert not registry.redeem("therapist", code)
    assert registry.redeem("patient", f" {code[:4]} {code[4:]} ")
    assert not registry.redeem("patient", code)


@pytest.mark.parametrize("later_s", [CODE_S + 1, -CODE_S - 1, YEAR_S, -YEAR_S])
def test_an_old_code_opens_nothing_whatever_the_clock_does(registry: Registry, wall: Wall, later_s: float) -> None:
    code = registry.make_code("patient")
    wall.now_s += later_s
    assert not registry.redeem("patient", code)


def test_who_guesses_codes_waits_and_ends_all_of_them(registry: Registry, wall: Wall) -> None:
    code = registry.make_code("technician")
    for _ in range(FREE_TRIES):
        registry.begin_guess()
    with pytest.raises(RefusedError):
        registry.begin_guess()
    for _ in range(CODE_TRIES - FREE_TRIES):
        wall.now_s += 61.0
        registry.begin_guess()
    assert not registry.redeem("technician", code)
    registry.make_code("technician")
    registry.begin_guess()


def test_who_guesses_a_pin_waits_longer_each_time(registry: Registry, wall: Wall) -> None:
    _, token = registry.pair("patient", "", PIN_HASH)
    tried = 0
    for _ in range(24 * 60):
        wall.now_s += 60.0
        pair = registry.paired("patient", token)
        assert pair
        try:
            registry.begin_try(pair)
        except RefusedError as error:
            assert error.left_s > 0.0
        else:
            tried += 1
    assert FREE_TRIES < tried < 16, "a day of guessing"


def test_a_right_pin_ends_the_waiting(registry: Registry) -> None:
    pair, token = registry.pair("patient", "", PIN_HASH)
    registry.begin_try(pair)
    registry.sign_in(pair)
    again = registry.paired("patient", token)
    assert again
    assert again.tries == 0
    assert is_pin(again, PIN)
    assert not is_pin(again, PIN + "0")


@settings(max_examples=6)
@given(pin=st.text(max_size=70))
def test_no_other_pin_is_right(pin: str) -> None:
    known = Pair("a", "patient", "", 0.0, PIN_HASH if pin != PIN else "", 0, 0.0)
    assert not is_pin(known, pin)


@pytest.mark.parametrize("role", STAYS)
def test_a_visit_ends_when_it_is_idle_or_long(registry: Registry, wall: Wall, role: str) -> None:
    stay = STAYS[role]  # type: ignore[index]
    pair, _ = registry.pair(role, "", PIN_HASH)  # type: ignore[arg-type]
    idle, _ = registry.sign_in(pair)
    wall.now_s += stay.idle_s + 1
    assert registry.visit(pair.role, idle) is None
    busy, _ = registry.sign_in(pair)
    began_s = wall.now_s
    while wall.now_s - began_s < stay.whole_s - stay.idle_s / 2:
        assert registry.visit(pair.role, busy)
        wall.now_s += stay.idle_s / 2
    wall.now_s = began_s + stay.whole_s + 1
    assert registry.visit(pair.role, busy) is None


def test_a_clock_that_is_set_by_a_year_signs_everybody_out(registry: Registry, wall: Wall) -> None:
    pair, _ = registry.pair("patient", "", PIN_HASH)
    for step_s in (-YEAR_S, YEAR_S):
        token, _ = registry.sign_in(pair)
        wall.now_s += step_s
        assert registry.visit("patient", token) is None


def test_a_revoked_browser_is_signed_out_at_once(registry: Registry) -> None:
    pair, token = registry.pair("therapist", "tablet", PIN_HASH)
    visit_token, visit = registry.sign_in(pair)
    assert registry.revoke(pair.id)
    assert not registry.revoke(pair.id)
    assert registry.visit("therapist", visit_token) is None
    assert not registry.is_living(visit)
    assert registry.paired("therapist", token) is None


def test_no_role_has_anothers_visit_or_browser(registry: Registry) -> None:
    pair, token = registry.pair("patient", "", PIN_HASH)
    visit_token, _ = registry.sign_in(pair)
    assert registry.visit("therapist", visit_token) is None
    assert registry.paired("technician", token) is None


def test_the_file_holds_no_token_code_or_pin(registry: Registry, tmp_path: Path) -> None:
    code = registry.make_code("patient")
    pair, token = registry.pair("patient", "", PIN_HASH)
    visit_token, _ = registry.sign_in(pair)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [secret for secret in (code, token, visit_token) if secret.encode() in kept]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_what_is_kept_is_bounded(registry: Registry) -> None:
    for number in range(PAIRS_MAX + 3):
        registry.pair("patient", str(number), PIN_HASH)
    assert len(registry.pairs()) == PAIRS_MAX
    registry.note("patient", "x", "first")
    registry._file.execute("INSERT INTO audit VALUES (?, 0.0, 'patient', 'x', 'late')", (AUDIT_MAX + 50,))
    registry.note("patient", "x", "last")
    assert [entry.what for entry in registry.audit(10)] == ["last", "late"]


def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path, wall: Wall) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(DiskError):
        Registry(tmp_path, wall)


def test_a_second_process_may_add_a_code(registry: Registry, tmp_path: Path, wall: Wall) -> None:
    other = Registry(tmp_path, wall)
    assert registry.redeem("patient", other.make_code("patient"))
    other.close()


def test_damage_is_no_way_in(registry: Registry) -> None:
    _, token = registry.pair("patient", "", "no hash")
    pair = registry.paired("patient", token)
    assert pair
    assert not is_pin(pair, "no hash")
    with pytest.raises(sqlite3.IntegrityError):
        registry.pair("patient", "", None)  # type: ignore[arg-type]
