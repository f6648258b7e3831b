"""A whole session by hand in a real browser: paired by the box's code, started, tapped, softened and stopped."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.messages import SelfReport, Softer
from device.sessions.reader import SessionReader
from hardware.bench.running_box import running
from tests.device.web.serving import CHROMIUM, FLAGS, needs_browser
from tests.hil.demo import needs_rig

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytestmark = [needs_rig, needs_browser, pytest.mark.slow, pytest.mark.filterwarnings("default")]
PATIENCE_MS = 60_000


@pytest.fixture
def runtime() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="isoweb", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.timeout(300)
def test_a_session_by_hand_in_a_browser(tmp_path: Path, runtime: Path) -> None:
    with running(tmp_path, runtime, "--rig", "--web", minutes=5.0) as box, playwright.sync_playwright() as library:
        box.wait_for_state("ready", 90)
        page = library.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS)).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"http://127.0.0.1:{box.port}/patient")
        page.fill("[name=code]", box.codes["patient"])
        page.fill("[name=pin]", "2468")
        page.keyboard.press("Enter")
        page.wait_for_url("**/patient")
        page.wait_for_selector("[data-face=ready]")
        page.click("[data-press=play]")
        page.wait_for_selector("[data-face=playing]")
        page.click("[data-wish=softer]")
        page.wait_for_selector("#told:has-text('Done.')")
        page.click("#grid button >> nth=0")
        page.wait_for_selector("#told:has-text('Thank you.')")
        page.click("[data-press=stop]")
        page.wait_for_selector("[data-face=ready]")
        (session,) = box.sessions.iterdir()
        told = [item.message for item in SessionReader(session).messages() if item.stream in ("commands", "stops")]
    assert any(isinstance(message, Softer) and message.author == "patient" for message in told)
    assert any(isinstance(message, SelfReport) and message.value == 1.0 for message in told)
