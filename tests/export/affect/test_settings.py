"""Training configurations: the shipped ones load; one that reaches outside the open data is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import ConfigError
from export.affect.settings import load_config
from tests.export.affect.people import CONFIGS, config

NAMES = sorted(path.stem for path in CONFIGS.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_configurations_load(name: str) -> None:
    found = config(name)
    placed = {channel for members in found.sites.values() for channel in members} | set(found.sites)
    assert set(found.ch_names) <= placed
    assert set(next(iter(found.montages.values()))) == set(found.ch_names), "the first montage is the whole one"
    assert all(set(channels) <= set(found.ch_names) for channels in found.montages.values())


@pytest.mark.parametrize("dataset", ["../restricted/wrist_cogload", "/tmp", "a/b"])
def test_training_outside_the_open_data_is_refused(tmp_path: Path, dataset: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text((CONFIGS / "eeg.toml").read_text("utf-8").replace("eeg_eegmat", dataset), "utf-8")
    with pytest.raises(ConfigError, match="dataset"):
        load_config(path)


def test_a_protocol_that_nobody_wrote_down_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text((CONFIGS / "eeg.toml").read_text("utf-8").replace("person-kfold", "shuffled-windows"), "utf-8")
    with pytest.raises(ConfigError, match=r"no protocol 'shuffled-windows'.*person-kfold"):
        load_config(path)
