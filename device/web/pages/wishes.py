"""What a page asks of the music and the box: by the doors and buttons that everybody has, and no other way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import anyio.to_thread
from starlette.responses import JSONResponse, Response

from device.messages import Button, Marker, Press
from device.runtime.asking import ask as ask_session
from device.runtime.asking import knock
from device.runtime.door import Reply, stop_path
from device.text import is_text, printable
from device.web.belief import face_of
from device.web.house import Ask, House
from device.web.roles import AUTHORS

AGAIN_NS = 1_500_000_000
"""A second press of the play button within this time is a double tap, and no wish to pause."""
REMARK_MAX = 500
BUTTONS: tuple[Button, ...] = get_args(Button)


async def wish(ask: Ask) -> Response:
    """Give the session a wish, as `isotone send` does, and tell what became of it."""
    return await _wish(ask, {name: value for name, value in ask.said.items() if name != "csrf"})


async def press(ask: Ask) -> Response:
    """Press a button of the box. A stop goes to the session itself, too, so that it needs no box."""
    button = next((name for name in BUTTONS if name == ask.said.get("button")), None)
    if button is None:
        return _refused(f"The buttons are {', '.join(BUTTONS)}.")
    house = ask.house
    if button == "stop":
        await anyio.to_thread.run_sync(_hush, house)
        house.publish(_pressed(ask, "stop"))
        return await _wish(ask, {"kind": "stop"}) if house.live.run_dir else _taken()
    if not house.live.has_box:
        return _refused("No box is on here that could begin music.")
    if button == "play" and house.clock.now_ns() - house.live.played_ns < AGAIN_NS:
        return _taken()
    house.live.played_ns = house.clock.now_ns() if button == "play" else house.live.played_ns
    house.publish(_pressed(ask, button))
    return _taken()


async def rest(ask: Ask) -> Response:
    """Let the music pause or go on: by the box's button where there is a box, as it knows that it pauses."""
    is_wanted, live = ask.said.get("on") is True, ask.house.live
    if not live.has_box:
        return await _wish(ask, {"kind": "rest" if is_wanted else "play_on"})
    if (face_of(live) == "paused") != is_wanted:
        ask.house.publish(_pressed(ask, "play"))
    return _taken()


async def remark(ask: Ask) -> Response:
    """Write a therapist's words into the session's log."""
    words = " ".join(ask.word("text").split())[:REMARK_MAX]
    if not words or not is_text(words):
        return _refused("Write a few words.")
    if not ask.house.live.run_dir:
        return _refused("No session plays that could be remarked on.")
    ask.house.publish(Marker(t_ns=ask.house.clock.now_ns(), text=f"therapist: {printable(words)}"))
    return _taken()


async def _wish(ask: Ask, said: Mapping[str, Any]) -> Response:
    run_dir = ask.house.live.run_dir
    if run_dir is None:
        return _refused("No session plays just now.")
    if not isinstance(said.get("kind"), str):
        return _refused("A wish has a kind.")
    author = AUTHORS[ask.role]
    reply = await anyio.to_thread.run_sync(ask_session, run_dir, author, said, ask.house.clock)
    if reply is None:
        return _refused("The session has just ended.")
    if ask.visit:
        ask.house.registry.note(ask.role, ask.visit.pair, f"wished {printable(said['kind'])[:40]}: {reply.answer}")
    return _answered(reply)


def _hush(house: House) -> None:
    """Cut short what the box itself is saying."""
    if line := knock(stop_path(house.always_dir, "patient"), {"kind": "stop"}):
        line.close()


def _pressed(ask: Ask, button: Button) -> Press:
    return Press(t_ns=ask.house.clock.now_ns(), button=button, meaning=button, source=f"page of the {ask.role}")


def _taken() -> Response:
    return JSONResponse({"answer": "taken", "sentence": ""})


def _refused(sentence: str) -> Response:
    return JSONResponse({"answer": "refused", "sentence": sentence})


def _answered(reply: Reply) -> Response:
    """An answer is no failure of the page, also where it is a no."""
    return JSONResponse({"answer": reply.answer, "sentence": reply.sentence})
