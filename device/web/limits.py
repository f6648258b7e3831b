"""What a stranger's browser may cost: the size of what it sends, the time it takes, and which names it asks for.

Everything is refused before a page is reached. The headers tell browsers to run and load nothing but what is ours.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

BODY_MAX = 16 * 1024
BODY_S = 5.0
"""Time within which a body must be whole."""
HEADER_S = 5.0
"""Time from the first byte of a connection, or of its next request, to the end of its headers."""
HEADER_MAX = 16 * 1024
CLIENTS_MAX = 120
STREAMS_MAX, STREAMS_PER_VISIT = 64, 4
"""Streams of events that are open at once, in all and by one visitor."""

SAFE_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
}


class PatientlessProtocol(H11Protocol):
    """HTTP/1.1 that hangs up on whoever sends headers more slowly than a browser ever does.

    uvicorn only bounds the time between requests (`timeout_keep_alive`), not that of a request's headers.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(HEADER_S, self._hang_up)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._deadline = self.loop.call_later(HEADER_S, self._hang_up)
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forgive()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forgive()
        super().connection_lost(exc)

    def _forgive(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self._deadline = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class TooMuchError(Exception):
    """A body that is too large or too slow."""


class Limits:
    """ASGI middleware around all pages. `hosts` are the names that this box has."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], *, is_encrypted: bool) -> None:
        self._app, self._hosts = app, frozenset(host.lower() for host in hosts)
        self._headers = SAFE_HEADERS | ({"strict-transport-security": "max-age=31536000"} if is_encrypted else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        if not _is_ours(headers.get("host", ""), self._hosts):
            # A page elsewhere whose name was made to lead here (DNS rebinding) reads nothing.
            await self._refuse(scope, receive, send, "This box has another name.", 421)
        elif not _is_small(headers):
            await self._refuse(scope, receive, send, f"A request may have {BODY_MAX} bytes.", 413)
        else:
            await self._app(scope, _bounded(receive), self._safe(send))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, sentence: str, status: int) -> None:
        response = PlainTextResponse(sentence, status, {"connection": "close"})
        await response(scope, receive, self._safe(send))

    def _safe(self, send: Send) -> Send:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return send_safely


def _is_ours(host: str, names: frozenset[str]) -> bool:
    """Whether a browser asked for this box by a name it has, or by a bare address, which no other page can lend."""
    name = _name_of(host)
    if name in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _name_of(host: str) -> str:
    """`isotone.local:8480` is `isotone.local`, `[::1]:8480` is `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _is_small(headers: Headers) -> bool:
    told = headers.get("content-length", "0")
    return told.isascii() and told.isdigit() and len(told) < 10 and int(told) <= BODY_MAX


def _bounded(receive: Receive) -> Receive:
    """The same body, as far as it is small and comes soon."""
    came: dict[str, Any] = {"bytes": 0, "is_whole": False}

    async def receive_bounded() -> Message:
        if came["is_whole"]:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), BODY_S)
        except TimeoutError as error:
            raise TooMuchError(f"The request was not whole within {BODY_S:g} s.") from error
        came["bytes"] += len(message.get("body", b""))
        came["is_whole"] = not message.get("more_body", False)
        if came["bytes"] > BODY_MAX:
            raise TooMuchError(f"A request may have {BODY_MAX} bytes.")
        return message

    return receive_bounded
