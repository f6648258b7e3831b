"""The rig's control socket: one JSON line in, one out, so that tests and keys can break things while it runs.

`{"do": "unplug", "for_s": 10}` begins a fault of `faults.list_faults` and mends it after ten seconds; without `for_s`
it stays until `{"do": "mend", "fault": "unplug"}`, or `{"do": "mend"}` for all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hardware.faults import Breakage

ANSWER_S = 5.0


def socket_path(folder: Path) -> Path:
    return folder / "control.ipc"


def send(folder: Path, command: Mapping[str, Any]) -> None:
    """Give a running rig a command and wait until it is carried out.

    Raises:
        OSError: no rig runs in `folder`.
        ValueError: the rig refused, with its words.
    """
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ANSWER_S)
        line.connect(str(socket_path(folder)))
        line.sendall(json.dumps(dict(command)).encode() + b"\n")
        refusal = json.loads(line.makefile().readline())["refusal"]
    if refusal:
        raise ValueError(refusal)


class Control:
    """Serves `send`; faults that are under way are mended at most once."""

    def __init__(self, folder: Path, faults: Mapping[str, Breakage]) -> None:
        self._path, self._faults = socket_path(folder), faults
        self._mending: dict[str, asyncio.Task[None] | None] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for task in self._mending.values():
            if task is not None:
                task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            async for line in reader:
                writer.write(json.dumps({"refusal": await self._answer(line)}).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> str:
        try:
            command = json.loads(line)
            await self._carry_out(command["do"], command.get("fault"), float(command.get("for_s", 0)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return f"{type(error).__name__}: {error}; known faults: {', '.join(self._faults)}"
        return ""

    async def _carry_out(self, what: str, fault: str | None, for_s: float) -> None:
        if what != "mend":
            await self._break(what, for_s)
            return
        for name in [fault] if fault else list(self._mending):
            await self._mend(name)

    async def _break(self, name: str, for_s: float) -> None:
        fault = self._faults[name]
        await self._mend(name)
        await fault.begin()
        self._mending[name] = asyncio.create_task(self._mend_after(name, for_s)) if for_s > 0 else None

    async def _mend_after(self, name: str, for_s: float) -> None:
        await asyncio.sleep(for_s)
        del self._mending[name]
        await self._faults[name].end()

    async def _mend(self, name: str) -> None:
        fault = self._faults[name]
        if name not in self._mending:
            return
        task = self._mending.pop(name)
        if task is not None:
            task.cancel()
        await fault.end()
