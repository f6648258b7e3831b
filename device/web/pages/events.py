"""Live events: each page is told what it shows whenever that changes, as server-sent events."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import anyio
import msgspec
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from device.imports import import_name
from device.web.house import Ask
from device.web.limits import STREAMS_MAX, STREAMS_PER_VISIT

MOST_S = 5.0
"""A page hears at least so often that somebody is there."""
RETRY_MS = 1500
_open: Counter[str] = Counter()
"""Streams by visit."""


async def stream(ask: Ask) -> Response:
    """What the page of this role shows, now and from now on."""
    assert ask.visit
    if _open[ask.visit.token] >= STREAMS_PER_VISIT or _open.total() >= STREAMS_MAX:
        return PlainTextResponse("Too many pages are open at once.", 429)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_told(ask), media_type="text/event-stream", headers=headers)


async def _told(ask: Ask) -> AsyncIterator[bytes]:
    assert ask.visit
    _open[ask.visit.token] += 1
    try:
        yield b"retry: %d\n\n" % RETRY_MS
        async for event in _events(ask):
            yield event
    finally:
        _open[ask.visit.token] -= 1
        if not _open[ask.visit.token]:
            del _open[ask.visit.token]


async def _events(ask: Ask) -> AsyncIterator[bytes]:
    """Events of the role's own view, which says what is new to this page; a sign of life where nothing is."""
    assert ask.visit
    view = import_name(f"device.web.pages.{ask.role}:View")(ask)
    seen = -1
    while ask.house.registry.is_living(ask.visit):
        news: list[tuple[str, Any]] = view.news()
        for name, told in news:
            yield b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(told))
        if not news:
            yield b": here\n\n"
        await anyio.sleep(view.least_s)
        seen = await ask.house.live.changed(seen, MOST_S)
    yield b"event: away\ndata: {}\n\n"
