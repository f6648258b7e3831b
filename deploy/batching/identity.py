"""The identity of a box: a key of its own and the clinic's certificate for it; and PINs that no two boxes share."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from device.errors import DiskError

BOX_DAYS, AUTHORITY_DAYS = 5 * 365, 20 * 365
PIN_DIGITS = 8
CERTIFICATE, KEY = "authority.cert.pem", "authority.key.pem"


class Authority(NamedTuple):
    """Who says which box is which: the clinic."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """What boxes know the broker by."""
        return _pem(self.certificate)


class Identity(NamedTuple):
    """What one box has to show."""

    certificate: str
    key: str
    fingerprint: str
    """SHA-256 of the certificate, in hexadecimal."""
    valid_until: str


def authority_in(folder: Path, now: dt.datetime) -> Authority:
    """The clinic's authority; made where there is none. Its key never goes onto a card.

    Raises:
        DiskError: it cannot be read, is none, or cannot be made there.
    """
    try:
        if not (folder / KEY).exists():
            return _make_authority(folder, now)
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise DiskError(f"{folder} has no authority that can be used: {error}.", "Give its folder.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise DiskError(
            f"{folder}: the key is not that of the certificate.", "Give the folder of a clinic's authority."
        )
    return Authority(certificate, key)


def identity_of(name: str, authority: Authority, now: dt.datetime) -> Identity:
    """A new key, and a certificate for it that names this box alone, and serves to no other end."""
    key = ec.generate_private_key(ec.SECP256R1())
    until = min(now + dt.timedelta(days=BOX_DAYS), authority.certificate.not_valid_after_utc)
    certificate = (
        _begun(name, authority.certificate.subject, key, now, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
        .sign(authority.key, hashes.SHA256())
    )
    digest = certificate.fingerprint(hashes.SHA256()).hex()
    return Identity(_pem(certificate), _pem_key(key), digest, f"{until:%Y-%m-%d}")


def new_pin() -> str:
    """Digits that are easy to type and not to be guessed in a few tries."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def _make_authority(folder: Path, now: dt.datetime) -> Authority:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "isotone clinic")])
    certificate = (
        _begun("isotone clinic", subject, key, now, now + dt.timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    with os.fdopen(os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_pem_key(key))
    (folder / CERTIFICATE).write_text(_pem(certificate))
    return Authority(certificate, key)


def _begun(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime, until: dt.datetime
) -> x509.CertificateBuilder:
    """A day of grace lets a box with a slow clock in."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(until)
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pem_key(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
