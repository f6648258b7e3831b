"""What the box says of a provisioning file that it could not use: the file is for root, the reason for everybody."""

from __future__ import annotations

from pathlib import Path

from device.errors import ConfigError

REFUSED = Path("/run/isotone-setup/refused")
"""The folder is systemd's (isotone-first-boot.service); it is gone at the next start."""
SENTENCE_MAX = 500


def find_refusal(path: Path = REFUSED) -> str:
    """Says that nothing was refused.

    Raises:
        ConfigError: a provisioning file was, with its reason.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            sentence = file.read(SENTENCE_MAX).strip()
    except FileNotFoundError:
        return "No provisioning file was refused."
    except OSError as error:
        sentence = f"{path} cannot be read: {error.strerror}."
    raise ConfigError(
        f"The provisioning file was refused: {sentence}", "Mend isotone.toml on the card and start again."
    )
