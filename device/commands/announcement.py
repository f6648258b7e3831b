"""What the box says while no session plays: `python -m device.commands.announcement FOLDER PROMPT` says it and ends.

FOLDER is the box's, with the configuration that it left there; PROMPT is a `messages.Prompt` in JSON. What comes out
is one line, the `messages.Spoken`, which says why it was no words; a refusal is in it, too, and has its documented exit
code. SIGTERM silences it within 100 ms, and so does a stop at its door in FOLDER, which needs no box.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import msgspec

from device.audio.announcer import announce
from device.audio.stop_door import StopDoor
from device.clock import SystemClock
from device.commands.hearing import keep_announced
from device.commands.signals import orderly_signals
from device.console.printing import say_json
from device.errors import IsotoneError
from device.messages import Prompt, Spoken
from device.runtime.resident import read_device


def main(folder: str, prompt: str) -> int:
    """Say it; returns the exit code."""
    clock = SystemClock()
    with orderly_signals() as signals, closing(StopDoor(Path(folder), clock, "announcement")) as door:
        order = msgspec.json.decode(prompt, type=Prompt)
        try:
            device = read_device(Path(folder))
            spoken, heard = announce(device, order, clock, lambda: bool(signals.number or door.stops()))
            keep_announced(device, heard)
        except IsotoneError as error:
            said = Spoken(t_ns=clock.now_ns(), name=order.name, manner="nothing", length_s=0.0, is_whole=False)
            say_json(msgspec.structs.replace(said, remark=str(error)))
            return int(error.exit_code)
    say_json(spoken)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
