"""The pages in a real browser: paired, started, tapped and stopped by hand and by keyboard, and read by a machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.messages import Press
from device.web.roles import ROLES
from device.web.words import WORDS
from tests.device.web.asking import PIN, Site
from tests.device.web.music import begin_session, status, whole
from tests.device.web.serving import CHROMIUM, FLAGS, Serving, needs_browser, served

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
pytestmark = [needs_browser, pytest.mark.filterwarnings("default")]
PHONE = {"width": 390, "height": 844}
WORDS_OVER_THE_EDGE = """[...document.querySelectorAll("button")]
    .filter(button => button.scrollWidth > button.clientWidth).map(button => button.textContent)"""
PAGE_BYTES_MAX = 150_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as library:
        browser = library.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def pages(site: Site) -> Iterator[Serving]:
    site.be_ready()
    with served(site) as serving:
        yield serving


class Person:
    """Somebody with a browser, whose console stays clean and who asks nobody but this box."""

    def __init__(self, chromium: Any, pages: Serving, **settings: Any) -> None:
        self.pages = pages
        self.context = chromium.new_context(viewport=PHONE, reduced_motion="reduce", **settings)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda line: self.complaints.append(line.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def pair(self, role: str) -> None:
        self.page.goto(f"{self.pages.url}/{role}")
        self.page.fill("[name=code]", self.pages.code(role))
        self.page.fill("[name=pin]", PIN)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"**/{role}")

    def violations(self) -> list[str]:
        found = axe.Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]


@pytest.fixture
def person(chromium: Any, pages: Serving) -> Iterator[Person]:
    person = Person(chromium, pages)
    yield person
    person.context.close()
    assert not person.complaints
    assert all(url.startswith(pages.url) for url in person.asked), "something was loaded from elsewhere"


def play(pages: Serving, tmp_path: Path) -> None:
    """A session begins and tells of itself."""
    pages.do(lambda: pages.site.live.follow([begin_session(tmp_path)]))
    pages.hear(*whole(pages.site.clock.now_ns()), process="loop")


def presses(pages: Serving) -> list[str]:
    return [message.button for message in pages.site.published if isinstance(message, Press)]


def test_a_patient_pairs_starts_and_stops_and_is_told_what_the_box_believes(
    person: Person, pages: Serving, tmp_path: Path
) -> None:
    person.pair("patient")
    page = person.page
    page.dblclick("[data-press=play]")
    page.wait_for_timeout(300)
    assert presses(pages) == ["play"], "a double tap is one wish"
    play(pages, tmp_path)
    page.wait_for_selector("[data-face=playing]")
    assert page.text_content("#belief") == "You seem rather tense, so the music is slowly becoming calmer."
    pages.do(lambda: pages.site.live.follow([]))
    page.click("[data-press=stop]")
    page.wait_for_timeout(300)
    assert presses(pages) == ["play", "stop"]
    pages.hear(status(pages.site.clock.now_ns(), "ready", "ready"))
    page.wait_for_selector(".on-after >> visible=true")
    page.fill("#after-tension", "20")
    page.click(".on-after button")
    page.wait_for_selector("text=Kept. Thank you.")


def test_the_keyboard_alone_is_enough(person: Person, pages: Serving, tmp_path: Path) -> None:
    person.pair("patient")
    page = person.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert presses(pages) == ["play"]
    play(pages, tmp_path)
    page.wait_for_selector("[data-face=playing]")
    page.focus("#grid [tabindex='0']")
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "calm, pleasant"
    page.keyboard.press("Space")
    page.wait_for_selector("#grid [aria-checked=true]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(chromium: Any, pages: Serving, tmp_path: Path, scheme: str) -> None:
    person = Person(chromium, pages, color_scheme=scheme)
    page = person.page
    page.goto(pages.url)
    assert person.violations() == []
    for role in ROLES:
        page.goto(f"{pages.url}/{role}/enter")
        assert person.violations() == []
        person.pair(role)
        page.wait_for_timeout(200)
        assert person.violations() == []
    play(pages, tmp_path)
    for path, shown in (("patient", "[data-face=playing]"), ("therapist", ".channel"), ("technician", "#figures dd")):
        page.goto(f"{pages.url}/{path}")
        page.wait_for_selector(shown)
        assert person.violations() == []
    page.goto(f"{pages.url}/technician/log/audio")
    assert person.violations() == []
    person.context.close()


def test_every_language_fits_a_small_phone(chromium: Any, pages: Serving, tmp_path: Path) -> None:
    person = Person(chromium, pages)
    person.page.set_viewport_size({"width": 320, "height": 640})
    person.pair("patient")
    play(pages, tmp_path)
    for language, words in WORDS.items():
        person.page.goto(f"{pages.url}/language?to={language}&back=/patient")
        person.page.wait_for_selector(f"text={words['too-much']}")
        assert person.page.evaluate("document.documentElement.lang") == language
        assert person.page.evaluate("document.documentElement.scrollWidth") <= 320, language
        assert person.page.evaluate(WORDS_OVER_THE_EDGE) == [], language
    person.context.close()


@pytest.mark.parametrize("role", ROLES)
def test_a_page_weighs_little(person: Person, pages: Serving, role: str) -> None:
    person.pair(role)
    loaded = """performance.getEntries().filter(entry => entry.transferSize && !entry.name.endsWith("/events"))
                .map(entry => entry.decodedBodySize)"""
    assert 0 < sum(person.page.evaluate(loaded)) <= PAGE_BYTES_MAX


def test_names_are_text_and_never_a_page(person: Person, pages: Serving, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>\u202e"
    person.page.goto(f"{pages.url}/technician")
    person.page.fill("[name=code]", pages.code("technician"))
    person.page.fill("[name=pin]", PIN)
    person.page.fill("[name=label]", evil)
    person.page.click("button.main")
    person.page.wait_for_url("**/technician")
    assert "<img src=x" in str(person.page.text_content("main"))
    pages.do(lambda: pages.site.live.follow([begin_session(tmp_path, evil)]))
    person.pair("therapist")
    person.page.wait_for_selector("#listener:has-text('<img')")
    assert person.page.query_selector("main img, header img") is None
