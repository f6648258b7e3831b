"""What strangers send costs one refusal: too much, too slow, by another name, or nonsense; and never a server error."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.web import limits
from device.web.limits import BODY_MAX, STREAMS_PER_VISIT
from device.web.pages import events
from device.web.routes import ROUTES
from tests.device.web.asking import Browser, Site, ask
from tests.device.web.music import begin_session, whole
from tests.device.web.serving import served

WORDS = st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | WORDS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(WORDS, each, max_size=4),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["kind", "button", "text", "when", "tension", "value", "cue", "voice", "role", "pair", "pin", "code", "on"]
)
KINDS = st.sampled_from(["stop", "softer", "self_report", "nudge", "less_of", "play", "before", "after", "approve"])
BODIES = st.dictionaries(FIELDS, KINDS | JSON, max_size=5).map(lambda said: json.dumps(said).encode()) | st.binary(
    max_size=200
)
CONTENT = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""]
)


@pytest.mark.parametrize("host", ["elsewhere.example", "", "localhost.elsewhere.example", "localhost@elsewhere"])
def test_a_page_elsewhere_cannot_lend_the_box_its_name(browser: Browser, host: str) -> None:
    assert browser.get("/", host=host).status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8480", "127.0.0.1:8480", "[::1]:8480", "192.168.4.1"])
def test_its_own_names_and_bare_addresses_are_known(browser: Browser, host: str) -> None:
    assert browser.get("/", host=host).status == 200


@pytest.mark.parametrize("told", [str(BODY_MAX + 1), "9" * 30, "-1", "many", "１"])
def test_a_body_that_says_it_is_too_large_is_not_read(browser: Browser, told: str) -> None:
    assert browser.ask("POST", "/patient/pair", b"x", {"content-length": told}).status == 413


def test_a_body_that_is_larger_than_it_said_is_refused(browser: Browser) -> None:
    assert browser.ask("POST", "/patient/pair", b"x" * (BODY_MAX + 1), {"content-length": "1"}).status == 413


def test_a_body_that_never_comes_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_S", 0.05)
    sent: list[dict[str, Any]] = []

    async def never() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/patient/pair", "query_string": b"",
        "headers": [(b"host", b"localhost")], "scheme": "http", "root_path": "", "server": ("localhost", 80),
    }  # fmt: skip
    asyncio.run(site.app(scope, never, send))
    assert sent[0]["status"] == 413


def test_headers_that_trickle_are_hung_up_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEADER_S", 0.3)
    with served(site) as serving, socket.create_connection(("127.0.0.1", serving.port)) as line:
        line.settimeout(20)
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        for _ in range(100):
            try:
                line.sendall(b"X-A: b\r\n")
            except OSError:
                break
            time.sleep(0.05)
        else:
            pytest.fail("nobody hung up")


def test_an_ordinary_browser_is_not_hung_up_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEADER_S", 0.3)
    with served(site) as serving, contextlib.closing(HTTPConnection("127.0.0.1", serving.port, timeout=20)) as line:
        for _ in range(3):
            line.request("GET", "/")
            answer = line.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
            time.sleep(0.5)
        assert line.sock, "it was hung up on"


@pytest.mark.parametrize(
    "path", ["/static/../server.py", "/static/%2e%2e/gate.py", "/static/..%2fgate.py", "/static//etc/passwd"]
)
def test_no_path_leads_out_of_the_folder(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 404


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "audio.log", "audio\0", "%2e%2e"])
def test_no_log_is_read_but_of_a_process(browser: Browser, name: str) -> None:
    browser.sign_in("technician")
    assert browser.get(f"/technician/log/{name}").status == 404


def test_one_visitor_opens_few_streams(site: Site, browser: Browser) -> None:
    browser.sign_in("patient")
    (token,) = site.registry._file.execute("SELECT token FROM visits").fetchone()
    events._open[token] = STREAMS_PER_VISIT
    try:
        assert browser.get("/patient/events").status == 429
    finally:
        del events._open[token]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from([route for route in ROUTES if "events" not in route.path]),
    body=BODIES,
    content=CONTENT,
    data=st.data(),
)
def test_nonsense_is_no_server_error(
    site: Site, tmp_path: Path, route: Any, body: bytes, content: str, data: Any
) -> None:
    browser = Browser(site)
    if route.role:
        browser.sign_in(route.role)
    if data.draw(st.booleans()):
        site.live.follow([begin_session(tmp_path)])
        site.hear(*whole(site.clock.now_ns()), process="loop")
    name = data.draw(st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1, max_size=20))
    path = route.path.format(name=name, process=name).replace("?", "")
    answer = browser.ask(route.method, path, body, {"content-type": content, "x-csrf-token": browser.csrf})
    assert answer.status < 500, answer.text


@given(
    headers=st.dictionaries(
        st.sampled_from(["cookie", "accept-language", "origin", "content-type", "host"]),
        st.text(st.characters(max_codepoint=255), max_size=60),
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_strange_headers_are_no_server_error(site: Site, headers: dict[str, str]) -> None:
    assert asyncio.run(ask(site.app, "GET", "/patient", b"", headers)).status < 500
    assert asyncio.run(ask(site.app, "POST", "/patient/enter", b"", headers)).status < 500
