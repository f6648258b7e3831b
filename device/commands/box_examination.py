"""Looks for what a session of the box would lack: `python -m device.commands.box_examination FOLDER LISTENER`, for it.

It prints the event that its machine is to hear: `failing` with the first thing that is missing, or `mended`. No
sensor is asked: they are the listener's to put on, and their radio stays quiet.
"""

from __future__ import annotations

import sys
from pathlib import Path

from device.box.machine import Event
from device.commands.diagnosis import examine_intake, examine_session
from device.config import DeviceConfig
from device.console.printing import say_json
from device.errors import ConfigError, Exit
from device.files.models import MODELS_DIR
from device.provisioning.refusal import REFUSED, find_refusal
from device.runtime.resident import read_device


def examine(device: DeviceConfig, listener: str, refused: Path = REFUSED) -> Event:
    """What a session would fail by, or why the box is not what its card was to make of it."""
    try:
        find_refusal(refused)
    except ConfigError as error:
        return Event("failing", "setup-refused", str(error), str(int(error.exit_code)))
    for finding in [*examine_session(device, MODELS_DIR, deep=False, path=None), examine_intake(device, listener)]:
        if finding.state == "fail":
            why = "intake-missing" if finding.exit_code == Exit.INTAKE else ""
            return Event("failing", why, f"{finding.sentence} {finding.action}", str(finding.exit_code))
    return Event("mended")


def main() -> None:
    say_json(examine(read_device(Path(sys.argv[1])), sys.argv[2]))


if __name__ == "__main__":
    main()
