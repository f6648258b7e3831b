"""`isotone dose` as a listener, a therapist and somebody who checks the figures use it."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from device.audio.safety.headphones import PROFILES, full_scale_spl
from device.cli import main
from device.clock import moment
from device.commands.hearing import recall_hearing
from device.commands.session_folder import listeners_root
from device.config import DeviceConfig, HeadphonesConfig
from device.errors import ConfigError, DoseError, Exit
from device.listeners.hearing import hear
from device.listeners.store import FILE, open_store
from tests.device.audio.test_wav_sound import write
from tests.device.commands.test_memory import own_data
from tests.device.listeners.evidence import known

__all__ = ["own_data"]


def isotone(*arguments: str, told: str = "") -> Result:
    return CliRunner().invoke(main, ["dose", *arguments], input=told)


def figures(*arguments: str, told: str = "") -> dict[str, Any]:
    done = isotone(*arguments, "--json", told=told)
    assert done.exit_code == Exit.OK, done.output
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def listen(exposure_pa2h: float, name: str = "", session: str = "a") -> None:
    with open_store(listeners_root(DeviceConfig())) as store:
        listener = known(store, name).id if name else ""
        hear(store, session, listener, exposure_pa2h, 3600.0, moment())


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """Ten seconds of 1 kHz at -20 dBFS."""
    wave = np.rint(3276.8 * np.sin(2 * np.pi * np.arange(480_000) / 48))
    return write(tmp_path / "tone.wav", np.repeat(wave.astype("<i2"), 2).tobytes())


def test_a_file_has_the_level_and_dose_of_its_headphones(tone: Path, tmp_path: Path) -> None:
    device = tmp_path / "device.toml"
    device.write_text('[headphones]\nprofile = "sennheiser-hd-650"\nfull_scale_v = 1.0\n')
    shown = figures("--wav", str(tone), "--device", str(device))
    assert shown["laeq_dba"] == pytest.approx(83.0, abs=0.05)
    assert shown["estimate"] is True
    expected = 4e-10 * 10**8.3 * 10 / 3600
    assert shown["dose_percent"] == pytest.approx(100 * expected / 1.6, rel=0.01)
    sensitive = figures("--wav", str(tone), "--device", str(device), "--sensitive")
    assert sensitive["dose_percent"] == pytest.approx(shown["dose_percent"] * math.sqrt(10), rel=0.01)
    louder = figures("--wav", str(tone), "--headphones", "shure-se215")
    assert louder["laeq_dba"] == pytest.approx(full_scale_spl(HeadphonesConfig(profile="shure-se215")) - 20, abs=0.05)
    assert "estimate" in isotone("--wav", str(tone)).output.lower()


def test_silence_has_no_level(tmp_path: Path) -> None:
    shown = figures("--wav", str(write(tmp_path / "silence.wav", bytes(192_000))))
    assert (shown["laeq_dba"], shown["dose_percent"]) == (None, 0.0)
    assert "silence" in isotone("--wav", str(tmp_path / "silence.wav")).output


def test_a_file_whose_name_is_no_text_is_measured_too(tone: Path, tmp_path: Path) -> None:
    odd = tone.rename(tmp_path / os.fsdecode(b"t\xff.wav"))
    done = CliRunner().invoke(main, ["dose", "--wav", os.fspath(odd), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["file"].endswith("t\\xff.wav")


def test_what_is_no_wav_or_no_headphones_is_refused_in_a_sentence(tone: Path, tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"RIFF....WAVEfmt nonsense")
    refused = isotone("--wav", str(tmp_path / "song.wav"))
    assert refused.exit_code == Exit.RECORDING
    assert "no WAV file" in refused.output
    assert isotone("--wav", str(tone), "--headphones", "ear trumpet").exit_code == Exit.CONFIG


def test_who_never_listened_has_had_nothing() -> None:
    shown = figures()
    assert (shown["listener"], shown["dose_percent"], shown["laeq_dba"], shown["left_percent"]) == (
        "guest",
        0.0,
        None,
        100,
    )


@pytest.mark.parametrize("changes", [[], ["--own"]])
def test_whoever_is_not_known_has_no_figures_and_is_refused_by_name(changes: list[str]) -> None:
    listen(0.4)
    done = isotone("nobody here", *changes)
    assert done.exit_code == Exit.RECORDING
    assert "nobody here" in done.output
    assert "%" not in done.stdout
    assert figures("Guest")["dose_percent"] == pytest.approx(25.0)


def test_unknown_headphones_are_the_loudest_both_for_what_is_counted_and_for_what_may_sound(tone: Path) -> None:
    shown = figures("--wav", str(tone))
    assert shown["full_scale_spl"] == pytest.approx(max(full_scale_spl(HeadphonesConfig(profile=n)) for n in PROFILES))
    assert "the loudest are counted, and the music is made softer" in isotone().output
    assert "the loudest are counted" not in isotone("--headphones", "sennheiser-hd-650").output


def test_what_was_heard_is_told_and_limits_the_next_session() -> None:
    listen(0.4)
    with open_store(listeners_root(DeviceConfig())) as store:
        known(store, "ada")
    shown = figures("ada")
    assert shown["dose_percent"] == pytest.approx(25.0)
    assert shown["laeq_dba"] == pytest.approx(10 * math.log10(0.4 / 4e-10), abs=0.01)
    assert "25.0 %" in isotone("ada").output
    assert recall_hearing(DeviceConfig(), "ada").account.week_pa2h == 0.4
    listen(1.3, session="b")
    with pytest.raises(DoseError, match="allowed in a week"):
        recall_hearing(DeviceConfig(), "a quite new name")


def test_nobody_raises_the_ceiling_without_the_pin() -> None:
    listen(1.61)
    assert isotone("--set-ceiling", "200", told="1234\n").exit_code == Exit.CONFIG
    assert isotone("--set-pin", told="4711\n").exit_code == Exit.OK
    assert isotone("--set-ceiling", "200", told="1234\n").exit_code == Exit.CONFIG
    with pytest.raises(DoseError):
        recall_hearing(DeviceConfig(), "guest")
    assert figures("--set-ceiling", "200", told="4711\n")["ceiling_percent"] == 200.0
    assert recall_hearing(DeviceConfig(), "guest").account.ceiling_percent == 200.0
    assert figures("--set-ceiling", "60")["ceiling_percent"] == 60.0, "to lower it is anybody's right"
    assert isotone("--set-pin", told="1111\n2222\n").exit_code == Exit.CONFIG


def test_only_the_pin_says_whose_ears_are_their_own_or_no_longer_sensitive() -> None:
    listen(0.8, "ada")
    listen(0.4, "bob", "b")
    assert figures("bob")["dose_percent"] == pytest.approx(75.0)
    isotone("--set-pin", told="4711\n")
    assert isotone("bob", "--own", told="0000\n").exit_code == Exit.CONFIG
    isotone("ada", "--own", told="4711\n")
    assert figures("bob", "--own", told="4711\n")["dose_percent"] == pytest.approx(25.0)
    assert figures("bob", "--sensitive")["allowed_dba"] == pytest.approx(75.0)
    assert isotone("bob", "--adult", told="0000\n").exit_code == Exit.CONFIG
    assert figures("bob", "--adult", told="4711\n")["allowed_dba"] == pytest.approx(80.0)
    assert isotone("eve", "--own", told="4711\n").exit_code == Exit.RECORDING


def test_an_account_that_cannot_be_read_makes_the_music_softer_and_says_so() -> None:
    folder = listeners_root(DeviceConfig())
    folder.mkdir(parents=True, mode=0o700)
    (folder / FILE).write_bytes(b"no account" * 1000)
    hearing = recall_hearing(DeviceConfig(), "ada")
    assert hearing.account.week_pa2h is None
    assert "softer" in hearing.remarks[0]


def test_another_profile_does_not_change_what_was_heard() -> None:
    listen(0.4)
    quiet = DeviceConfig(headphones=HeadphonesConfig(profile="sennheiser-hd-650"))
    assert recall_hearing(quiet, "guest").account.week_pa2h == 0.4


def test_headphones_that_are_none_refuse_the_session() -> None:
    with pytest.raises(ConfigError, match="no headphones"):
        recall_hearing(DeviceConfig(headphones=HeadphonesConfig(profile="none such")), "guest")


def test_nobody_is_asked_for_a_pin_that_there_is_not() -> None:
    refused = isotone("--set-ceiling", "200")
    assert refused.exit_code == Exit.CONFIG
    assert "PIN:" not in refused.output
    assert "no PIN yet" in str(refused.exception or "") + refused.output
