"""A real Mosquitto on a port of its own, with TLS, a certificate for each, and a rule for each name."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.fleet.layout import FleetConfig

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="Mosquitto is not installed: sudo apt install mosquitto")
SETTINGS = """
listener {port} 127.0.0.1
cafile {folder}/ca.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
require_certificate true
use_identity_as_username true
allow_anonymous false
set_tcp_nodelay true
acl_file {folder}/rules
persistence false
max_queued_messages 0
user root
"""
RULES = """
pattern write isotone/1/reports/%u
pattern write isotone/1/online/%u
pattern write isotone/1/asks/%u
pattern read isotone/1/offers/%u
pattern read isotone/1/pieces/%u
user technician
topic read isotone/1/reports/#
topic read isotone/1/online/#
topic read isotone/1/asks/#
topic write isotone/1/offers/#
topic write isotone/1/pieces/#
"""
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
WAIT_S = 20.0


class Fleet:
    """A broker and who may talk to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._openssl(
            "req", "-x509", *CURVE, "-subj", "/CN=clinic", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem"
        )
        self._certify("broker", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        (folder / "rules").write_text(RULES)
        (folder / "settings").write_text(SETTINGS.format(port=self._port, folder=folder))

    def member(self, name: str, group: str = "all") -> FleetConfig:
        """A box, or `technician`, with a certificate of its own."""
        self._certify(name, "basicConstraints=CA:false")
        files = {"authority": "ca.pem", "certificate": f"{name}.pem", "key": f"{name}.key"}
        places = {what: str(self._folder / file) for what, file in files.items()}
        return FleetConfig(name=name, broker="localhost", port=self._port, group=group, **places)

    def write(self, config: FleetConfig) -> Path:
        """The fleet.toml of a member."""
        keys = ("name", "broker", "authority", "certificate", "key")
        lines = [f'{key} = "{getattr(config, key)}"' for key in keys]
        path = self._folder / f"{config.name}.toml"
        path.write_text("\n".join([*lines, f"port = {config.port}"]))
        return path

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The broker; it has forgotten all when it starts again."""
        assert MOSQUITTO
        with subprocess.Popen([MOSQUITTO, "-c", self._folder / "settings"], stderr=subprocess.DEVNULL) as process:
            try:
                self._wait()
                yield
            finally:
                process.terminate()

    def _wait(self) -> None:
        until_s = time.monotonic() + WAIT_S
        while time.monotonic() < until_s:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1.0):
                return
            time.sleep(0.05)
        raise TimeoutError("the broker does not come up")

    def _certify(self, name: str, extension: str) -> None:
        (self._folder / "extension").write_text(extension)
        self._openssl("req", *CURVE, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "extension", "-days", "2", "-out", f"{name}.pem",
        )  # fmt: skip

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self._folder, check=True, capture_output=True)
