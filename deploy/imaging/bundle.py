"""An update as RAUC takes it: a root in a signed bundle, of which every block is checked as it is read (verity)."""

from __future__ import annotations

import shutil
from pathlib import Path

from deploy.imaging.programs import call

YEARS = 20


def keys(folder: Path) -> tuple[Path, Path]:
    """The certificate and the key that sign; made for development where there are none. No image has the key."""
    certificate, key = folder / "signing.cert.pem", folder / "signing.key.pem"
    if not key.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        call(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/O=Isotone/CN=development", "-days", str(365 * YEARS), "-keyout", key, "-out", certificate,
        )  # fmt: skip
    return certificate, key


def settings(root: Path, board: str, version: str, certificate: Path) -> None:
    """Tells a root which bundles it takes, and which release it is."""
    folder = root / "etc/rauc"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(certificate, folder / "keyring.pem")
    text = (Path(__file__).parent / "rauc.conf").read_text().replace("@BOARD@", board)
    (folder / "system.conf").write_text(text)
    (root / "usr/lib/isotone/release").write_text(f"{version}\n")


def make(bundle: Path, root_image: Path, board: str, version: str, signing: tuple[Path, Path], scratch: Path) -> None:
    """Makes the bundle that brings a box of this board to this release."""
    scratch.mkdir()
    (scratch / "root.img").hardlink_to(root_image)
    (scratch / "manifest.raucm").write_text(
        f"[update]\ncompatible=isotone-{board}\nversion={version}\n\n"
        "[bundle]\nformat=verity\n\n[image.rootfs]\nfilename=root.img\n"
    )
    bundle.unlink(missing_ok=True)
    certificate, key = signing
    # What is in it is compressed already.
    call(
        "rauc", "bundle", f"--cert={certificate}", f"--key={key}", "--mksquashfs-args=-noI -noD -noF -noX",
        scratch, bundle,
    )  # fmt: skip
