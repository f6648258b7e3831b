"""The way in, as a stranger and as somebody who belongs here."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from device.listeners.roles import RolePins, seal
from device.web.registry import FREE_TRIES
from device.web.roles import Role
from device.web.words import WORDS
from tests.device.web.asking import PIN, Browser, Site, application


def pair(browser: Browser, role: Role, code: str, pin: str = PIN) -> int:
    return browser.send_form(f"/{role}/pair", {"code": code, "pin": pin, "label": "phone"}).status


def test_a_browser_is_paired_by_the_boxs_code_and_comes_back_by_its_pin(site: Site, browser: Browser) -> None:
    assert browser.get("/patient").headers["location"] == "/patient/enter"
    assert WORDS["en"]["pair-title"] in browser.get("/patient/enter").text
    assert pair(browser, "patient", site.registry.make_code("patient")) == 303
    assert WORDS["en"]["face-away"] in browser.get("/patient").text
    site.wall.now_s += 8 * 24 * 3600.0
    assert browser.get("/patient").status == 303
    assert WORDS["en"]["pin"] in browser.get("/patient/enter").text
    assert browser.send_form("/patient/enter", {"pin": PIN + "1"}).status == 403
    assert browser.send_form("/patient/enter", {"pin": PIN}).status == 303
    assert browser.get("/patient").status == 200


def test_cookies_are_out_of_scripts_reach_and_stay_on_this_site(site: Site, browser: Browser) -> None:
    answer = browser.send_form("/therapist/pair", {"code": site.registry.make_code("therapist"), "pin": PIN})
    assert {cookie["path"] for cookie in answer.cookies.values()} == {"/therapist"}
    assert all(cookie["httponly"] and cookie["samesite"] == "strict" for cookie in answer.cookies.values())


def test_on_a_network_cookies_travel_encrypted_alone(site: Site) -> None:
    site.house = site.house._replace(is_encrypted=True)
    site.app = application(site.house)
    answer = Browser(site).send_form("/patient/pair", {"code": site.registry.make_code("patient"), "pin": PIN})
    assert all(name.startswith("__Secure-") and cookie["secure"] for name, cookie in answer.cookies.items())
    assert "strict-transport-security" in answer.headers


def test_guessing_codes_is_waited_for(site: Site, browser: Browser) -> None:
    code = site.registry.make_code("patient")
    for guess in range(FREE_TRIES):
        assert pair(browser, "patient", f"{guess:08d}") == 403
    assert pair(browser, "patient", code) == 403, "the right one, too soon"
    site.wall.now_s += 31.0
    assert pair(browser, "patient", code) == 303


def test_guessing_pins_is_waited_for(site: Site, browser: Browser) -> None:
    browser.sign_in("patient")
    for _ in range(FREE_TRIES):
        assert browser.send_form("/patient/enter", {"pin": "0000"}).status == 403
    answer = browser.send_form("/patient/enter", {"pin": PIN})
    assert answer.status == 403
    assert "30 seconds" in answer.text


@pytest.mark.parametrize(("role", "expected"), [("therapist", 303), ("technician", 403), ("patient", 403)])
def test_the_pin_of_the_hand_over_pairs_its_own_role(site: Site, tmp_path: Path, role: Role, expected: int) -> None:
    roles_file = tmp_path / "roles.json"
    roles_file.write_bytes(msgspec.json.encode(RolePins(therapist=seal("sheet-pin", b"salt"))))
    site.house = site.house._replace(roles_file=roles_file)
    site.app = application(site.house)
    assert pair(Browser(site), role, "sheet-pin") == expected


@pytest.mark.parametrize("pin", ["", "123", "x" * 65])
def test_a_pin_that_is_none_costs_no_code(site: Site, browser: Browser, pin: str) -> None:
    code = site.registry.make_code("patient")
    assert pair(browser, "patient", code, pin) == 403
    assert pair(browser, "patient", code) == 303


def test_whoever_leaves_is_out(browser: Browser) -> None:
    browser.sign_in("technician")
    assert browser.get("/technician").status == 200
    assert browser.send_form("/technician/leave", {"csrf": browser.csrf}).status == 303
    assert browser.get("/technician").status == 303


@pytest.mark.parametrize("language", WORDS)
def test_the_page_speaks_the_language_of_the_browser_or_the_chosen_one(browser: Browser, language: str) -> None:
    assert WORDS[language]["who"] in browser.get("/", accept_language=f"xx,{language}-CH;q=0.8,en").text.replace(
        "&#39;", "'"
    )
    assert browser.get(f"/language?to={language}&back=//elsewhere.example").headers["location"] == "/"
    assert WORDS[language]["who"] in browser.get("/").text.replace("&#39;", "'")


def test_all_languages_have_the_same_words_and_places_for_figures() -> None:
    import string

    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text)}

    for words in WORDS.values():
        assert {key: fields(text) for key, text in words.items()} == {
            key: fields(text) for key, text in WORDS["en"].items()
        }


def test_what_was_done_is_written_down_without_what_was_said(site: Site, browser: Browser) -> None:
    browser.sign_in("therapist")
    browser.post("/therapist/remark", {"text": "she seems sad"})
    told = [entry.what for entry in site.registry.audit(10)]
    assert "POST /therapist/remark" in told
    assert "sad" not in str(told)
