"""How a listener feels before and after: what three sliders said is kept in the box's memory of them."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
from starlette.responses import JSONResponse, Response

from device.clock import wall_time
from device.listeners import ratings
from device.listeners.names import is_anybody
from device.listeners.ratings import ITEMS, LEAST, MOST, WHENS, When
from device.listeners.store import open_store
from device.web.house import Ask, House


def listener_of(house: House) -> str:
    """Who listens here: whose session plays, or else whom the box plays to."""
    return house.live.listener or house.config.box.listener


async def keep(ask: Ask) -> Response:
    """Keep what the sliders say. Before a session it belongs to the one that begins next."""
    listener = listener_of(ask.house)
    when = next((name for name in WHENS if name == ask.said.get("when")), None)
    told = {item: value for item in ITEMS if (value := _number(ask.said.get(item))) is not None}
    if when is None or not told or is_anybody(listener):
        return JSONResponse({"answer": "refused", "sentence": ""})
    session = ask.house.live.ended if when == "after" else ""
    await anyio.to_thread.run_sync(_write, ask.house, listener, session, when, told)
    return JSONResponse({"answer": "taken", "sentence": ask.words["kept"]})


def _write(house: House, listener: str, session: str, when: When, told: dict[str, float]) -> None:
    with open_store(Path(house.config.listeners.directory)) as store:
        ratings.keep(store, store.meet(listener), session, when, told, wall_time())


def join_session(house: House, session: str) -> None:
    """What was told just before a session belongs to it from now on."""
    folder, listener = Path(house.config.listeners.directory), house.live.listener
    if is_anybody(listener):
        return
    with open_store(folder) as store:
        ratings.begin(store, store.meet(listener), session, wall_time())


def _number(told: object) -> float | None:
    """A value on the scale; None for anything else."""
    try:
        value = float(told) if isinstance(told, str | int | float) and not isinstance(told, bool) else -1.0
    except (ValueError, OverflowError):
        return None
    return value if LEAST <= value <= MOST else None
