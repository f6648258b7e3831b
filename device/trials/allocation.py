"""Who gets which arm: shuffled by a secret that nobody sees before the end, and so known to nobody beforehand.

Permuted blocks of random sizes within strata (ICH E9, 2.3.2). All follows from the secret alone, of which only a
commitment is public until it is revealed: then everybody can repeat the allocation. HMAC-SHA-256 (RFC 2104) takes the
place of a generator of random numbers, whose next number could be guessed from earlier ones.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from device.trials.registration import Arm, Registration

SECRET_BYTES = 32


def commitment(secret: bytes) -> str:
    """What is told of the secret at the beginning; it cannot be turned back."""
    return hashlib.sha256(b"isotone trial secret" + secret).hexdigest()


def keyed(secret: bytes, *words: str | int) -> bytes:
    """32 bytes that follow from secret and words, and tell nothing of other words'."""
    return hmac.new(secret, "\x1f".join(map(str, words)).encode(), hashlib.sha256).digest()


def arms(secret: bytes, registration: Registration, stratum: str) -> Iterator[Arm]:
    """The arms of a stratum's listeners in the order in which they are enrolled, without end."""
    number = 0
    while True:
        sizes = registration.shuffled
        draw = int.from_bytes(keyed(secret, "size", stratum, number), "big")
        tickets = [arm for arm in registration.arms for _ in range(sizes[draw % len(sizes)])]
        order = sorted(range(len(tickets)), key=lambda ticket: keyed(secret, "arm", stratum, number, ticket))
        yield from (tickets[ticket] for ticket in order)
        number += 1


def session_seed(secret: bytes, listener: str, number: int) -> int:
    """What the blocks of a listener's session are dealt by."""
    return int.from_bytes(keyed(secret, "session", listener, number)[:8], "big")
