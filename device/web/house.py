"""What every page is given: who asks, what they sent, and what this process knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from device.clock import Clock
from device.config import DeviceConfig
from device.listeners.roles import ROLES_FILE
from device.messages import Message
from device.web.live import Live
from device.web.registry import Registry, Visit
from device.web.roles import Role
from device.web.words import WORDS


class House(NamedTuple):
    """What there is once."""

    config: DeviceConfig
    clock: Clock
    registry: Registry
    live: Live
    publish: Callable[[Message], object]
    templates: Environment
    always_dir: Path
    """Where the box and this process publish."""
    roles_file: Path = ROLES_FILE
    """The PINs that roles were given when the box was set up."""
    hosts: tuple[str, ...] = ()
    is_encrypted: bool = False


class Ask(NamedTuple):
    """One request, after the gate let it in."""

    request: Request
    house: House
    visit: Visit | None
    door: Role | None
    said: Mapping[str, Any]
    """The fields of the body."""
    language: str

    @property
    def words(self) -> Mapping[str, str]:
        return WORDS[self.language]

    @property
    def role(self) -> Role:
        """Whose page it is."""
        role = self.visit.role if self.visit else self.door
        assert role is not None
        return role

    def word(self, name: str) -> str:
        """A short text field of the body."""
        value = self.said.get(name, "")
        return value if isinstance(value, str) else ""

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page as HTML."""
        common = {
            "w": self.words, "language": self.language, "csrf": self.visit.csrf if self.visit else "",
            "path": self.request.url.path,
        }  # fmt: skip
        return HTMLResponse(self.house.templates.get_template(template).render(common | values), status)
