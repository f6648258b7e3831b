"""THE TABLE of pages: path, method, the function that answers, who may ask, and whether it is written down.

Paths of a role begin with its name, and so do its cookies: a browser may be paired in several roles, and none of them
lends its rights to another. Nobody else decides who may see what; tests ask every row as everybody.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from device.web.roles import ROLES, Role

Method = Literal["GET", "POST"]


class Route(NamedTuple):
    path: str
    method: Method
    page: str
    """`module:function` under `device.web.pages`, called with an `Ask`."""
    role: Role | None
    """Who may ask; None: everybody who reaches the box, and it tells them nothing of anybody."""
    door: Role | None = None
    """Whose way in it is, where nobody is signed in yet."""
    noted: bool = True
    """Whether the audit has a line each time."""


def _of_each(role: Role) -> tuple[Route, ...]:
    """What every role has: the way in and out, its page, and its live events."""
    return (
        Route(f"/{role}/enter", "GET", "entrance:show", None, door=role, noted=False),
        Route(f"/{role}/pair", "POST", "entrance:pair", None, door=role),
        Route(f"/{role}/enter", "POST", "entrance:enter", None, door=role),
        Route(f"/{role}/leave", "POST", "entrance:leave", role),
        Route(f"/{role}", "GET", f"{role}:show", role),
        Route(f"/{role}/events", "GET", "events:stream", role, noted=False),
    )


ROUTES: tuple[Route, ...] = (
    Route("/", "GET", "entrance:choose", None, noted=False),
    Route("/language", "GET", "entrance:speak", None, noted=False),
    Route("/static/{name}", "GET", "files:show", None, noted=False),
    *(route for role in ROLES for route in _of_each(role)),
    Route("/patient/press", "POST", "wishes:press", "patient"),
    Route("/patient/rest", "POST", "wishes:rest", "patient"),
    Route("/patient/wish", "POST", "wishes:wish", "patient"),
    Route("/patient/feeling", "POST", "feeling:keep", "patient"),
    Route("/therapist/press", "POST", "wishes:press", "therapist"),
    Route("/therapist/wish", "POST", "wishes:wish", "therapist"),
    Route("/therapist/remark", "POST", "wishes:remark", "therapist"),
    Route("/technician/log/{process}", "GET", "technician:log", "technician"),
    Route("/technician/code", "POST", "technician:make_code", "technician"),
    Route("/technician/revoke", "POST", "technician:revoke", "technician"),
)
