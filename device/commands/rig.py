"""The rig beside the daemon: `isotone demo` plays a whole session with an emulated headset and wristband.

The rig is a process of its own (`python -m hardware.rig`); the device opens its serial port and its Bluetooth bus as
it would real ones.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from device.clock import Clock
from device.commands.signals import Signals
from device.config import BluetoothConfig, DeviceConfig, SourceConfig
from device.errors import Exit, IsotoneError, RecordingError, SystemMissingError
from device.runtime.interpreter import HOUSE, interpreter

START_TIMEOUT_S = 15.0


def listeners() -> list[str]:
    """Whom the rig can wear, a line each: name, and what they are like.

    Raises:
        SystemMissingError: the rig did not answer.
    """
    command = interpreter("-m", "hardware.rig", "--list-listeners")
    try:
        answer = subprocess.run(command, cwd=HOUSE, capture_output=True, timeout=START_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SystemMissingError("The rig did not say who can be worn.", "Run `isotone doctor`.") from error
    return answer.stdout.decode("utf-8", "replace").splitlines()


class RigProcess:
    """Context manager: starts the emulators, says how to reach them, ends them.

    Raises:
        SystemMissingError: the rig did not come up, with its own last words.
        RecordingError: the rig refused a recording.
        InterruptedStartError: a signal came meanwhile.
    """

    def __init__(
        self,
        folder: Path,
        run_dir: Path | None,
        listener: str,
        seed: int,
        recordings: tuple[Path, ...],
        clock: Clock,
        signals: Signals,
    ) -> None:
        """`run_dir` is that of the session whose music is heard; None: of each that comes."""
        self.folder = folder
        self._clock, self._signals = clock, signals
        self._command = interpreter("-m", "hardware.rig", "--dir", str(folder))
        self._command += ["--run-dir", str(run_dir)] if run_dir else ["--any-session"]
        self._command += ["--seed", str(seed), "--listener", listener, "--parent", str(os.getpid())]
        for recording in recordings:
            self._command += ["--recording", str(recording.resolve())]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "rig.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=HOUSE,
                start_new_session=True,
            )
        try:
            self.facts = self._await_facts()
        except BaseException:
            self._end()
            raise
        return self

    def _await_facts(self) -> dict[str, Any]:
        facts = self.folder / "rig.json"
        deadline_ns = self._clock.now_ns() + round(START_TIMEOUT_S * 1e9)
        while not facts.exists():
            self._signals.check()
            ended = self._process is None or self._process.poll() is not None
            if ended or self._clock.now_ns() > deadline_ns:
                raise self._refusal()
            self._clock.sleep(0.05)
        loaded: dict[str, Any] = json.loads(facts.read_text("utf-8"))
        return loaded

    def _refusal(self) -> IsotoneError:
        """What the rig itself said; it refuses a recording with that exit code."""
        words = (self.folder / "rig.log").read_text("utf-8", "replace").strip().splitlines()
        why = words[-1] if words else f"it gave no answer within {START_TIMEOUT_S:.0f} s."
        if self._process and self._process.poll() == Exit.RECORDING:
            return RecordingError(why)
        return SystemMissingError(f"The rig did not start: {why}", "Run `isotone doctor`.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._process:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(3.0)
            self._process.kill()
            self._process.wait()

    def connect(self, device: DeviceConfig) -> DeviceConfig:
        """The configuration with the rig's headset and wristband in place of real ones."""
        sources = {
            "cyton": SourceConfig(type="cyton", port=self.facts["port"], ch_names=tuple(self.facts["montage"])),
            "wristband": SourceConfig(type="hrs"),
        }
        bluetooth = BluetoothConfig(dbus_address=self.facts["dbus_address"])
        return msgspec.structs.replace(device, sources=sources, bluetooth=bluetooth)

    def inject(self, fault: str, for_s: float) -> None:
        """Make something go wrong for a while, as a key of the demo does."""
        with socket.socket(socket.AF_UNIX) as line, contextlib.suppress(OSError):
            line.connect(str(self.folder / "control.ipc"))
            line.sendall(json.dumps({"do": fault, "for_s": for_s}).encode() + b"\n")
