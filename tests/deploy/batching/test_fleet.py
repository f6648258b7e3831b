"""A list of boxes: rows become provisioning files that a box understands, or are refused by their line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.batching.fleet import provisioning_text, read_fleet, with_identity
from device.errors import ConfigError
from device.provisioning.layout import Provision, read

COMMON = {"language": "de", "fleet": {"broker": "broker.example"}, "box": {"guests_asked_by": "Dr. Weber"}}
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def listed(folder: Path, text: str) -> Path:
    path = folder / "fleet.csv"
    path.write_text(text)
    return path


def test_a_row_says_what_is_its_own_and_the_rest_is_common(tmp_path: Path) -> None:
    text = "name,box.listener,headphones.full_scale_v,roles.therapist_pin\na-1,anna,1.5,471108\na-2,,,\n"
    rows = read_fleet(listed(tmp_path, text), COMMON)
    assert [row.name for row in rows] == ["a-1", "a-2"]
    told = with_identity(rows[0].told, {"authority": PEM, "certificate": PEM, "key": PEM})
    (tmp_path / "box.toml").write_text(provisioning_text(told))
    provision = read(tmp_path / "box.toml")
    assert (provision.name, provision.language, provision.box.listener) == ("a-1", "de", "anna")
    assert provision.headphones.full_scale_v == 1.5
    assert provision.roles.therapist_pin == "471108", "digits in a list are a PIN and no number"
    assert provision.fleet
    assert provision.fleet.certificate == PEM


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name\nA 1\n", r"fleet\.csv:2: .*name"),
        ("name\na\nb\na\n", r"fleet\.csv:4: a stands in line 2 too"),
        ("name,langauge\na,de\n", r"fleet\.csv:2: .*langauge"),
        ("name,language\na,de\nb,it\n", r"fleet\.csv:3: .*language"),
        ("name,headphones.full_scale_v\na,loud\n", r"fleet\.csv:2: .*full_scale_v"),
        ("name,fleet.key\na,x\n", r"fleet\.csv:1: `fleet\.key` is made for each box"),
        ("name,name\na,a\n", r"fleet\.csv:1: the column 'name'"),
        ("name,a.b.c\na,a\n", r"fleet\.csv:1: the column 'a\.b\.c'"),
        ("name,language\na\n", r"fleet\.csv:2: it has more or fewer values"),
        ("name\na,b\n", r"fleet\.csv:2: it has more or fewer values"),
        ("name\n", r"has 0 boxes"),
        ("language\nde\n", r"fleet\.csv:2: .*name"),
    ],
)
def test_what_cannot_be_is_refused_by_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read_fleet(listed(tmp_path, text), {})


def test_a_list_that_is_not_there_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    with pytest.raises(ConfigError) as refused:
        read_fleet(path, {})
    assert str(refused.value) == f"{path} cannot be read: No such file or directory. Name the list of boxes."


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f"name,{text}\na,{text}\n".encode()))
def test_anything_else_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "fleet.csv"
    path.write_bytes(data)
    try:
        rows = read_fleet(path, {})
    except ConfigError:
        return
    assert all(row.name for row in rows)


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(WORDS, WORDS)
def test_whatever_a_listener_is_called_the_file_says_so(listener: str, profile: str) -> None:
    text = provisioning_text({"name": "a", "box": {"listener": listener}, "headphones": {"profile": profile}})
    provision = msgspec.convert(tomllib.loads(text), Provision)
    assert (provision.box.listener, provision.headphones.profile) == (listener, profile)
