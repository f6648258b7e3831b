"""`fleet.toml`: how a box, or whoever looks after boxes, reaches the clinic's broker."""

from __future__ import annotations

from typing import Annotated

import msgspec

from device.config import Config

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")]


class FleetConfig(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everybody has a certificate of their own, whose common name is `name`: by it the broker knows who writes."""

    name: Name
    broker: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9:-]{1,63}(\.[A-Za-z0-9:-]{1,63}){0,20}\Z")]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8883
    authority: str
    """File of the certificate that the broker's own has to come from (PEM)."""
    certificate: str
    """File of one's own certificate (PEM)."""
    key: str
    """File of its key (PEM)."""
    group: Name = "all"
    """Boxes that are renewed together."""
