"""Pictures of the pages for the documents: `python -m tests.device.web.pictures FOLDER`, of a made-up session."""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from PIL import Image

from device.messages import Health
from device.processes import PROCESSES
from device.web.live import PathPoint
from tests.device.web.asking import PIN, Site, site_in
from tests.device.web.music import begin_session, decision, played, status, whole
from tests.device.web.serving import CHROMIUM, FLAGS, Serving, served

PHONE, TABLET, DESKTOP = (390, 844), (820, 1180), (1366, 900)
COLOURS = 256
PATIENCE_MS = 120_000


class Picture(NamedTuple):
    name: str
    role: str
    size: tuple[int, int]
    scheme: str = "light"
    plays: bool = True
    language: str = "en"


PICTURES = (
    Picture("patient-ready-phone", "patient", PHONE, plays=False),
    Picture("patient-phone", "patient", PHONE),
    Picture("patient-phone-dark", "patient", PHONE, "dark", language="de"),
    Picture("patient-desktop", "patient", DESKTOP),
    Picture("therapist-tablet", "therapist", TABLET),
    Picture("therapist-desktop", "therapist", DESKTOP),
    Picture("therapist-desktop-dark", "therapist", DESKTOP, "dark"),
    Picture("technician-phone", "technician", PHONE),
    Picture("technician-desktop", "technician", DESKTOP),
)


def play(site: Site, folder: Path) -> None:
    """A session in the eighth minute of its way."""
    now_ns = site.clock.now_ns()
    site.live.follow([begin_session(folder)])
    site.hear(*whole(now_ns - 480 * 10**9), process="loop")
    site.live.path = [
        PathPoint(at_s, 0.1, 0.55 - at_s / 1500 + 0.08 * math.sin(at_s / 23), 0.1 + at_s / 3000, 0.5 - at_s / 1100)
        for at_s in (2.0 * index for index in range(240))
    ]
    site.live.bars.clear()
    for index in range(-2, 3):
        bar = msgspec.structs.replace(played(now_ns + index * 3_333_000_000), bar_index=140 + index)
        site.hear(bar, process="audio")
    site.hear(*whole(now_ns)[2:], decision(now_ns, "policy"), process="loop")
    for name, row in PROCESSES.items():
        told = {"pid": 1, "incarnation": 0, "ready": True, "rss_mb": row.memory_budget_mb * 0.8, "cpu_s": 1.0}
        site.hear(Health(t_ns=now_ns, process=name, **told), process=name)
    site.hear(status(now_ns))


def take(browser: Any, pages: Serving, picture: Picture, folder: Path) -> None:
    width, height = picture.size
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=picture.scheme, locale=picture.language
    )
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{pages.url}/{picture.role}")
    page.fill("[name=code]", pages.code(picture.role))
    page.fill("[name=pin]", PIN)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{picture.role}")
    page.wait_for_timeout(1500)
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    page.close()


def main(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as library:
        browser = library.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for plays in (False, True):
            with tempfile.TemporaryDirectory() as place, site_in(Path(place)) as site, served(site) as pages:
                site.be_ready()
                if plays:
                    pages.do(lambda: play(site, Path(place)))
                for picture in PICTURES:
                    if picture.plays == plays:
                        take(browser, pages, picture, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
