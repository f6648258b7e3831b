"""The identity of a box: openssl, which a broker uses too, takes it for what it is."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.batching.identity import CERTIFICATE, KEY, authority_in, identity_of, new_pin
from device.errors import DiskError

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


def openssl(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)


def test_the_authority_is_made_once_and_its_key_is_its_owners(tmp_path: Path) -> None:
    first = authority_in(tmp_path / "clinic", NOW)
    assert authority_in(tmp_path / "clinic", NOW).pem == first.pem
    assert (tmp_path / "clinic" / KEY).stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_a_box_is_known_by_its_name_as_a_client_and_nothing_else(tmp_path: Path) -> None:
    authority = authority_in(tmp_path, NOW)
    own = identity_of("practice-03", authority, NOW)
    (tmp_path / "box.pem").write_text(own.certificate)
    told = openssl("x509", "-in", tmp_path / "box.pem", "-noout", "-subject", "-fingerprint", "-sha256").stdout
    assert "CN = practice-03" in told
    assert own.fingerprint.upper() in told.replace(":", "")
    checking = ["verify", "-attime", str(int(NOW.timestamp())), "-CAfile", tmp_path / CERTIFICATE]
    assert openssl(*checking, "-purpose", "sslclient", tmp_path / "box.pem").returncode == 0
    assert openssl(*checking, "-purpose", "sslserver", tmp_path / "box.pem").returncode
    assert openssl("pkey", "-in", tmp_path / "box.pem").returncode, "the key is not in the certificate's file"


def test_no_two_boxes_share_a_key(tmp_path: Path) -> None:
    authority = authority_in(tmp_path, NOW)
    assert identity_of("a", authority, NOW).key != identity_of("a", authority, NOW).key


def test_what_is_no_authority_is_refused(tmp_path: Path) -> None:
    authority_in(tmp_path / "one", NOW)
    authority_in(tmp_path / "two", NOW)
    shutil.copy(tmp_path / "one" / CERTIFICATE, tmp_path / "two" / CERTIFICATE)
    with pytest.raises(DiskError, match="not that of the certificate"):
        authority_in(tmp_path / "two", NOW)
    (tmp_path / "one" / KEY).write_text("no key")
    with pytest.raises(DiskError, match="no authority that can be used"):
        authority_in(tmp_path / "one", NOW)


def test_pins_are_digits_of_one_length() -> None:
    pins = {new_pin() for _ in range(50)}
    assert len(pins) == 50
    assert all(len(pin) == 8 and pin.isdigit() for pin in pins)
