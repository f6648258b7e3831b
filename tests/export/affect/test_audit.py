"""What a training run really did is what the leak detector sees, and a run that leaks writes nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from device.errors import ConfigError

pytest.importorskip("sklearn", reason="needs the extra `export`")

from export.affect.audit import audit, plan_of, try_refit
from export.affect.crossval import CrossValidation, Fold, cross_validate
from export.affect.data import Person
from export.affect.fit import fit
from export.affect.leaks import examine, refuse_leaks
from export.affect.settings import TrainingConfig
from tests.export.affect.people import CONFIGS, config, people, write_eeg

WHOLE = "Cyton, 8 channels"
N_PEOPLE = 6


@pytest.fixture(scope="module")
def quick() -> TrainingConfig:
    found = config("eeg")
    return msgspec.structs.replace(
        found,
        folds=3,
        inner_folds=2,
        centres=0,
        copies=1,
        train_step=4,
        evidence_s=(4.0,),
        montages={WHOLE: found.montages[WHOLE]},
    )


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    folder: Path = tmp_path_factory.mktemp("data")
    write_eeg(folder, N_PEOPLE)
    return people(folder, "eeg")


@pytest.fixture(scope="module")
def found(everybody: list[Person], quick: TrainingConfig) -> CrossValidation:
    return cross_validate(everybody, quick)


def with_first(found: CrossValidation, first: Fold) -> CrossValidation:
    return found._replace(folds=[first, *found.folds[1:]])


def test_the_plan_holds_whom_each_fold_trained_and_tested(
    everybody: list[Person], quick: TrainingConfig, found: CrossValidation
) -> None:
    plan = plan_of(everybody, quick, found)
    for fold, real in zip(plan.folds, found.folds, strict=True):
        assert set(plan.person[fold.test]) == {person.name for person in real.unseen}
        assert set(plan.person[fold.train]) == set(real.fitted.seen)
    tested = np.concatenate([fold.test for fold in plan.folds])
    assert len(tested) == len(np.unique(tested))
    assert not np.isin(tested, plan.rest).any(), "what calibrates is not scored"
    assert set(plan.person[plan.rest]) == {person.name for person in everybody}
    assert (plan.label[plan.rest] == 0).all()


def test_an_honest_run_is_warned_of_its_data_and_not_refused(
    everybody: list[Person], quick: TrainingConfig, found: CrossValidation
) -> None:
    findings = examine(plan_of(everybody, quick, found))
    assert {finding.kind for finding in findings} >= {"clock", "recording"}, "a file of rest, then a file of load"
    refuse_leaks(findings)
    assert try_refit(everybody, quick, found) == ()


def test_a_net_that_has_seen_whom_it_tests_is_refused(
    everybody: list[Person], quick: TrainingConfig, found: CrossValidation
) -> None:
    names = tuple(person.name for person in everybody)
    leaking = with_first(found, found.folds[0]._replace(fitted=found.folds[0].fitted._replace(seen=names)))
    with pytest.raises(ConfigError, match="Fold 0 trains and tests on S"):
        refuse_leaks(examine(plan_of(everybody, quick, leaking)))


def test_a_calibration_on_the_tested_people_is_refused(
    everybody: list[Person], quick: TrainingConfig, found: CrossValidation
) -> None:
    tested = tuple(person.name for person in found.folds[0].unseen)
    leaking = with_first(found, found.folds[0]._replace(calibrated_on=tested))
    assert {finding.kind for finding in examine(plan_of(everybody, quick, leaking)) if finding.is_refused} == {
        "calibration"
    }


@pytest.mark.parametrize("part", ["kernel", "mean"])
def test_what_a_run_does_not_declare_is_found_by_fitting_again(
    part: str, everybody: list[Person], quick: TrainingConfig, found: CrossValidation
) -> None:
    """Weights or a scaler of everybody, under the names of the training people alone."""
    secret, first = fit(everybody, quick, quick.seed), found.folds[0]
    peeped = first.fitted._replace(**{part: getattr(secret, part)})
    leaking = with_first(found, first._replace(fitted=peeped))
    assert not any(finding.is_refused for finding in examine(plan_of(everybody, quick, leaking)))
    (finding,) = try_refit(everybody, quick, leaking)
    assert finding.is_refused
    assert finding.kind == "refit"


def test_a_leak_is_an_exit_code_and_a_sentence_and_nothing_is_written(
    tmp_path: Path,
    quick: TrainingConfig,
    found: CrossValidation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("torch", reason="needs the extra `export`")
    from export.affect import train

    write_eeg(tmp_path, N_PEOPLE)
    tested = tuple(person.name for person in found.folds[0].unseen)
    leaking = with_first(found, found.folds[0]._replace(calibrated_on=tested))
    monkeypatch.setattr(train, "load_config", lambda _path: quick)
    monkeypatch.setattr(train, "fit_normal", lambda *_args: None)
    monkeypatch.setattr(train, "cross_validate", lambda *_args: leaking)
    out = tmp_path / "model"
    arguments = ["--config", str(CONFIGS / "eeg.toml"), "--data", str(tmp_path), "--out", str(out)]
    assert train.main([*arguments, "--tflite-python", "python"]) == ConfigError("", "").exit_code
    assert "This training run leaks: The calibration of fold 0 saw" in capsys.readouterr().err
    assert not out.exists()


def test_noise_passes_the_whole_audit(everybody: list[Person], quick: TrainingConfig, found: CrossValidation) -> None:
    refused = [finding for finding in audit(everybody, quick, found) if finding.is_refused]
    assert {finding.kind for finding in refused} <= {"scrambled"}, "six people are few for chance itself"
