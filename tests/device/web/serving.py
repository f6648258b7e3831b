"""The pages at a real port, served as the process `web` serves them, and a real browser to look at them."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from device.messages import Message
from device.web.server import Server, settings_of
from tests.device.web.asking import Site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a Chromium of the distribution (apt install chromium)"
)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Serving:
    """A site that is served."""

    def __init__(self, site: Site, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.site, self.port, self._loop = site, port, loop
        self.url = f"http://127.0.0.1:{port}"

    def do(self, what: Callable[[], Any]) -> Any:
        """Do something where the pages live, as the bus does, and wake who draws."""

        async def done() -> Any:
            result = what()
            await self.site.live.tell()
            return result

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(20)

    def hear(self, *messages: Message, process: str = "box") -> None:
        self.do(lambda: self.site.hear(*messages, process=process))

    def code(self, role: Any) -> str:
        return str(self.do(lambda: self.site.registry.make_code(role)))


@contextmanager
def served(site: Site) -> Iterator[Serving]:
    listener = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    server = Server(settings_of(site.house, None))
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        yield Serving(site, listener.getsockname()[1], loop)
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)
        loop.close()
