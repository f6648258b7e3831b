"""Whether a manifest is ours: a CMS signature (RFC 5652) of a key that the box trusts, as RAUC's bundles have it.

The certificate has to have been valid when it signed, whatever the box's own clock says now: a box without a battery
wakes up in 1970, and one that was in a drawer for years has to take its update all the same. That nothing old is
played to it again is up to the version (`manifest.refuse_unfit`).
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from device.errors import SystemMissingError, UpdateError
from device.updates.manifest import OTHER

OPENSSL_S = 20.0
SIGNED_AT = re.compile(rb"signingTime.*?(?:UTCTIME|GENERALIZEDTIME):(\w{3} +\d+ [\d:]{8} \d{4}) GMT", re.DOTALL)
STRANGE = "was signed with a key that this box does not trust"
CHANGED = "was changed after it was signed"
CAUSES = (
    ("certificate has expired", "was signed with a key that had expired"),
    ("certificate is not yet valid", "was signed before its key was valid"),
    ("certificate verify error", STRANGE),
    ("digest failure", CHANGED),
    ("verification failure", CHANGED),
)
"""What OpenSSL says, and what it means; the first that fits."""


def verify(manifest: bytes, signature: bytes, keyring: Path) -> datetime:
    """The time it was signed.

    `keyring` holds the certificates that may sign, or the authorities above them, in PEM.

    Raises:
        UpdateError: it is not signed, changed, or signed by somebody else or at another time than was allowed.
        SystemMissingError: there is no keyring or no OpenSSL.
    """
    if not keyring.is_file():
        raise SystemMissingError(f"There is no keyring {keyring}.", "Give the certificates that may sign updates.")
    with tempfile.TemporaryDirectory() as folder:
        content, signed = Path(folder) / "manifest", Path(folder) / "signature"
        content.write_bytes(manifest)
        signed.write_bytes(signature)
        found = SIGNED_AT.search(_openssl("-cmsout", "-print", "-inform", "DER", "-in", signed).stdout)
        if not found:
            raise UpdateError("The bundle has no signature that says when it was made.", OTHER)
        signed_at = datetime.strptime(found[1].decode(), "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
        done = _openssl(
            "-verify", "-binary", "-inform", "DER", "-in", signed, "-content", content, "-out", "/dev/null",
            "-CAfile", keyring, "-no-CApath", "-no-CAstore", "-purpose", "any",
            "-attime", f"{signed_at.timestamp():.0f}",
        )  # fmt: skip
    if done.returncode:
        said = done.stderr.decode(errors="replace").lower()
        cause = next((cause for words, cause in CAUSES if words in said), "has no signature that can be read")
        raise UpdateError(f"The bundle {cause}.", OTHER)
    return signed_at


def _openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = ["openssl", "cms", *arguments]
    try:
        return subprocess.run(command, capture_output=True, timeout=OPENSSL_S, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise SystemMissingError("There is no OpenSSL here.", "Install the package openssl.") from error
    except subprocess.TimeoutExpired as error:
        raise UpdateError("The bundle's signature takes too long to read.", OTHER) from error
