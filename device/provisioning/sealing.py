"""Secrets that a program of the box must read are sealed to this machine by systemd (systemd-creds(1)).

By its TPM where there is one. Elsewhere, as on a Raspberry Pi, by a key that lies on the same card: then a copy of one
file gives nothing away, and the whole card does.
"""

from __future__ import annotations

import subprocess

from device.errors import SystemMissingError


def seal(secret: str, name: str) -> bytes:
    """What systemd alone opens again, under this name and on this machine.

    Raises:
        SystemMissingError: it cannot be sealed.
    """
    try:
        done = subprocess.run(
            ["systemd-creds", "encrypt", f"--name={name}", "-", "-"],
            input=secret.encode(), capture_output=True, check=False,
        )  # fmt: skip
    except OSError as error:
        raise SystemMissingError(
            f"systemd-creds cannot be run: {error.strerror}.", "Use systemd 250 or later."
        ) from error
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()[-200:]
        raise SystemMissingError(f"{name} cannot be sealed: {why}.", "Flash the card again, or another.")
    return done.stdout
