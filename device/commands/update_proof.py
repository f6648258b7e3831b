"""Tests a version that runs, for the box: `python -m device.commands.update_proof FOLDER`; what passes is kept.

The box has to be up, the sound card has to take frames of silence, and the disk has to keep. It prints what failed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from device.commands.diagnosis import self_test
from device.console.printing import say
from device.errors import IsotoneError
from device.runtime.resident import read_device
from device.updates.folders import Folders


def prove(folder: Path, home: Path, slot: str) -> int:
    """Keeps the version in `slot` of `home`, if it passes; gives the exit code of what it fails by."""
    try:
        failed = next((found for found in self_test(read_device(folder)) if found.state == "fail"), None)
        if failed:
            say(f"{failed.sentence} {failed.action}")
            return failed.exit_code
        Folders(home, slot).mark_good()
    except IsotoneError as error:
        say(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(prove(Path(sys.argv[1]), Path(os.environ["ISOTONE_HOME"]), os.environ["ISOTONE_SLOT"]))
