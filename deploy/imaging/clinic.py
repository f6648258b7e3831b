"""A clinic's broker on this machine, as deploy/README.md describes it, and the certificates of who may talk to it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.imaging.programs import call

FROM_BOX = "10.0.2.2"
"""This machine, as a box in QEMU sees it."""
SETTINGS = """listener PORT 127.0.0.1
cafile @/authority.pem
certfile @/broker.pem
keyfile @/broker.key
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file @/rules
persistence false
user root
"""
RULES = """pattern write isotone/1/reports/%u
pattern write isotone/1/online/%u
user technician
topic read isotone/1/#
"""
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Clinic:
    """Its files, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._openssl("req", "-x509", *CURVE, "-subj", "/CN=clinic", "-days", "2", "-keyout", "authority.key",
                      "-out", "authority.pem")  # fmt: skip
        self.certify("broker", f"subjectAltName=DNS:localhost,IP:127.0.0.1,IP:{FROM_BOX}")
        (folder / "settings").write_text(SETTINGS.replace("@", str(folder)).replace("PORT", str(self._port)))
        (folder / "rules").write_text(RULES)

    def certify(self, name: str, extension: str = "basicConstraints=CA:false") -> None:
        """Makes NAME.pem and NAME.key."""
        (self._folder / "extension").write_text(f"{extension}\n")
        self._openssl("req", *CURVE, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
                      "-CAcreateserial", "-days", "2", "-extfile", "extension", "-out", f"{name}.pem")  # fmt: skip

    def provisioning(self, name: str) -> str:
        """What a box's provisioning file says of it."""
        self.certify(name)
        parts = {"authority": "authority.pem", "certificate": f"{name}.pem", "key": f"{name}.key"}
        texts = [f'{part} = """{(self._folder / file).read_text()}"""' for part, file in parts.items()]
        return "\n".join(["[fleet]", f'broker = "{FROM_BOX}"', f"port = {self._port}", *texts, ""])

    def technician(self) -> Path:
        """The settings by which `isotone fleet` asks."""
        self.certify("technician")
        path = self._folder / "fleet.toml"
        parts = {"authority": "authority.pem", "certificate": "technician.pem", "key": "technician.key"}
        lines = [f'{part} = "{self._folder / file}"' for part, file in parts.items()]
        path.write_text("\n".join(['name = "technician"', 'broker = "localhost"', f"port = {self._port}", *lines, ""]))
        return path

    @contextmanager
    def open(self) -> Iterator[None]:
        """The broker runs."""
        with subprocess.Popen(["mosquitto", "-c", self._folder / "settings"], stderr=subprocess.DEVNULL) as broker:
            try:
                yield
            finally:
                broker.terminate()

    def _openssl(self, *words: str) -> None:
        named = [
            self._folder / word if word.endswith((".pem", ".key", ".csr", "extension")) else word for word in words
        ]
        call("openssl", *named)
