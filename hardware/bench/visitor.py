"""A browser without a screen: it is paired with a running box's pages, asks them, and keeps their events open."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

PIN = "2468"
PATIENCE_S = 60.0
LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)"')


class Visitor:
    """Somebody in one role, paired by a code that the box showed."""

    def __init__(self, port: int, role: str, code: str) -> None:
        self._port, self._role = port, role
        self._cookies: dict[str, str] = {}
        form = urlencode({"code": code, "pin": PIN, "label": "bench"})
        self.ask("POST", f"/{role}/pair", form, {"content-type": "application/x-www-form-urlencoded"})
        self.page = self.ask("GET", f"/{role}", None, {"accept": "text/html"})
        found = re.search(r'name="csrf" content="([^"]+)"', self.page)
        assert found, f"{role} was not let in"
        self._csrf = found[1]

    def ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> str:
        """Ask for one page; cookies are kept."""
        with contextlib.closing(HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)) as line:
            return self._answer(self._send(line, method, path, body, headers)).decode()

    def _send(
        self, line: HTTPConnection, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> HTTPResponse:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        line.request(method, path, body, headers | {"cookie": cookies})
        return line.getresponse()

    def _answer(self, answer: HTTPResponse) -> bytes:
        for value in answer.headers.get_all("set-cookie") or []:
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(value).items()}
        return answer.read()

    @contextlib.contextmanager
    def line(self) -> Iterator[HTTPConnection]:
        """A connection that is kept, as browsers keep theirs."""
        with contextlib.closing(HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)) as line:
            yield line

    def post(self, line: HTTPConnection, path: str, said: dict[str, Any]) -> dict[str, Any]:
        """What a button of the page sends, and its answer."""
        headers = {"content-type": "application/json", "x-csrf-token": self._csrf}
        answer = self._answer(self._send(line, "POST", f"/{self._role}/{path}", json.dumps(said), headers))
        told: dict[str, Any] = json.loads(answer)
        return told

    def weight(self) -> int:
        """Bytes of the page and of all that it loads."""
        return len(self.page.encode()) + sum(
            len(self.ask("GET", path, None, {}).encode()) for path in sorted(set(LINKED.findall(self.page)))
        )

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """The page's events, open and read as a browser does."""
        with self.line() as line:
            stream = self._send(line, "GET", f"/{self._role}/events", None, {})
            over = threading.Event()
            reader = threading.Thread(target=_read, args=(stream, over), daemon=True)
            reader.start()
            try:
                yield
            finally:
                over.set()
        reader.join(PATIENCE_S)


def _read(stream: HTTPResponse, over: threading.Event) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        while not over.is_set() and stream.read1(65536):
            pass
