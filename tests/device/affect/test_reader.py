"""The reader: channels by any name and number, settings that cannot be used refused, bad models refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.baseline import Baseline, Population
from device.affect.reader import (
    Calibration,
    Reader,
    calibration_at,
    lay_out,
    mean_weights,
    open_readers,
    pool,
    probability_of,
    values_of,
)
from device.config import AffectConfig
from device.errors import ModelError
from device.files.models import MODELS_DIR
from tests.device.affect.frames import EIGHT, REST, eeg_frame

EEG = AffectConfig().eeg_models[0]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(MODELS_DIR, EEG)


@pytest.mark.parametrize("ch_names", [("Fp1", "Fp2"), ("TP9", "AF7", "AF8", "TP10"), EIGHT, ("t5", "T6", "o1", "FP2")])
def test_any_montage_has_a_place(reader: Reader, ch_names: tuple[str, ...]) -> None:
    layout = reader.layout(eeg_frame(0, REST, ch_names=ch_names).names, ch_names)
    assert layout.columns.shape == (len(ch_names), len(reader.settings.features))


def test_who_takes_no_rest_is_read_by_models_that_need_none() -> None:
    names = AffectConfig().eeg_models
    rested, cold = (open_readers(MODELS_DIR, names, is_rested=is_rested) for is_rested in (True, False))
    assert rested
    assert cold
    assert {reader.name for reader in rested}.isdisjoint(reader.name for reader in cold)


def test_electrodes_without_a_known_place_are_left_out(reader: Reader) -> None:
    names = ("CH1", "O1")
    assert reader.layout(eeg_frame(0, REST, ch_names=names).names, names).channels.tolist() == [1]


def test_bad_channels_are_not_usable(reader: Reader) -> None:
    frame = eeg_frame(0, REST, quality=[1, 0.4, 0.6, 1, 1, 1, 1, 0])
    values, usable = values_of(frame, reader.layout(frame.names, frame.ch_names), 0.5)
    assert values.shape == (8, len(reader.settings.features))
    assert usable.tolist() == [True, False, True, True, True, True, True, False]


def test_alpha_that_is_blocked_reads_as_load(reader: Reader) -> None:
    """Berger 1929: alpha falls when a mind is at work. Powers in uV^2, as a resting head has them."""
    rest = {"delta": 30.0, "theta": 12.0, "alpha_low": 25.0, "alpha_high": 20.0, "beta_low": 8.0, "beta_high": 5.0}
    blocked = rest | {"alpha_low": 9.0, "alpha_high": 7.0}
    frame = eeg_frame(0, REST)
    layout = reader.layout(frame.names, frame.ch_names)
    spread = reader.population(layout).sd
    change = np.log([*_shares(blocked), sum(blocked.values())]) - np.log([*_shares(rest), sum(rest.values())])
    everywhere = np.ones(8, bool)
    assert reader.read(change / spread, everywhere, layout).output > 0
    assert reader.read(0 * spread, everywhere, layout).output < 0


def test_without_a_usable_channel_it_says_nothing(reader: Reader) -> None:
    frame = eeg_frame(0, REST)
    layout = reader.layout(frame.names, frame.ch_names)
    reading = reader.read(np.zeros(layout.columns.shape), np.zeros(8, bool), layout)
    assert np.isnan(reading.output)
    assert not reading.present.any()


def test_fewer_electrodes_are_believed_less(reader: Reader) -> None:
    sites = list(reader.settings.sites)
    eight, two = np.ones(len(sites), bool), np.isin(sites, ("central_left", "central_right"))
    assert abs(reader.log_odds(0.8, 4.0, two)) < abs(reader.log_odds(0.8, 4.0, eight))


@pytest.mark.parametrize("mean", [-1e9, -1.0, 0.0, 1.0, 1e9])
@pytest.mark.parametrize("evidence_s", [0.0, 4.0, 17.0, 1e6])
def test_log_odds_are_finite_and_rise_with_the_output(reader: Reader, mean: float, evidence_s: float) -> None:
    present = np.ones(len(reader.settings.sites), bool)
    assert abs(reader.log_odds(mean, evidence_s, present)) < 4
    assert reader.log_odds(mean, evidence_s, present) <= reader.log_odds(mean + 1, evidence_s, present)


def test_calibration_lies_between_the_lengths_that_are_known() -> None:
    known = [Calibration(4.0, 1.0, 0.0, 0.1, 0.9), Calibration(16.0, 3.0, 0.0, 0.3, 0.9)]
    between = calibration_at(known, 8.0)
    assert (between.slope, between.floor) == pytest.approx((2.0, 0.2))
    assert calibration_at(known, 1000.0).slope == 3.0
    assert probability_of(np.array([-1e9, 1e9]), known[0]).tolist() == pytest.approx([0.1, 0.9])


def _shares(powers: dict[str, float]) -> list[float]:
    return [power / sum(powers.values()) for power in powers.values()]


@given(st.lists(st.booleans(), min_size=8, max_size=8), st.floats(allow_nan=True, allow_infinity=True))
def test_pooling_is_bounded_and_says_what_is_missing(usable: list[bool], wild: float) -> None:
    member = np.repeat(np.eye(4), 2, axis=0)
    z = np.ones((1, 8, 3))
    z[0, 0, 0] = wild
    row = pool(z, np.array([usable]), member, 5.0)[0]
    assert row.shape == (4 * 3 + 4,)
    assert np.abs(row).max() <= 5
    assert row[-4:].tolist() == [float(usable[2 * region] or usable[2 * region + 1]) for region in range(4)]
    assert all(row[3 * region : 3 * region + 3].any() <= row[12 + region] for region in range(4))


def test_a_midline_electrode_lies_on_both_sides() -> None:
    layout = lay_out(["theta"], {"left": ["F3", "Fz"], "right": ["F4", "Fz"]}, ["Fz.theta", "F3.theta"], ["Fz", "F3"])
    assert layout.member.tolist() == [[1, 1], [1, 0]]


def test_features_of_a_wristband_are_sites_of_their_own() -> None:
    names, groups = ["hr_bpm.mean", "hr_bpm.sd", "eda_us.slope"], ["hr_bpm", "eda_us"]
    layout = lay_out([], {"eda_us.slope": [], "hr_bpm.sd": [], "absent.one": []}, names, groups)
    assert layout.names == ("eda_us.slope", "hr_bpm.sd")
    assert layout.columns.tolist() == [[2], [1]]
    assert layout.channels.tolist() == [1, 0]
    assert layout.member.shape == (2, 3)


def test_a_change_keeps_the_zero_of_the_people_in_training() -> None:
    """Someone whose skin conductance climbs while rest is taken is not calm whenever it stops climbing."""
    weight_s = mean_weights(("hr_bpm.mean", "eda_us.slope"), ("eda_us.slope",), 5.0)
    known = Baseline(Population(np.zeros((2, 1)), np.ones((2, 1)), weight_s, 600.0), 60.0)
    known.add(np.array([[3.0], [3.0]]), np.array([True, True]), 60.0, 60.0)
    z = known.z(np.array([[3.0], [3.0]]))
    assert abs(z[0, 0]) < 0.3
    assert z[1, 0] > 2.5


def test_all_other_channels_are_held_against_own_rest(reader: Reader) -> None:
    layout = reader.layout(eeg_frame(0, REST).names, EIGHT)
    weight_s = np.asarray(reader.population(layout).mean_weight_s)
    assert (weight_s == reader.settings.mean_weight_s).all()


def test_lay_out_demands_the_features_it_was_promised() -> None:
    with pytest.raises(KeyError):
        lay_out(["theta"], {"frontal": ["Fp1"]}, ["Fp1.alpha"], ["Fp1"])


@pytest.mark.parametrize("file", ["model.onnx", "model.tflite", "golden.npz"])
def test_a_corrupt_file_is_refused_by_name(tmp_path: Path, file: str) -> None:
    shutil.copytree(MODELS_DIR / EEG, tmp_path / EEG)
    content = bytearray((tmp_path / EEG / file).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / EEG / file).write_bytes(content)
    with pytest.raises(ModelError, match=f"{file} is corrupt"):
        Reader(tmp_path, EEG)


def test_settings_of_another_kind_are_refused(tmp_path: Path) -> None:
    shutil.copytree(MODELS_DIR / EEG, tmp_path / EEG)
    card = tmp_path / EEG / "card.toml"
    card.write_text(card.read_text("utf-8").replace("clip =", "clap ="), "utf-8")
    with pytest.raises(ModelError, match="settings cannot be used"):
        Reader(tmp_path, EEG)


@pytest.mark.parametrize(
    ("was", "becomes"), [("clip = ", "clip = nan # "), ("population_mean = [", "population_mean = [[1.0], ")]
)
def test_settings_that_do_not_fit_the_net_are_refused_at_once(tmp_path: Path, was: str, becomes: str) -> None:
    shutil.copytree(MODELS_DIR / EEG, tmp_path / EEG)
    card = tmp_path / EEG / "card.toml"
    assert was in card.read_text("utf-8")
    card.write_text(card.read_text("utf-8").replace(was, becomes, 1), "utf-8")
    with pytest.raises(ModelError, match="do not fit"):
        Reader(tmp_path, EEG)
