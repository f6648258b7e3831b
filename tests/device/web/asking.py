"""The pages without a network: a browser that speaks ASGI, and a house whose box is a list of messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from device.clock import VirtualClock
from device.config import DeviceConfig
from device.messages import BoxStatus, Message
from device.runtime.bus import Received
from device.streams import topic_of
from device.web.gate import application
from device.web.house import House
from device.web.live import Live
from device.web.registry import Registry, hash_pin
from device.web.roles import ROLES, Role
from device.web.server import environment

PIN = "2468"
PIN_HASH = hash_pin(PIN)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    cookies: SimpleCookie
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Wall:
    """A wall clock that a test may set."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


class Site:
    """The pages of a box, and what it heard from them."""

    def __init__(self, folder: Path) -> None:
        self.wall, self.clock = Wall(), VirtualClock(10**12)
        self.registry = Registry(folder / "web", self.wall)
        self.published: list[Message] = []
        device = DeviceConfig()
        config = msgspec.structs.replace(
            device,
            session=msgspec.structs.replace(device.session, directory=str(folder / "sessions")),
            listeners=msgspec.structs.replace(device.listeners, directory=str(folder / "listeners")),
            box=msgspec.structs.replace(device.box, listener="Ada"),
        )
        self.live = Live(self.clock)
        self.house = House(
            config=config, clock=self.clock, registry=self.registry, live=self.live, publish=self.published.append,
            templates=environment(), always_dir=folder, hosts=("localhost",),
        )  # fmt: skip
        self.app = application(self.house)

    def hear(self, *messages: Message, process: str = "box") -> None:
        for message in messages:
            payload = msgspec.msgpack.encode(message)
            self.live.hear(Received(topic_of(message), process, 0, 0, 0, payload))

    def be_ready(self) -> None:
        self.hear(BoxStatus(t_ns=self.clock.now_ns(), state="ready", sentence="Ready.", light="ready"))


class Browser:
    """Somebody's browser: it keeps cookies by path, as real ones do, and the token of the page it saw."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.jar: dict[tuple[str, str], str] = {}
        self.csrf = ""

    def sign_in(self, role: Role) -> None:
        pair, token = self.site.registry.pair(role, f"{role}'s own", PIN_HASH)
        visit_token, visit = self.site.registry.sign_in(pair)
        self.jar[f"/{role}", "isotone-pair"] = token
        self.jar[f"/{role}", "isotone-visit"] = visit_token
        self.csrf = visit.csrf

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, b"", {"accept": "text/html"} | _named(headers))

    def post(self, path: str, said: Any, **headers: str) -> Answer:
        named = {"content-type": "application/json", "x-csrf-token": self.csrf} | _named(headers)
        return self.ask("POST", path, json.dumps(said).encode(), named)

    def send_form(self, path: str, said: dict[str, str], **headers: str) -> Answer:
        named = {"content-type": "application/x-www-form-urlencoded"} | _named(headers)
        return self.ask("POST", path, urlencode(said).encode(), named)

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        answer = asyncio.run(ask(self.site.app, method, path, body, {"cookie": self._cookies(path)} | headers))
        for name, cookie in answer.cookies.items():
            self.jar[cookie["path"], name] = cookie.value
        return answer

    def _cookies(self, path: str) -> str:
        fits = [
            (name, value)
            for (at, name), value in self.jar.items()
            if path == at or path.startswith(at.rstrip("/") + "/")
        ]
        return "; ".join(f"{name}={value}" for name, value in fits)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


async def ask(app: Any, method: str, path: str, body: bytes, headers: dict[str, str], stop_after: int = 3) -> Answer:
    """Ask an ASGI application. Of a stream that does not end the first chunks are taken."""
    bare, _, query = path.partition("?")
    named = {"host": "localhost:8480", "content-length": str(len(body))} | headers
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": bare, "raw_path": bare.encode("utf-8", "replace"), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in named.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8480), "state": {},
    }  # fmt: skip
    sent: list[dict[str, Any]] = []
    enough = asyncio.Event()
    asked = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if asked:
            return asked.pop()
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if sum(item["type"] == "http.response.body" for item in sent) >= stop_after:
            enough.set()

    running = asyncio.ensure_future(app(scope, receive, send))
    watching = asyncio.ensure_future(enough.wait())
    await asyncio.wait({running, watching}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    enough.set()
    watching.cancel()
    await asyncio.wait({running}, timeout=10)
    if running.done():
        running.result()
    start = next(item for item in sent if item["type"] == "http.response.start")
    cookies = SimpleCookie()
    found = {}
    for name, value in start["headers"]:
        if name.lower() == b"set-cookie":
            cookies.load(value.decode("latin-1"))
        found[name.decode("latin-1").lower()] = value.decode("latin-1")
    return Answer(start["status"], found, cookies, b"".join(item.get("body", b"") for item in sent[1:]))


@contextmanager
def site_in(folder: Path) -> Iterator[Site]:
    site = Site(folder)
    try:
        yield site
    finally:
        site.registry.close()


__all__ = ["PIN", "ROLES", "Answer", "Browser", "Site", "ask", "site_in"]
