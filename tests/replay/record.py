"""Records the golden session anew: `python -m tests.replay.record "why it may differ from now on"`.

Forty seconds of demo in which the headset is unplugged, a wish is made and a process dies: what replay must follow.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import msgspec

from device.sessions.document import Document
from device.sessions.store import CONFIG_FILE, log_paths
from hardware.control import send as send_to_rig
from tests.hil.demo import isotone, playing

SESSIONS = Path(__file__).parent / "sessions"
MINUTES = 0.7
DEVICE = "[affect]\nbaseline_s = 20.0\n"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        device = Path(folder) / "device.toml"
        device.write_text(DEVICE)
        with playing(Path(folder), MINUTES, "--device", str(device)) as demo:
            demo.wait_for(lambda state: state.get("known"), timeout_s=40)
            runtime = demo.rig_folder.parents[2]
            send_to_rig(demo.rig_folder, {"do": "unplug", "for_s": 3})
            isotone("send", "calmer", runtime=runtime)
            demo.kill("composer")
            if demo.end() != 0:
                sys.exit(demo.said())
        keep(demo.folder, SESSIONS / "faults", sys.argv[1])


def keep(session: Path, golden: Path, why: str) -> None:
    """The log and the configuration, without the places they had on this machine."""
    shutil.rmtree(golden, ignore_errors=True)
    golden.mkdir(parents=True)
    for path in log_paths(session):
        shutil.copy(path, golden / path.name)
    config = Document(session).config
    device = msgspec.structs.replace(
        config.device,
        sources={name: msgspec.structs.replace(source, port="") for name, source in config.device.sources.items()},
        bluetooth=msgspec.structs.replace(config.device.bluetooth, dbus_address=""),
    )
    nowhere = msgspec.structs.replace(config, run_dir="", session_dir="", models_dir="none", device=device)
    (golden / CONFIG_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(nowhere)))
    (golden / "why.txt").write_text(why + "\n", "utf-8")


if __name__ == "__main__":
    main()
