"""`python -m device.slots`: what RAUC asks of a boot loader (RAUC manual, "Custom bootloader backend").

    get-primary | set-primary SLOT | get-state SLOT | set-state SLOT good|bad | get-current

And what the box's own units ask: `passed`, the running slot has passed its health check; `on-trial`, whether it has yet
to prove itself, in which case the box starts again when it fails.

It prints one word. Exit codes: 0, 1 for a slot that is not on trial, 2 for a question that is none, 7 where the boot
partition cannot be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from device.errors import Exit
from device.slots.boot_block import COMMAND_LINE, SLOTS, TRIES, BootBlock, Slot, current, read, write

BLOCK = Path("/boot/isotone/isotone/slots.env")


def primary(state: BootBlock) -> Slot:
    """The slot that starts next: the first of the order that has a try left, else the first."""
    return next((slot for slot in state.order if state.left(slot)), state.order[0])


def answer(question: tuple[str, ...], state: BootBlock) -> str | BootBlock | None:
    """A word to print, a state to write, or None for what is no question."""
    slot = next((slot for slot in SLOTS if slot in question[1:2]), None)
    match question:
        case ("get-primary",):
            return primary(state)
        case ("set-primary", _) if slot:
            return state.on_trial(slot)
        case ("get-state", _) if slot:
            return "good" if state.left(slot) else "bad"
        case ("set-state", _, "good") if slot:
            return state.with_left(slot, TRIES)
        case ("set-state", _, "bad") if slot:
            return state.with_left(slot, 0)
        case _:
            return None


def main(arguments: tuple[str, ...], block: Path = BLOCK, command_line: Path = COMMAND_LINE) -> int:
    """Answers one question; gives the exit code."""
    running = current(command_line.read_text())
    if arguments == ("get-current",):
        print(running)  # noqa: T201 - RAUC reads it
        return Exit.OK
    if arguments == ("on-trial",):
        return Exit.OK if running and read(block).is_on_trial(running) else Exit.INTERNAL
    if arguments == ("passed",) and running:
        arguments = ("set-state", running, "good")
    told = answer(arguments, read(block))
    if told is None:
        print(f"{' '.join(arguments)!r} is no question to a boot loader.", file=sys.stderr)  # noqa: T201
        return Exit.USAGE
    if isinstance(told, str):
        print(told)  # noqa: T201
        return Exit.OK
    try:
        write(block, told)
    except OSError as error:
        print(f"{block} cannot be written: {error.strerror}.", file=sys.stderr)  # noqa: T201
        return Exit.DISK
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
