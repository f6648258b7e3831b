"""The process `web`: serves the pages and hears the bus, in one event loop.

It is a resident of the box, or runs alone beside a session (`isotone web`). It holds nothing that music needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from device.clock import wall_time
from device.config import WebConfig
from device.errors import IsotoneError, SystemMissingError
from device.runtime.resident import ResidentContext
from device.web.certificate import certificate_of
from device.web.gate import application
from device.web.house import House
from device.web.limits import CLIENTS_MAX, HEADER_MAX, PatientlessProtocol
from device.web.live import Live
from device.web.pages.feeling import join_session
from device.web.registry import Registry

TEMPLATES = Path(__file__).resolve().parent / "templates"
TURN_S = 0.1
"""How often the bus is looked at: what a page shows is that much late, what it asks is not."""
KEEP_ALIVE_S = 15
THREADS = 8
"""Wishes that wait for their answers at the same time."""


class Server(uvicorn.Server):
    """uvicorn whose end is this process's business, and no signal's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main(context: ResidentContext) -> None:
    """Run until the box goes.

    Raises:
        DiskError: what the pages keep cannot be used.
        SystemMissingError: the address cannot be listened at.
    """
    config = context.config.web
    with contextlib.closing(Registry(Path(config.directory), lambda: wall_time().timestamp())) as registry:
        asyncio.run(_run(context, registry, _listen(config)))


def _listen(config: WebConfig) -> socket.socket:
    """The socket at which browsers ask.

    Raises:
        SystemMissingError: it cannot be had.
    """
    try:
        family = socket.AF_INET6 if ":" in config.address else socket.AF_INET
        return socket.create_server((config.address, config.port), family=family, backlog=64)
    except OSError as error:
        raise SystemMissingError(
            f"The pages cannot listen at {config.address} port {config.port}: {error.strerror}.",
            "Give another `web.port` in device.toml, or end what listens there.",
        ) from error


async def _run(context: ResidentContext, registry: Registry, listener: socket.socket) -> None:
    config = context.config.web
    tls = None if config.is_local else certificate_of(config)
    live = Live(context.clock)
    house = House(
        config=context.config,
        clock=context.clock,
        registry=registry,
        live=live,
        publish=context.publish,
        templates=environment(),
        always_dir=context.folder,
        hosts=("localhost", socket.gethostname(), f"{socket.gethostname()}.local", *config.names),
        is_encrypted=tls is not None,
    )
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    server = Server(settings_of(house, tls))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while context.beat() and not serving.done():
            await _hear(context, house)
            await asyncio.sleep(TURN_S)
    finally:
        server.should_exit = server.force_exit = True
        await serving


def environment() -> Environment:
    """The templates: whatever they are given is escaped, and what they are not given is a fault."""
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def settings_of(house: House, tls: ssl.SSLContext | None) -> uvicorn.Config:
    """How uvicorn serves the pages; what strangers may cost is in `limits`."""
    settings = uvicorn.Config(
        application(house),
        http=PatientlessProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CLIENTS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=HEADER_MAX,
    )
    settings.load()
    settings.ssl = tls
    return settings


async def _hear(context: ResidentContext, house: House) -> None:
    """Take what the bus tells; a session that came is followed from now on."""
    heard = context.receive(0)
    before = house.live.run_dir
    house.live.follow(context.sessions)
    for received in heard:
        house.live.hear(received)
    if heard or house.live.run_dir != before:
        await house.live.tell()
    if house.live.run_dir and house.live.run_dir != before:
        with contextlib.suppress(IsotoneError):  # without its memory a session goes on
            await anyio.to_thread.run_sync(join_session, house, house.live.run_dir.name)
