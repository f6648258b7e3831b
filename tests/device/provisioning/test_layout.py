"""A provisioning file: what it may say, and how what it may not is refused, by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from device.errors import ConfigError
from device.provisioning.layout import Provision, read

WHOLE = """
name = "practice-03"
language = "de"
timezone = "Europe/Berlin"
technician_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVua25vd25rZXlmb3J0ZXN0c29ubHkwMDAw anna@practice"

[wifi]
network = "Praxis Süd"
password = "so long, and thanks"
country = "DE"

[roles]
therapist_pin = "471108"
technician_pin = "a longer one"

[headphones]
profile = "sennheiser-hd-560s"
full_scale_v = 1.0

[box]
listener = "anna"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "isotone.toml"
    path.write_text(text)
    return path


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    provision = read(written(tmp_path, WHOLE))
    assert (provision.name, provision.language, provision.box.listener) == ("practice-03", "de", "anna")
    assert provision.wifi
    assert provision.wifi.network == "Praxis Süd"


def test_a_name_is_enough(tmp_path: Path) -> None:
    assert read(written(tmp_path, 'name = "a"')) == Provision(name="a")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('language = "de"', 'langauge = "de"', r"isotone\.toml:3: unknown key `langauge`"),
        ('country = "DE"', 'county = "DE"', r"isotone\.toml:10: unknown key `wifi\.county`"),
        ('name = "practice-03"', 'name = "Practice 03"', r"isotone\.toml:2: `name`"),
        ('country = "DE"', "", r"wifi"),
        ('country = "DE"', 'country = "Germany"', r"isotone\.toml:10: `wifi\.country`"),
        ("so long, and thanks", "short", r"isotone\.toml:9: `wifi\.password`"),
        ("Praxis Süd", "ü" * 17, r"longer than 32 bytes"),
        ("Europe/Berlin", "Europe/Bonn", r"isotone\.toml:4: `timezone` is 'Europe/Bonn', and there is no such"),
        ("Europe/Berlin", "../../etc/passwd", r"no such time zone"),
        ("sennheiser-hd-560s", "sennheiser-hd-56", r"isotone\.toml:17: `headphones\.profile`.*Known are: .*hd-560s"),
        ('profile = "sennheiser-hd-560s"', "sensitivity_db_mw = 100.0", r"isotone\.toml:17: .*needs `impedance_ohm`"),
        ('"471108"', '"47110"', r"isotone\.toml:13: `roles\.therapist_pin`"),
        ('"a longer one"', '"471108"', r"neither says who somebody is"),
        ("technician_pin", "patient_pin", r"isotone\.toml:14: unknown key `roles\.patient_pin`"),
        ("ssh-ed25519 ", "from=x ssh-ed25519 ", r"technician_key"),
        ("ssh-ed25519 ", "ssh-dss ", r"technician_key"),
        ('language = "de"', 'language = "it"', r"isotone\.toml:3: `language`"),
    ],
)
def test_what_cannot_be_is_refused_by_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in WHOLE
    with pytest.raises(ConfigError, match=told):
        read(written(tmp_path, WHOLE.replace(old, new)))


@trying(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_anything_else_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "isotone.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError):
        read(path)
