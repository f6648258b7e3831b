"""A JACK server without a card that keeps the pace of one, and what a card would get, caught through PortAudio.

JACK's dummy driver keeps time and tells of underruns, which ALSA's file device does not (measured). The Debian package
is jackd2.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from device.audio.player import quiet_stderr
from device.errors import SystemMissingError

SFREQ_HZ, PERIOD_FRAMES = 48_000, 512
PRIORITY = 60
"""SCHED_FIFO priority of the server, above that of its clients."""
PATIENCE_S = 30.0
SERVER = "JACK_DEFAULT_SERVER"
INPUT_OVERFLOW = 2
"""PortAudio's flag; the first blocks may carry it for nothing."""
START_UP_BLOCKS = 8
CLIENT = "PortAudio"
"""The name that PortAudio has as a client of JACK."""


class Block(NamedTuple):
    """Samples of shape (frames, 2) and when the last of them had come."""

    at_s: float
    steps: npt.NDArray[np.int16]


@contextlib.contextmanager
def jack_server(name: str, period_frames: int = PERIOD_FRAMES) -> Iterator[dict[str, str]]:
    """Run a server of that name; gives the environment in which PortAudio finds it.

    Raises:
        SystemMissingError: jackd is not installed.
    """
    jackd = shutil.which("jackd")
    if jackd is None:
        raise SystemMissingError("JACK is not installed.", "Install it: sudo apt install jackd2.")
    # A card keeps its pace whatever else runs here; only root may have that.
    pace = ["-R", "-P", str(PRIORITY)] if os.geteuid() == 0 else ["-r"]
    command = [jackd, "-n", name, *pace, "-d", "dummy", "-r", str(SFREQ_HZ), "-p", str(period_frames)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1.0)
        yield {SERVER: name, "JACK_NO_START_SERVER": "1"}
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


class Capture:
    """Catches what another process plays on the server of this process's environment."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.has_lost = False
        """Whether sound passed while nobody caught it, as JACK tells: what comes after it stands at a wrong place."""
        self._portaudio, index = _find_player()
        with quiet_stderr():
            import pyaudio  # noqa: PLC0415

            self._stream: Any = self._portaudio.open(
                rate=SFREQ_HZ,
                channels=2,
                format=pyaudio.paInt16,
                input=True,
                input_device_index=index,
                frames_per_buffer=PERIOD_FRAMES,
                stream_callback=self._take,
            )

    def _take(self, data: bytes, _n_frames: int, _times: object, status: int) -> tuple[None, int]:
        self.has_lost |= bool(status & INPUT_OVERFLOW) and len(self.blocks) > START_UP_BLOCKS
        self.blocks.append(Block(time.monotonic(), np.frombuffer(data, "<i2").reshape(-1, 2)))
        return None, 0

    def close(self) -> None:
        with quiet_stderr(), contextlib.suppress(OSError):
            self._stream.stop_stream()
            self._stream.close()
        with quiet_stderr():
            self._portaudio.terminate()


def _find_player() -> tuple[Any, int]:
    """PortAudio, and its number for the client that plays; it sees clients that were there when it began."""
    import pyaudio  # noqa: PLC0415

    begun_s = time.monotonic()
    while time.monotonic() - begun_s < PATIENCE_S:
        with quiet_stderr():
            portaudio = pyaudio.PyAudio()
        for index in range(portaudio.get_device_count()):
            found = portaudio.get_device_info_by_index(index)
            if str(found["name"]).startswith(CLIENT) and found["maxInputChannels"] >= 2:
                return portaudio, index
        with quiet_stderr():
            portaudio.terminate()
        time.sleep(0.1)
    raise SystemMissingError("Nobody plays on JACK's server.", f"Look whether {os.environ[SERVER]} runs.")
