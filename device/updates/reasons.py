"""Why RAUC did not take a bundle, in our words; RAUC's own differ from release to release (1.8 and 1.13 were heard)."""

from __future__ import annotations

import re

REASONS = (
    (r"no valid CMS|verification failure|digest|verity|corrupted|Input/output", "was changed after it was signed"),
    (r"Signature size|signature size|bundle size|too small|Invalid bundle format", "is cut short, or no bundle"),
    (r"certificate has expired|certificate is not yet valid", "is signed with a key that had expired"),
    (r"self-signed certificate|issuer certificate|unable to verify the first", "is signed by a stranger"),
    (r"Compatible mismatch|does not match.*compatible|compatible.*does not match", "is for another board"),
    (r"format.*(disabled|not allowed|denied)", "is of a kind that is not checked as it is read"),
    (r"No space left", "does not fit"),
)
"""What RAUC says, and what it means; the first that fits counts."""
SAID_MAX = 300


def reason(said: str) -> str:
    """Continues "The update ...": what RAUC said last, where that is not known."""
    known = (why for pattern, why in REASONS if re.search(pattern, said))
    return next(known, f"was refused: {said.strip()[-SAID_MAX:]}")
