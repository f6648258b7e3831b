"""The way in: choosing a role, pairing a browser by the box's code, giving the PIN, and leaving."""

from __future__ import annotations

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.responses import RedirectResponse, Response

from device.listeners.roles import is_pin_of, read_roles
from device.text import is_text
from device.web.gate import LANGUAGE, PAIR, VISIT, cookie_name, keep_cookie
from device.web.house import Ask
from device.web.registry import Pair, RefusedError, check_pin, hash_pin, is_pin
from device.web.roles import ROLES, STAYS
from device.web.words import NAMES, WORDS

PAIRED_S = 400 * 24 * 3600.0
"""How long a browser remembers that it is paired: the longest that browsers allow."""
LABEL_MAX = 40
_one_at_a_time = CapacityLimiter(1)
"""A PIN costs 19 MiB while it is looked at."""


async def choose(ask: Ask) -> Response:
    """Ask who somebody is."""
    return ask.page("choose.html", roles=ROLES, names=NAMES)


async def speak(ask: Ask) -> Response:
    """Speak another language from now on."""
    chosen = ask.request.query_params.get("to", "")
    back = ask.request.query_params.get("back", "")
    # Only a page of ours is gone back to.
    response = RedirectResponse(back if back in ("/", *(f"/{role}" for role in ROLES)) else "/", 303)
    if chosen in WORDS:
        response.set_cookie(LANGUAGE, chosen, max_age=round(PAIRED_S), path="/", httponly=True, samesite="strict")
    return response


async def show(ask: Ask) -> Response:
    """The PIN of a browser that is known, or the code for one that is not."""
    is_known = _pair(ask) is not None and "new" not in ask.request.query_params
    return ask.page("enter.html" if is_known else "pair.html", role=ask.role, refusal="", names=NAMES)


async def pair(ask: Ask) -> Response:
    """Know this browser from now on, and let it in."""
    registry, role, pin = ask.house.registry, ask.role, ask.word("pin")
    label = ask.word("label").strip()[:LABEL_MAX]
    try:
        check_pin(pin)
        registry.begin_guess()
        await _check_code(ask)
    except RefusedError as error:
        registry.note(role, "", f"pairing refused: {error.word}")
        return ask.page("pair.html", 403, role=role, refusal=_sentence(ask, error), names=NAMES)
    registry.end_guess()
    hashed = await anyio.to_thread.run_sync(hash_pin, pin, limiter=_one_at_a_time)
    known, token = registry.pair(role, label if is_text(label) else "", hashed)
    registry.note(role, known.id, "paired")
    response = _let_in(ask, known)
    keep_cookie(response, ask.house, PAIR, token, role, PAIRED_S)
    return response


async def _check_code(ask: Ask) -> None:
    """A code that the box showed, or the PIN that the role was given when the box was set up.

    Raises:
        RefusedError: it is neither.
    """
    told, role = ask.word("code"), ask.role
    if ask.house.registry.redeem(role, told):
        return
    if role != "patient":
        pins = read_roles(ask.house.roles_file)
        if await anyio.to_thread.run_sync(is_pin_of, pins, role, told, limiter=_one_at_a_time):
            return
    raise RefusedError("wrong-code")


async def enter(ask: Ask) -> Response:
    """Let in who gives the PIN of this browser."""
    registry, known = ask.house.registry, _pair(ask)
    if known is None:
        return RedirectResponse(f"/{ask.role}/enter", 303)
    try:
        registry.begin_try(known)
    except RefusedError as error:
        return _kept_out(ask, known, error)
    is_right = await anyio.to_thread.run_sync(is_pin, known, ask.word("pin"), limiter=_one_at_a_time)
    return _let_in(ask, known) if is_right else _kept_out(ask, known, RefusedError("wrong-pin"))


def _kept_out(ask: Ask, known: Pair, error: RefusedError) -> Response:
    ask.house.registry.note(ask.role, known.id, f"not let in: {error.word}")
    return ask.page("enter.html", 403, role=ask.role, refusal=_sentence(ask, error), names=NAMES)


async def leave(ask: Ask) -> Response:
    """Sign out."""
    assert ask.visit
    ask.house.registry.sign_out(ask.visit)
    response = RedirectResponse("/", 303)
    response.delete_cookie(cookie_name(VISIT, ask.house), path=f"/{ask.role}")
    return response


def _pair(ask: Ask) -> Pair | None:
    token = ask.request.cookies.get(cookie_name(PAIR, ask.house), "")
    return ask.house.registry.paired(ask.role, token) if token else None


def _let_in(ask: Ask, known: Pair) -> Response:
    token, _ = ask.house.registry.sign_in(known)
    ask.house.registry.note(known.role, known.id, "signed in")
    response = RedirectResponse(f"/{known.role}", 303)
    keep_cookie(response, ask.house, VISIT, token, known.role, STAYS[known.role].whole_s)
    return response


def _sentence(ask: Ask, error: RefusedError) -> str:
    seconds = round(error.left_s)
    unit, count = ("seconds", seconds) if seconds < 120 else ("minutes", -(-seconds // 60))
    return ask.words[error.word].format(wait=ask.words[unit].format(n=count))
