"""What becomes of a provisioning file on a box."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from device.config import BoxConfig, DeviceConfig, HeadphonesConfig
from device.fleet.layout import FleetConfig
from device.provisioning.layout import Fleet, Provision, Roles, Wifi
from device.provisioning.settings import settings, without_secrets

SHIPPED = Path("deploy/imaging/system/usr/share/isotone/device.toml").read_text()
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63)
SALT = b"salt"
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(WORDS, WORDS, st.floats(0.01, 20.0))
def test_the_box_reads_what_was_provisioned(listener: str, profile: str, volts: float) -> None:
    provision = Provision(
        name="a",
        language="fr",
        headphones=HeadphonesConfig(profile=profile, full_scale_v=volts),
        box=BoxConfig(listener=listener),
    )
    text = settings(provision, SHIPPED, SALT)["etc/isotone/device.toml"].text
    device = msgspec.convert(tomllib.loads(text), DeviceConfig)
    assert device.voice.language == "fr"
    assert device.headphones == provision.headphones
    assert device.box == provision.box
    assert device.sources == msgspec.convert(tomllib.loads(SHIPPED), DeviceConfig).sources


def unescaped(text: str) -> str:
    """What iwd makes of a value (ell, `l_settings_get_string`)."""
    result, letters = "", iter(text)
    for letter in letters:
        result += {"s": " ", "\\": "\\"}[next(letters)] if letter == "\\" else letter
    return result


@given(PRINTABLE)
def test_iwd_reads_the_password_that_was_written(password: str) -> None:
    found = settings(Provision(name="a", wifi=Wifi(network="x", password=password, country="DE")), SHIPPED, SALT)
    line = found["data/iwd/x.psk"].text.splitlines()[1]
    value = line.removeprefix("Passphrase=")
    assert not value.startswith(" ")
    assert unescaped(value) == password
    assert found["data/iwd/x.psk"].mode == 0o600


def test_a_network_of_any_name_has_a_file_that_iwd_looks_for() -> None:
    wifi = Wifi(network="Süd/../x", password="12345678", country="DE")
    assert "data/iwd/=53c3bc642f2e2e2f78.psk" in settings(Provision(name="a", wifi=wifi), SHIPPED, SALT)


PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def test_the_agent_of_the_fleet_reads_what_was_provisioned() -> None:
    fleet = Fleet(
        broker="broker.example", group="north", authority=PEM, certificate=PEM, key=PEM.replace("AAAA", "BBBB")
    )
    found = settings(Provision(name="a", fleet=fleet), SHIPPED, SALT)
    config = msgspec.convert(tomllib.loads(found["etc/isotone/fleet.toml"].text), FleetConfig)
    assert (config.name, config.broker, config.port, config.group) == ("a", "broker.example", 8883, "north")
    sealed = found["etc/credstore.encrypted/isotone-fleet-key"]
    assert (sealed.text, sealed.credential) == (fleet.key, "isotone-fleet-key")
    # systemd names a credential by its place, and its unit asks for it by the same name.
    assert config.key == f"/run/credentials/isotone-fleet.service/{sealed.credential}"
    unit = Path("deploy/imaging/system/usr/lib/systemd/system/isotone-fleet.service.d/sealed.conf")
    assert f"LoadCredentialEncrypted={sealed.credential}\n" in unit.read_text()
    assert found[config.certificate.removeprefix("/")].text == PEM


def test_without_a_technician_nobody_may_log_in() -> None:
    assert not [path for path in settings(Provision(name="a"), SHIPPED, SALT) if "ssh" in path or "nft" in path]
    key = "ssh-ed25519 " + "A" * 68
    found = settings(Provision(name="a", technician_key=key), SHIPPED, SALT)
    assert found["etc/ssh/technicians"].text == f"{key}\n"
    assert "dport 22" in found["etc/nftables.d/technician.nft"].text


def test_two_boxes_with_one_pin_keep_nothing_alike() -> None:
    provision = Provision(name="a", roles=Roles(therapist_pin="471108"))
    kept = [settings(provision, SHIPPED, salt)["etc/isotone/roles.json"].text for salt in (b"one", b"two")]
    assert kept[0] != kept[1]
    assert "471108" not in kept[0]


@given(WORDS)
def test_what_stays_is_a_file_that_says_the_same_but_for_secrets(listener: str) -> None:
    provision = Provision(name="a", language="de", box=BoxConfig(listener=listener))
    assert msgspec.convert(tomllib.loads(without_secrets(provision)), Provision) == provision
