"""The one way to every page: who asks is known, may ask, means it, and is written down.

A page is reached only through here. Cookies are out of scripts' reach and never leave this site (HttpOnly, SameSite);
whatever changes something carries the visit's own token besides.
"""

from __future__ import annotations

import hmac
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route as Path
from starlette.types import ASGIApp

from device.errors import IsotoneError
from device.imports import import_name
from device.messages import UNDECODABLE
from device.web.house import Ask, House
from device.web.limits import Limits, TooMuchError
from device.web.registry import Visit
from device.web.roles import Role
from device.web.routes import ROUTES, Route
from device.web.words import WORDS

VISIT, PAIR, LANGUAGE = "isotone-visit", "isotone-pair", "isotone-language"
FIELDS_MAX = 32
DISK = "What the pages keep cannot be written just now; look into the disk of the box."
Page = Callable[[Ask], Awaitable[Response]]


def application(house: House) -> ASGIApp:
    """All pages of the table, behind their gate and limits."""
    paths = [Path(route.path, _guarded(route, house), methods=[route.method]) for route in ROUTES]
    return Limits(Starlette(routes=paths), house.hosts, is_encrypted=house.is_encrypted)


def cookie_name(name: str, house: House) -> str:
    """The cookie's name: browsers take one that begins so over TLS alone."""
    return f"__Secure-{name}" if house.is_encrypted else name


def keep_cookie(response: Response, house: House, name: str, value: str, role: Role, max_age_s: float) -> None:
    """Give a browser a cookie that no script reads and that is sent to this role's pages alone."""
    response.set_cookie(
        cookie_name(name, house), value, max_age=round(max_age_s), path=f"/{role}",
        secure=house.is_encrypted, httponly=True, samesite="strict",
    )  # fmt: skip


def _guarded(route: Route, house: House) -> Callable[[Request], Awaitable[Response]]:
    page: Page = import_name(f"device.web.pages.{route.page}")

    async def answer(request: Request) -> Response:
        try:
            return await _answer(route, house, page, request)
        except TooMuchError as error:
            return PlainTextResponse(str(error), 413, {"connection": "close"})
        except sqlite3.Error:
            return PlainTextResponse(DISK, 503)
        except IsotoneError as error:
            return PlainTextResponse(str(error), 503)

    return answer


async def _answer(route: Route, house: House, page: Page, request: Request) -> Response:
    visit = _visit(route.role, house, request) if route.role else None
    if route.role and visit is None:
        return _turned_away(route.role, request)
    said: Mapping[str, Any] = {}
    if route.method == "POST":
        try:
            said = _fields(request.headers.get("content-type", ""), await request.body())
        except (*UNDECODABLE, TypeError):
            return PlainTextResponse("This is not what the page sends.", 400)
        if not _is_meant(request, said, visit):
            return PlainTextResponse("This was not asked by a page of this box. Load the page anew.", 403)
    ask = Ask(request, house, visit, route.door, said, _language(request))
    if route.noted and visit:
        house.registry.note(visit.role, visit.pair, f"{route.method} {request.url.path[:80]}")
    return await page(ask)


def _visit(role: Role, house: House, request: Request) -> Visit | None:
    token = request.cookies.get(cookie_name(VISIT, house), "")
    return house.registry.visit(role, token) if token else None


def _turned_away(role: Role, request: Request) -> Response:
    """Whoever wants a page is led to its entrance; a script is told."""
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(f"/{role}/enter", 303)
    return JSONResponse({"answer": "refused", "sentence": "Nobody is signed in here.", "away": True}, 401)


def _fields(kind: str, body: bytes) -> Mapping[str, Any]:
    """The fields of a form or of a JSON object.

    Raises:
        ValueError, TypeError: it is neither.
    """
    if kind.startswith("application/json"):
        said = msgspec.json.decode(body)
        if not isinstance(said, dict):
            raise TypeError("no object")
        return said
    return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MAX))


def _is_meant(request: Request, said: Mapping[str, Any], visit: Visit | None) -> bool:
    """Whether a page of this box sent it: browsers say where from, and whoever is signed in has the visit's token."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return False
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    told = request.headers.get("x-csrf-token") or said.get("csrf", "")
    return visit is None or (
        isinstance(told, str) and hmac.compare_digest(told.encode("utf-8", "replace"), visit.csrf.encode())
    )


def _language(request: Request) -> str:
    """The language that was chosen here, or the first that the browser likes and the pages have."""
    if (chosen := request.cookies.get(LANGUAGE, "")) in WORDS:
        return chosen
    liked = re.findall(r"([a-z]{2})(?:-[A-Za-z]+)?", request.headers.get("accept-language", "")[:200])
    return next((language for language in liked if language in WORDS), "en")
