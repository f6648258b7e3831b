"""The device's certificate, by which browsers on a network talk to it in private: the site's own, or self-made.

A self-made one is made once and kept. Browsers ask about it the first time.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from device.clock import wall_time
from device.config import WebConfig, path_of
from device.errors import ConfigError, DiskError
from device.files.outputs import write_whole

FILE = "certificate.pem"
LASTS = dt.timedelta(days=3650)
BACKDATED = dt.timedelta(days=400)
"""A box may make it while its clock is a year ahead."""


def certificate_of(config: WebConfig) -> ssl.SSLContext:
    """What TLS is spoken with.

    Raises:
        ConfigError: the named certificate cannot be used.
        DiskError: none can be made.
    """
    path = path_of(config.certificate, "web.certificate") if config.certificate else Path(config.directory) / FILE
    if not config.certificate and not path.exists():
        _make(path, config)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(path)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"The certificate {path} cannot be used: {error}.", "Give certificate and key in one PEM file."
        ) from error
    return context


def _make(path: Path, config: WebConfig) -> None:
    """Make a certificate with its key, for this user alone.

    Raises:
        DiskError: it cannot be written.
    """
    # Large, and needed once in the life of a box.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key, now = ec.generate_private_key(ec.SECP256R1()), wall_time()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Isotone")])
    address = x509.IPAddress(ipaddress.ip_address(config.address))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName([address, *map(x509.DNSName, config.names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    try:
        write_whole(path, secret + certificate.public_bytes(serialization.Encoding.PEM), 0o600)
    except OSError as error:
        raise DiskError(f"{path} cannot be written: {error}.", "Look into its disk.") from error
