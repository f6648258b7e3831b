from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.fusion import View, fuse, opinion_of
from hardware.twin.reading import (
    REST_S,
    PersonRow,
    Quality,
    Reading,
    Sensors,
    Skill,
    _fuse,
    draw_skill,
    fitted_table,
    skill_of,
)

STEP_S = 4.0
QUALITIES: tuple[Quality, ...] = ("good", "fair", "poor")


def course(sensors: Sensors, arousal: np.ndarray, steps: int) -> list[Reading]:
    """Readings after the rest."""
    readings = [sensors.read(arousal, 0 * arousal, STEP_S) for _ in range(steps + round(REST_S / STEP_S))]
    return readings[round(REST_S / STEP_S) :]


def alike(row: PersonRow, n: int) -> Skill:
    return skill_of([[row] * n])


def plain(**changes: float) -> PersonRow:
    return PersonRow(
        **{"at_rest": 0.0, "gain": 4.0, "below": 2.0, "noise_sd": 0.5, "known": 1.0, "is_blind": False} | changes
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("quality", QUALITIES)
def test_people_are_read_as_those_in_the_recordings(quality: Quality) -> None:
    random = np.random.default_rng(1)
    sensors = Sensors(2000, random, quality)
    rest = course(sensors, np.full(2000, fitted_table().rest_arousal), 20)[-1]
    for _ in range(60):
        load = sensors.read(np.full(2000, fitted_table().load_arousal), np.zeros(2000), STEP_S)
    assert rest.arousal.mean() < load.arousal.mean() - 0.1
    if quality == "poor":
        figures = fitted_table().figures["forehead"]
        assert rest.arousal[rest.known].mean() == pytest.approx(figures["told_at_rest"], abs=0.12)
        assert load.arousal[load.known].mean() == pytest.approx(figures["told_at_load"], abs=0.12)


def test_better_sensors_tell_more() -> None:
    told = {}
    for quality in QUALITIES:
        random = np.random.default_rng(2)
        arousal = random.uniform(-0.4, 0.6, 4000)
        reading = course(Sensors(4000, random, quality), arousal, 60)[-1]
        told[quality] = np.corrcoef(arousal, reading.arousal)[0, 1]
    assert told["good"] > told["poor"] > 0.1
    assert told["good"] > told["fair"] > 0.1


def test_noise_keeps_the_spread_and_the_time_that_the_table_says() -> None:
    source = fitted_table().sources["wrist"]
    sensors = Sensors(4000, np.random.default_rng(3), "fair", skill=alike(plain(gain=0.0, noise_sd=1.0), 4000))
    noise = []
    for _ in range(200):
        sensors.read(np.zeros(4000), np.zeros(4000), STEP_S)
        noise.append(sensors._smooth[0])
    later = np.array(noise)[100:]
    assert later.std() == pytest.approx(1.0, abs=0.03)
    slow, quick = source.noise_s, source.smoothing_s
    for steps in (4, 20):
        step_s = steps * STEP_S
        wanted = (slow * np.exp(-step_s / slow) - quick * np.exp(-step_s / quick)) / (slow - quick)
        assert (later[steps:] * later[:-steps]).mean() == pytest.approx(wanted, abs=0.05)


def test_a_change_is_followed_with_delay() -> None:
    sensors = Sensors(1, np.random.default_rng(4), "fair", skill=alike(plain(noise_sd=0.0, gain=2.0), 1))
    before = course(sensors, np.full(1, -0.4), 40)[-1].arousal[0]
    soon = sensors.read(np.full(1, 0.6), np.zeros(1), STEP_S).arousal[0]
    for _ in range(100):
        late = sensors.read(np.full(1, 0.6), np.zeros(1), STEP_S).arousal[0]
    assert before <= soon < before + 0.3 * (late - before)


@pytest.mark.parametrize("quality", QUALITIES)
def test_blind_people_are_told_of_confidently_and_without_information(quality: Quality) -> None:
    n = 4000
    skill = draw_skill(n, np.random.default_rng(5), quality).blinded(np.full(n, True))
    assert skill.is_blind.all()
    calm, strained = (
        course(Sensors(n, np.random.default_rng(6), quality, skill=skill), np.full(n, arousal), 5)[-1]
        for arousal in (-0.8, 0.8)
    )
    np.testing.assert_array_equal(calm.arousal, strained.arousal)
    np.testing.assert_array_equal(calm.arousal_sd, strained.arousal_sd)
    assert (calm.arousal_sd < 0.9).mean() > 0.3


def test_skill_stays_with_the_person_and_the_day_does_not() -> None:
    one, other = (draw_skill(1000, np.random.default_rng(seed), "good") for seed in (7, 8))

    def day(skill: Skill, seed: int) -> np.ndarray:
        sensors = Sensors(1000, np.random.default_rng(seed), "good", skill=skill)
        return np.mean([reading.arousal for reading in course(sensors, np.full(1000, 0.6), 30)], axis=0)

    first, again, somebody_else = day(one, 1), day(one, 2), day(other, 2)
    assert (first != again).any()
    assert np.corrcoef(first, again)[0, 1] > 0.3
    assert abs(np.corrcoef(first, somebody_else)[0, 1]) < 0.15


@pytest.mark.parametrize("quality", QUALITIES)
def test_nothing_is_said_before_rest_is_over_nor_where_sensors_are_lost(quality: Quality) -> None:
    sensors = Sensors(500, np.random.default_rng(8), quality, has_loss=True)
    n_lost = 0
    for number in range(200):
        reading = sensors.read(np.zeros(500), np.zeros(500), STEP_S)
        unknown = ~reading.known
        if (number + 1) * STEP_S <= REST_S:
            assert unknown.all()
        assert unknown[sensors._lost].all()
        assert not reading.arousal[unknown].any()
        assert (reading.arousal_sd[unknown] == 1).all()
        n_lost += int(sensors._lost.sum())
    loss = fitted_table().loss
    assert n_lost / (200 * 500) == pytest.approx(loss.mean_s / (loss.mean_s + loss.every_s), abs=0.02)


def test_bouts_of_loss_last_as_long_as_the_table_says() -> None:
    sensors = Sensors(3000, np.random.default_rng(9), "good", has_loss=True)
    lost = []
    for _ in range(600):
        sensors.read(np.zeros(3000), np.zeros(3000), 1.0)
        lost.append(sensors._lost)
    begins = (np.diff(np.array(lost).astype(int), axis=0) > 0).sum()
    assert np.sum(lost) / begins == pytest.approx(fitted_table().loss.mean_s, rel=0.1)


def test_who_is_taken_for_rested_while_strained_is_read_as_calm() -> None:
    skill, strained = alike(plain(at_rest=-2.0, noise_sd=0.0), 1), np.full(1, 0.5)
    known, taken = (
        course(Sensors(1, np.random.default_rng(1), "fair", skill=skill, is_rested=is_rested), strained, 60)[-1]
        for is_rested in (True, False)
    )
    assert known.arousal[0] > 0 > taken.arousal[0]


@given(st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=2))
def test_opinions_are_fused_as_the_box_does(means: list[float]) -> None:
    box = fuse([View(arousal=opinion_of(mean, float(np.sqrt(1 - mean**2)), 1.0)) for mean in means])
    told, sd = _fuse(np.array(means)[:, None])
    assert told[0] == pytest.approx(box.arousal, abs=1e-9)
    assert sd[0] == pytest.approx(box.arousal_sd, abs=1e-9)


@pytest.mark.parametrize("quality", QUALITIES)
def test_the_same_seed_reads_the_same_and_no_model_tells_valence(quality: Quality) -> None:
    one, other = (course(Sensors(50, np.random.default_rng(1), quality, True), np.zeros(50), 9)[-1] for _ in range(2))
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not one.valence.any()
    assert (one.valence_sd == 1).all()


def test_the_table_holds_no_names_and_says_how_it_was_made() -> None:
    table = fitted_table()
    assert str(table.provenance["command"]).startswith("python -m export.twin.reading --data DIR --seed")
    assert len(table.sources["eeg"].people) == 27
    assert 0 < sum(row.is_blind for row in table.sources["eeg"].people) < 10
