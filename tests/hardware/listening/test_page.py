"""The page works from the disk alone, betrays nobody, and what it saves can be read."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from device.music import GENERATORS
from hardware.listening.answers import parse_answers
from hardware.listening.page import write_page
from hardware.listening.study import HUMAN, plan

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
KEY = plan(4, 3, "composer-9.9.9", [Path("Nocturne.mid")])
LISTENER = """
const texts = [];
URL.createObjectURL = (blob) => { blob.text().then((text) => { document.body.textContent = text; }); return "#"; };
byId("welcome").querySelector("button").click();
byId("sound").querySelector("[data-go]").click();
byId("begin").click();
byId("next").click();
texts.push(byId("missing").textContent);
let turn = 0;
while (state.at !== "end") {
  if (state.at === "ready") { byId("start").click(); continue; }
  const keys = [["ArrowRight", 1 + turn % 4], ["ArrowDown", 2]];
  for (const [key, times] of keys) for (let i = 0; i < times; i++) {
    byId("square").dispatchEvent(new KeyboardEvent("keydown", { key }));
  }
  document.querySelectorAll("input[name=rest]")[turn % 5].click();
  byId("words").value = " \\"calm\\" <b> " + texts[0];
  heard_s = 30;
  byId("next").click();
  turn += 1;
}
byId("save").click();
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "index.html"
    write_page(KEY, path)
    return path


def test_the_page_names_no_composer_and_no_place(page: Path) -> None:
    text = page.read_text("utf-8").lower()
    for word in (*GENERATORS, "composer", HUMAN, "nocturne", "target", "repeat"):
        assert word not in text, word
    assert all(clip.id in text for clip in KEY.clips)


def test_the_page_asks_nothing_of_the_net(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"https?:|//[a-z]|fetch\(|XMLHttp|sendBeacon|<link|src=\"", text)
    assert "default-src 'none'" in text
    assert not re.search(r"/\*[A-Z]+\*/|<!--[A-Z]+-->", text)


def test_what_comes_twice_comes_early_and_late(page: Path) -> None:
    def part(name: str) -> set[str]:
        found = re.search(rf'"{name}": \[([^\]]*)\]', page.read_text("utf-8"))
        assert found
        return set(re.findall(r'"(\w+)"', found[1]))

    repeats = [clip for clip in KEY.clips if clip.role == "repeat"]
    assert repeats
    assert {clip.id for clip in repeats} <= part("late")
    assert {clip.repeats for clip in repeats} <= part("early")
    assert sum(map(len, map(part, ("practice", "early", "middle", "late")))) == len(KEY.clips)


def run_in_browser(page: Path, script: str) -> str:
    """The page's text after a script was run in it."""
    if not CHROMIUM:
        pytest.skip("needs Chromium")
    driven = page.with_name("driven.html")
    driven.write_text(page.read_text("utf-8").replace("</body>", f"<script>{script}</script></body>"), "utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=3000", "--dump-dom", driven.as_uri()],
        capture_output=True,
        check=False,
        text=True,
        timeout=100,
    )
    found = re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    assert found, done.stderr
    return html.unescape(found[1])


def test_a_listener_with_a_keyboard_goes_through_and_the_answers_can_be_read(page: Path) -> None:
    answers = parse_answers(run_in_browser(page, LISTENER).encode(), KEY)
    assert {answer.clip for answer in answers.answers} == {clip.id for clip in KEY.clips}
    assert {answer.arousal for answer in answers.answers} == {-0.5}
    assert {answer.valence for answer in answers.answers} == {0.25, 0.5, 0.75, 1.0}
    assert {answer.rest for answer in answers.answers} == set(range(5))
    assert answers.answers[0].words.startswith('"calm" <b> Please listen to the piece first')


def test_clips_beside_the_page_can_be_loaded(page: Path) -> None:
    (page.parent / "clips").mkdir()
    for clip in KEY.clips:
        wavfile.write(page.parent / clip.file, 48000, np.zeros((4800, 2), np.int16))
    script = """
        document.querySelector("[data-go=sound]").click();
        audio.onloadedmetadata = () => { document.body.textContent = "loaded " + audio.duration; };
        audio.onerror = () => { document.body.textContent = "error"; };
    """
    assert run_in_browser(page, script).strip() == "loaded 0.1"
