"""A card that is lost in mid-session, as it is heard: how long until it is told, comes back, and how softly.

    python -m hardware.bench.lost_card [--rounds 3] [--out FILE.jsonl]

A whole box plays on JACK, whose server is the card: it is ended, and started again after a while. In every second round
somebody presses stop meanwhile, and no music may sound when the card is back.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from device.errors import SystemMissingError
from hardware.bench.jack_capture import SFREQ_HZ, Block, Capture, jack_server
from hardware.bench.running_box import RunningBox, running

ROUNDS = 4
READY_S, SOUND_S = 90.0, 30.0
PLAYS_S, AWAY_S, LISTENED_S = 8.0, 5.0, 12.0
AUDIBLE = 20
"""Steps of 32768: -64 dBFS."""
MOMENT_S = 0.1


class Lost(msgspec.Struct, frozen=True):
    """One card that went and came back."""

    was_stopped: bool
    told_s: float
    """From its end until the light showed why nobody hears anything; with a stop: until the session was over."""
    back_s: float | None = None
    """From the first catching of the new card's sound to the first sound; none: nothing sounded."""
    first_db: float | None = None
    """Loudest sample of its first tenth of a second, relative to the loudest that was caught."""
    sounds_s: float = 0.0
    """From the first to the last sound that was caught: who pressed stop hears at most that the music was stopped."""


def lose(box: RunningBox, server: contextlib.ExitStack, name: str, *, is_stopped: bool) -> Lost:
    """Play, lose the card, have it back, and listen."""
    box.wait_for_state("ready", READY_S)
    box.type(" ")
    box.wait_for(lambda: box.status["state"] in ("fitting", "session") and box.status["session_id"], SOUND_S)
    time.sleep(PLAYS_S)
    lost_s = time.monotonic()
    server.close()
    if is_stopped:
        box.type("s")
        box.wait_for_state("ready", READY_S)
    else:
        box.wait_for(lambda: "waits" in box.status["sentence"], SOUND_S)
    told_s = time.monotonic() - lost_s
    time.sleep(AWAY_S)
    server.enter_context(jack_server(name))
    try:
        capture = Capture()
    except SystemMissingError:
        return Lost(is_stopped, told_s)
    time.sleep(LISTENED_S)
    capture.close()
    return heard(capture.blocks, told_s, is_stopped=is_stopped)


def heard(blocks: Sequence[Block], told_s: float, *, is_stopped: bool) -> Lost:
    """What was caught of a card that is back."""
    peaks = np.abs(np.concatenate([block.steps for block in blocks]).astype(np.int64)).max(axis=1)
    sounding = np.flatnonzero(peaks > AUDIBLE)
    if not len(sounding):
        return Lost(is_stopped, told_s)
    first = int(sounding[0])
    opening = peaks[first : first + round(MOMENT_S * SFREQ_HZ)].max()
    softer_db = float(20.0 * np.log10(opening / peaks.max()))
    return Lost(is_stopped, told_s, first / SFREQ_HZ, softer_db, float(sounding[-1] - first) / SFREQ_HZ)


def lose_all(rounds: int) -> Iterator[Lost]:
    """So many cards that go, each under a box of its own."""
    name = f"isotone-lost-{os.getpid()}"
    for number in range(rounds):
        with (
            contextlib.ExitStack() as server,
            tempfile.TemporaryDirectory(prefix="isobench", ignore_cleanup_errors=True) as folder,
            tempfile.TemporaryDirectory(prefix="isorun", ignore_cleanup_errors=True) as runtime,
        ):
            os.environ.update(server.enter_context(jack_server(name)))
            inputs = Path(folder) / "input"
            inputs.mkdir()
            with running(Path(folder), Path(runtime), "--rig", minutes=3.0, card="system", inputs=inputs) as box:
                yield lose(box, server, name, is_stopped=bool(number % 2))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, required=True, help="a line of JSON for each card that was lost")
    options = parser.parse_args(argv)
    with options.out.open("ab", buffering=0) as out:
        for lost in lose_all(options.rounds):
            out.write(msgspec.json.encode(lost) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
