"""`fleet.toml`: how a box, or whoever looks after boxes, reaches the clinic's broker."""

from __future__ import annotations

from typing import Annotated

import msgspec

from device.config import Config

GROUP_MAX = 20_000
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")]
Boxes = Annotated[tuple[Name, ...], msgspec.Meta(max_length=GROUP_MAX)]


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


class Groups(Config, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`groups.toml`, a clinic's own file: `[groups]`, and in it each group with its boxes, as `ward-3 = ["anna-1"]`.

    A box that it does not name is in the group that the box's own fleet.toml says.
    """

    groups: dict[Name, Boxes] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        places = self.by_box()
        for group, boxes in self.groups.items():
            if stray := [box for box in boxes if places[box] != group]:
                raise ValueError(f"{stray[0]} is in {group} and in {places[stray[0]]}")

    def by_box(self) -> dict[str, str]:
        """The group of each box that the file names."""
        return {box: group for group, boxes in self.groups.items() for box in boxes}

    def moved(self, group: str, boxes: tuple[str, ...]) -> Groups:
        """The same with these boxes in that group, and in no other; without boxes the group is dissolved."""
        kept = {name: tuple(box for box in there if box not in boxes) for name, there in self.groups.items()}
        kept[group] = tuple(sorted({*kept.get(group, ()), *boxes})) if boxes else ()
        return Groups(groups={name: there for name, there in sorted(kept.items()) if there})

    def written(self) -> str:
        """The file."""
        quoted = {group: ", ".join(f'"{box}"' for box in boxes) for group, boxes in self.groups.items()}
        return "\n".join(["[groups]", *(f"{group} = [{boxes}]" for group, boxes in quoted.items()), ""])
