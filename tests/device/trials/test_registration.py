"""A registration says all that must be agreed before, or is refused with the file and what is wrong."""

from pathlib import Path

import pytest

from device.config import load
from device.errors import ConfigError
from device.trials.registration import Registration, fingerprint
from tests.device.trials.registrations import BLOCKS, GROUPS


@pytest.mark.parametrize("text", [BLOCKS, GROUPS])
def test_a_registration_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "registration.toml"
    path.write_text(text, "utf-8")
    assert load(path, Registration).outcomes[0].primary
    assert fingerprint(text.encode()) != fingerprint(text.encode() + b"\n")


@pytest.mark.parametrize(
    ("text", "old", "new", "words"),
    [
        (GROUPS, 'arms = ["rules", "fixed", "adaptive"]', 'arms = ["fixed"]', "at least two arms"),
        (GROUPS, 'arms = ["rules", "fixed", "adaptive"]', 'arms = ["fixed", "fixed", "rules"]', "named once"),
        (GROUPS, '"rules", ', '"playlist", ', "playlist has files"),
        (GROUPS, '"rules", ', '"placebo", ', "arms"),
        (GROUPS, "primary = true", "primary = false", "exactly one of the outcomes"),
        (GROUPS, "analysis", "analyses", "analyses"),
        (GROUPS, "sample_size = 24", "sample_size = 0", "sample_size"),
        (GROUPS, '"clinic"', '"the clinic"', "strata"),
        (BLOCKS, "pairs = 3", 'arms = ["fixed", "adaptive"]', "neither arms nor strata"),
        (BLOCKS, "pairs = 3", 'conditions = ["static", "silence"]', "adaptive is one"),
    ],
)
def test_what_is_not_agreed_is_refused(tmp_path: Path, text: str, old: str, new: str, words: str) -> None:
    path = tmp_path / "registration.toml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=words) as refused:
        load(path, Registration)
    assert str(path) in str(refused.value)
