"""`isotone fleet update`: a roll-out to a group of boxes, which halts by itself when boxes fail.

It is kept in a file of its own, so that it goes on where it was when this tool, the broker or the machine was killed.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import msgspec

from device.clock import SystemClock, wall_time
from device.commands.fleet_files import FILE, config_option, groups_option, load_groups
from device.commands.fleet_view import View
from device.commands.options import json_option
from device.commands.signals import Signals, orderly_signals
from device.commands.update_doors import release_of
from device.config import load
from device.errors import DiskError, UpdateError
from device.files.outputs import write_whole
from device.fleet.board import Board
from device.fleet.broker import ROLLING_OUT, Broker
from device.fleet.layout import FleetConfig, Groups
from device.fleet.offer import Offer, When, cut_piece, digest_of
from device.fleet.rollout import Rollout, Told, Watch, advance, is_waiting_for_nobody, order
from device.messages import UNDECODABLE

LOOK_NS, REST_S = 500_000_000, 0.25
KEPT_BYTES_MAX = 8 << 20
STATE = Path(os.environ.get("XDG_STATE_HOME", "~/.local/state")) / "isotone/rollouts"


@click.command()
@click.argument("bundle", type=FILE)
@click.option("--group", "wanted", required=True, help="The boxes that are renewed.")
@click.option("--canary", default="", help="The box that is first; else one that is there and well.")
@click.option("--failures", type=click.IntRange(0), default=2, show_default=True, help="The next one halts it.")
@click.option("--at-once", type=click.IntRange(1), default=5, show_default=True, help="So many at the same time.")
@click.option("--now", "is_now", is_flag=True, help="At once where nobody listens, and not at night.")
@click.option("--again", is_flag=True, help="Begin anew where an earlier roll-out to this group ended or halted.")
@click.option("--patience", type=click.FloatRange(0), help="Seconds that it waits for boxes that are off.")
@click.option(
    "--keyring", type=FILE, default=Path("/etc/isotone/keyring.pem"), envvar="ISOTONE_KEYRING", show_default=True,
    show_envvar=True, help="The certificates that may sign updates.",
)  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), default=STATE, help="Where it is kept.")
@config_option
@groups_option
@json_option
def update(
    bundle: Path, wanted: str, path: Path, groups_path: Path | None, keyring: Path, state: Path, **options: Any
) -> None:
    """Renew a group of boxes: one first, then a tenth, then all. It halts by itself when boxes fail.

    Those that failed are back on the version they had. Killed at any time, the same command goes on where it was.
    """
    config, groups = load(path, FleetConfig), load_groups(groups_path, path)
    release = release_of(bundle, keyring)
    with orderly_signals() as signals, closing(Tool(config, groups, bundle, state.expanduser())) as tool:
        rollout = tool.begin(wanted, release, options)
        rollout = tool.run(rollout, signals, View(as_json=options["as_json"]), options)
    if rollout.state == "halted":
        raise UpdateError(f"The roll-out of {release} has halted: {rollout.why}", "Look at them; --again begins anew.")


class Tool:
    """The broker's side of a roll-out: offers, pieces of the bundle, and what boxes tell."""

    def __init__(self, config: FleetConfig, groups: Groups, bundle: Path, state: Path) -> None:
        self._groups, self._bundle, self._state, self._clock = groups, bundle, state, SystemClock()
        self._board, self._watch = Board(), Watch()
        self._broker = Broker(config, self._board.hear, is_box=False, topics=ROLLING_OUT)
        self._told_offers: set[str] = set()
        self._n_times_in = 0

    def begin(self, group: str, release: str, options: dict[str, Any]) -> Rollout:
        """The roll-out that was cut off, or a new one.

        Raises:
            UpdateError: the group has no boxes, or another roll-out is not over.
        """
        sha256 = digest_of(self._bundle)
        self._broker.connect()
        self._board.wait()
        kept = self._read(group)
        if kept and not options["again"]:
            if kept.sha256 == sha256:
                return kept
            if kept.state == "runs":
                raise UpdateError(
                    f"The roll-out of {kept.release} to {group} is not over.", "Go on with its bundle, or give --again."
                )
        boxes = order(self._board.lines(self._groups, group), options["canary"])
        if not boxes:
            raise UpdateError(f"There is no box in the group {group}.", "`isotone fleet status` names them.")
        return Rollout(
            id=f"{group[:32]}-{wall_time():%Y%m%dt%H%M%Sz}-{os.urandom(2).hex()}",
            group=group,
            release=release,
            sha256=sha256,
            boxes=boxes,
            failures_max=options["failures"],
            at_once=options["at_once"],
        )

    def run(self, rollout: Rollout, signals: Signals, view: View, options: dict[str, Any]) -> Rollout:
        """Until it is over or halted, or a signal comes."""
        when: When = "now" if options["is_now"] else "night"
        offer = Offer(
            rollout=rollout.id, release=rollout.release, n_bytes=self._size(), sha256=rollout.sha256, when=when
        )
        looked_ns, idle_ns, patience = 0, self._clock.now_ns(), options["patience"]
        with view:
            while rollout.state == "runs" and not signals.count:
                self._give(rollout)
                now_ns = self._clock.now_ns()
                if now_ns - looked_ns > LOOK_NS:
                    looked_ns = now_ns
                    rollout, told = self._advance(rollout, now_ns)
                    self._offer(rollout, offer)
                    view.show(rollout, told, self._board.lines(self._groups, None))
                    idle_ns = idle_ns if is_waiting_for_nobody(rollout, told) else now_ns
                    if patience is not None and now_ns - idle_ns > patience * 1e9:
                        break
                self._board.rest(REST_S)
        if rollout.state != "runs":
            self._withdraw(rollout)
        return rollout

    def _advance(self, rollout: Rollout, now_ns: int) -> tuple[Rollout, dict[str, Told]]:
        """What follows is on the disk before anybody is offered anything."""
        told = self._watch.told(rollout, self._board.lines(self._groups, None), now_ns)
        following = advance(rollout, told)
        if following != self._read(rollout.group):
            self._keep(following)
        return following, told

    def _offer(self, rollout: Rollout, offer: Offer) -> None:
        """A broker that started again may have forgotten what it was to keep."""
        if self._n_times_in != self._broker.n_times_in:
            self._n_times_in = self._broker.n_times_in
            self._told_offers.clear()
        for box in rollout.offered:
            if box not in self._told_offers and rollout.state == "runs":
                self._told_offers.add(box)
                self._broker.offer(box, msgspec.json.encode(offer))

    def _give(self, rollout: Rollout) -> None:
        for box, ask in self._board.asked().items():
            if box in rollout.offered and ask.sha256 == rollout.sha256:
                self._broker.give(box, cut_piece(self._bundle, ask))

    def _withdraw(self, rollout: Rollout) -> None:
        """Nobody installs it any more who has not begun to."""
        for box in rollout.offered:
            self._broker.offer(box, b"")

    def _size(self) -> int:
        return self._bundle.stat().st_size

    # -- what outlives this tool

    def _read(self, group: str) -> Rollout | None:
        try:
            with (self._state / f"{group}.json").open("rb") as file:
                return msgspec.json.decode(file.read(KEPT_BYTES_MAX), type=Rollout)
        except (OSError, *UNDECODABLE):
            return None

    def _keep(self, rollout: Rollout) -> None:
        """Raises DiskError: what cannot be kept could not go on after a cut."""
        place = self._state / f"{rollout.group}.json"
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, msgspec.json.encode(rollout), 0o600)
        except OSError as error:
            raise DiskError(f"{place} cannot be written: {error.strerror}.", "Give another with --state.") from error

    def close(self) -> None:
        self._broker.end()
