"""Every route, asked as everybody: only who the table names is let in, and only who means it changes anything."""

from __future__ import annotations

import pytest

from device.web.limits import SAFE_HEADERS
from device.web.roles import ROLES, Role
from device.web.routes import ROUTES, Route
from tests.device.web.asking import Answer, Browser, Site

EVERYBODY: tuple[Role | None, ...] = (*ROLES, None)
IDS = [f"{route.method} {route.path}" for route in ROUTES]


def path_of(route: Route) -> str:
    return route.path.format(name="style.css", process="audio")


def ask(browser: Browser, route: Route) -> Answer:
    return browser.get(path_of(route)) if route.method == "GET" else browser.post(path_of(route), {})


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
@pytest.mark.parametrize("role", EVERYBODY, ids=str)
def test_only_the_role_of_the_table_is_let_in(site: Site, browser: Browser, route: Route, role: Role | None) -> None:
    if role:
        browser.sign_in(role)
        # A cookie that some browser sends to every path opens no other role's page.
        if route.role not in (None, role):
            for name in ("isotone-pair", "isotone-visit"):
                browser.jar["/", name] = browser.jar[f"/{role}", name]
    before = list(site.published)
    answer = ask(browser, route)
    if route.role in (None, role):
        assert answer.status != 401, route
        assert answer.status < 500
    elif route.method == "GET":
        assert (answer.status, answer.headers["location"]) == (303, f"/{route.role}/enter")
        assert not answer.body
    else:
        assert answer.status == 401
        assert site.published == before
    assert {name: answer.headers.get(name) for name in SAFE_HEADERS} == SAFE_HEADERS


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "POST" and route.role], ids=str)
def test_nothing_changes_without_the_visits_own_token(site: Site, browser: Browser, route: Route) -> None:
    assert route.role
    browser.sign_in(route.role)
    for token in ("", "x" * 32, browser.csrf[:-1]):
        assert browser.post(path_of(route), {"button": "play"}, x_csrf_token=token).status == 403
    assert browser.post(path_of(route), {"button": "play"}, origin="http://elsewhere.example").status == 403
    assert browser.post(path_of(route), {"button": "play"}, sec_fetch_site="cross-site").status == 403
    assert not site.published


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_the_other_method_is_no_way_in(browser: Browser, route: Route) -> None:
    methods = {other.method for other in ROUTES if other.path == route.path}
    for method in {"GET", "POST", "PUT", "DELETE", "OPTIONS"} - methods - {"GET"} | ({"GET"} - methods):
        assert browser.ask(method, path_of(route), b"", {}).status == 405


def test_the_table_is_whole() -> None:
    assert len({(route.path, route.method) for route in ROUTES}) == len(ROUTES)
    for route in ROUTES:
        role = next((role for role in ROLES if route.path.split("/")[1] == role), None)
        assert role == (route.role or route.door)
