"""The PIN of the box: who holds it may raise what protects the listener. Wrong ones are waited for, longer each time.

Kept by scrypt (RFC 7914), which costs a guess tens of milliseconds and 16 MB; with few digits the waiting protects.
"""

from __future__ import annotations

import hashlib
import hmac
import os

import msgspec

from device.clock import Moment
from device.errors import ConfigError
from device.listeners.box_time import pass_time
from device.listeners.store import Store
from device.listeners.values import box_value, keep_box_value
from device.messages import UNDECODABLE

KEY = "pin"
LENGTH_MIN, LENGTH_MAX = 4, 64
FREE_TRIES = 3
WAIT_S, WAIT_MAX_S = 30.0, 86_400.0
"""Wait after the first wrong PIN that is not free; it doubles with each."""


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """The PIN as it is kept, and how often it was missed."""

    salt: bytes
    digest: bytes
    n_wrong: int = 0
    locked_until_s: float = 0.0
    """In the box's own time, which no clock change shortens."""


def set_pin(store: Store, new: str, old: str, moment: Moment) -> None:
    """Give the box a PIN. The old one must be told, where there is one.

    Raises:
        ConfigError: the new one is too short or too long, or the old one is wrong.
    """
    if not LENGTH_MIN <= len(new) <= LENGTH_MAX:
        raise ConfigError(f"A PIN has {LENGTH_MIN} to {LENGTH_MAX} characters.", "Choose another.")
    if _read(store) is not None:
        check_pin(store, old, moment)
    salt = os.urandom(16)
    with store.writing():
        keep_box_value(store, KEY, Pin(salt=salt, digest=digest(new, salt)))


def has_pin(store: Store) -> bool:
    return _read(store) is not None


def check_pin(store: Store, told: str, moment: Moment) -> None:
    """Go on only where the PIN was told.

    Raises:
        ConfigError: it is wrong, there is none, or too many were wrong just now.
    """
    pin = _read(store)
    if pin is None:
        raise ConfigError("This box has no PIN yet.", "Give it one: isotone dose --set-pin.")
    with store.writing():
        now_s = pass_time(store, moment)
        left_s = pin.locked_until_s - now_s
        is_right = left_s <= 0.0 and hmac.compare_digest(digest(told, pin.salt), pin.digest)
        if left_s <= 0.0:
            keep_box_value(store, KEY, _after_try(pin, now_s, is_right=is_right))
    if left_s > 0.0:
        raise ConfigError("Too many PINs were wrong.", f"Try again in {left_s:.0f} s.")
    if not is_right:
        raise ConfigError("The PIN is wrong.", "Ask whoever set up the box.")


def _after_try(pin: Pin, now_s: float, *, is_right: bool) -> Pin:
    if is_right:
        return msgspec.structs.replace(pin, n_wrong=0, locked_until_s=0.0)
    n_wrong = pin.n_wrong + 1
    wait_s = min(WAIT_MAX_S, WAIT_S * 2.0 ** min(20, n_wrong - FREE_TRIES)) if n_wrong >= FREE_TRIES else 0.0
    return msgspec.structs.replace(pin, n_wrong=n_wrong, locked_until_s=now_s + wait_s)


def digest(pin: str, salt: bytes) -> bytes:
    """What is kept in place of a PIN."""
    return hashlib.scrypt(pin.encode("utf-8", "surrogateescape"), salt=salt, n=2**14, r=8, p=1)


def _read(store: Store) -> Pin | None:
    """Raises ConfigError where it is damaged: a lost PIN opens nothing."""
    try:
        return box_value(store, KEY, Pin)
    except UNDECODABLE as error:
        raise ConfigError("The box's PIN is damaged.", "Set the box up anew.") from error
