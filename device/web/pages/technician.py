"""The technician's page: is every part of the box well? Its logs never held a biosignal, and none is shown."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from device import __version__
from device.processes import PROCESSES
from device.text import printable
from device.web.house import Ask, House
from device.web.live import Live
from device.web.roles import ROLES
from device.web.words import NAMES

FRESH_NS = 3_000_000_000
LOG_BYTES = 64 * 1024
LOG_NAMES = (*PROCESSES, "manager", "box", "rig")
AUDIT_SHOWN = 60
MB = 1e6


async def show(ask: Ask) -> Response:
    """The whole page; what moves on it comes as events."""
    return _page(ask)


def _page(ask: Ask, **values: Any) -> Response:
    registry = ask.house.registry
    pairs = [pair._asdict() | {"made": _when(pair.made_s)} for pair in registry.pairs()]
    audit = [entry._asdict() | {"at": _when(entry.at_s)} for entry in registry.audit(AUDIT_SHOWN)]
    known = {"code": "", "code_role": "", "logs": LOG_NAMES, "version": __version__, "roles": ROLES, "names": NAMES}
    return ask.page("technician.html", pairs=pairs, audit=audit, **(known | values))


async def make_code(ask: Ask) -> Response:
    """Show a code by which another browser may be paired."""
    role = next((role for role in ROLES if role == ask.said.get("role")), None)
    if role is None:
        return PlainTextResponse("There is no such role.", 400)
    code = ask.house.registry.make_code(role)
    return _page(ask, code=f"{code[:4]} {code[4:]}", code_role=role)


async def revoke(ask: Ask) -> Response:
    """Forget a browser that was paired."""
    ask.house.registry.revoke(ask.word("pair"))
    return RedirectResponse("/technician", 303)


async def log(ask: Ask) -> Response:
    """The end of what a process printed: sentences and errors, never a signal."""
    name = ask.request.path_params["process"]
    if name not in LOG_NAMES:
        return PlainTextResponse("There is no such process.", 404)
    text = await anyio.to_thread.run_sync(_tail, _log_of(ask.house, name))
    return ask.page("log.html", process=name, text=text, names=NAMES)


def _log_of(house: House, name: str) -> Path:
    """Where a process prints: beside its sockets."""
    is_resident = name in PROCESSES and PROCESSES[name].runs == "always"
    folder = house.always_dir if is_resident or house.live.run_dir is None else house.live.run_dir
    return folder / "rig" / "rig.log" if name == "rig" else folder / f"{name}.log"


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            text = file.read(LOG_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(printable(line) for line in re.split(r"\r?\n", text))


def state(house: House) -> dict[str, Any]:
    """How the box is, as figures."""
    live = house.live
    config = house.config
    return {
        "box": live.box.sentence if live.has_box and live.box else "No box is on; a session may play without one.",
        "light": live.box.light if live.has_box and live.box else "",
        "code": live.box.code if live.has_box and live.box else "",
        "session": live.run_dir.name if live.run_dir else "",
        "processes": [_process(live, name) for name in sorted(live.health)],
        "sensors": [
            {"name": name, "state": status.state, "sentence": status.sentence, "battery": status.battery_percent}
            for name, status in sorted(live.board.sources.items())
        ],
        "underruns": live.board.audio.underruns if live.board.audio else None,
        "late_bars": live.board.audio.late_bars if live.board.audio else None,
        "fallbacks": live.board.fallbacks,
        "dose_percent": round(live.exposure.dose_percent, 1) if live.exposure else None,
        "headphones": live.exposure.headphones if live.exposure else config.headphones.profile,
        "disk": _disk(Path(config.session.directory)),
        "faults": [f"{fault.process}: {fault.sentence} {fault.action}" for fault in list(live.faults)[-8:]],
    }


def _process(live: Live, name: str) -> dict[str, Any]:
    heard_ns, health = live.health[name]
    row = PROCESSES.get(name)
    return {
        "name": name,
        "is_fresh": live.now_ns - heard_ns < FRESH_NS,
        "is_ready": health.ready,
        "starts": health.incarnation + 1,
        "memory_mb": round(health.rss_mb),
        "budget_mb": round(row.memory_budget_mb) if row else None,
        "load_percent": round(live.load.get(name, 0.0), 1),
    }


def _disk(folder: Path) -> dict[str, Any] | None:
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    if there is None:
        return None
    usage = shutil.disk_usage(there)
    return {"free_mb": round(usage.free / MB), "whole_mb": round(usage.total / MB)}


def _when(at_s: float) -> str:
    return f"{dt.datetime.fromtimestamp(at_s, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


class View:
    """Tells the page what is new."""

    least_s = 1.0
    """It is told no more often."""

    def __init__(self, ask: Ask) -> None:
        self._house = ask.house
        self._told: dict[str, Any] = {}

    def news(self) -> list[tuple[str, Any]]:
        now = state(self._house)
        if now == self._told:
            return []
        self._told = now
        return [("state", now)]
