"""A key in memory: it wraps other keys and short texts, and is overwritten when it is no longer needed."""

from __future__ import annotations

import base64
import binascii
import os
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from device.sealing.keys_folder import TEXT_MARK

KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES


class Key:
    """Thirty-two secret bytes; use it in a `with`, which overwrites them at its end."""

    def __init__(self, data: bytearray) -> None:
        """The key takes `data` for its own and overwrites it."""
        self.data = data

    @classmethod
    def new(cls) -> Self:
        """Make one by chance, which no other copy in this process's memory is left of."""
        data = bytearray(KEY_BYTES)
        with open("/dev/urandom", "rb", buffering=0) as chance:  # noqa: PTH123 - a device, read into our own bytes
            chance.readinto(data)
        return cls(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def wipe(self) -> None:
        self.data[:] = bytes(len(self.data))

    def derive(self, about: str, salt: bytes = b"") -> Key:
        """Another key for one purpose (HKDF, RFC 5869)."""
        data = bytearray(KEY_BYTES)
        HKDF(SHA256(), KEY_BYTES, salt=salt, info=about.encode()).derive_into(self.data, data)
        return Key(data)

    def wrap(self, other: Key, about: str) -> bytes:
        """Another key, to be opened by this one alone and for what it is about."""
        return self._seal(other.data, about)

    def unwrap(self, wrapped: bytes, about: str) -> Key:
        """Raises ValueError where it was wrapped by another key, about something else, or changed."""
        if len(wrapped) != WRAPPED_BYTES:
            raise ValueError("it is no wrapped key")
        data = bytearray(KEY_BYTES)
        try:
            nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
            ChaCha20Poly1305(self.data).decrypt_into(nonce, sealed, about.encode(), data)
        except InvalidTag as error:
            raise ValueError("the key does not fit") from error
        return Key(data)

    def seal_text(self, text: str, about: str) -> str:
        """A text that this key alone opens; nonces are by chance, which is safe for billions of texts."""
        return TEXT_MARK + base64.b64encode(self._seal(text.encode(), about)).decode()

    def open_text(self, sealed: str, about: str) -> str:
        """Raises ValueError where it was sealed by another key, about something else, or changed."""
        try:
            data = base64.b64decode(sealed.removeprefix(TEXT_MARK), validate=True)
            return ChaCha20Poly1305(self.data).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], about.encode()).decode()
        except (InvalidTag, binascii.Error) as error:
            raise ValueError("it was changed, or the key does not fit") from error

    def _seal(self, data: bytes | bytearray, about: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + ChaCha20Poly1305(self.data).encrypt(nonce, data, about.encode())
