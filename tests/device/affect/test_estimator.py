"""The estimator: what the patient's view shows each second, from nothing known to load and back to unknown."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from device.affect.estimator import Estimator
from device.affect.fusion import PRIOR_SD
from device.config import AffectConfig, DeviceConfig, SessionConfig, SourceConfig
from device.dsp.features import Features
from device.errors import ModelError
from device.messages import AffectEstimate, Command, FeatureFrame, Message, SampleChunk, SensorStatus, Tick
from hardware.brain import MONTAGE, SFREQ_HZ, Brain
from hardware.mood import Feeling, Mood
from hardware.profiles import PROFILES
from tests.device.affect.frames import LOAD, REST, S, eeg_frame, eeg_frames, heart_frame


def run(estimator: Estimator, messages: Iterable[Message], begin_s: int, end_s: int) -> list[AffectEstimate]:
    """Feed messages in time order with a tick each second."""
    ticks = [Tick(t_ns=second * S) for second in range(begin_s + 1, end_s + 1)]
    ordered = sorted([*messages, *ticks], key=lambda message: message.t_ns)
    found = [item for message in ordered for item in estimator.step(message, message.t_ns)]
    assert len(found) == len(ticks)
    return found


def heart_frames(begin_s: int, end_s: int, hr_bpm: float) -> list[FeatureFrame]:
    rng = np.random.default_rng(begin_s)
    return [heart_frame(second, hr_bpm + float(rng.normal())) for second in range(begin_s, end_s)]


@pytest.fixture
def estimator(config: SessionConfig) -> Estimator:
    return Estimator(config)


def test_without_sensors_it_is_unknown_and_says_so(estimator: Estimator) -> None:
    (found,) = run(estimator, [], 0, 1)
    assert not found.known
    assert (found.valence, found.arousal) == (0, 0)
    assert (found.valence_sd, found.arousal_sd) == (PRIOR_SD, PRIOR_SD)
    assert found.reasons == ("no sensor",)


def test_a_configured_sensor_that_never_came_is_named(config: SessionConfig) -> None:
    device = DeviceConfig(sources={"band": SourceConfig(type="hrs")})
    estimator = Estimator(msgspec.structs.replace(config, device=device))
    (silent,) = run(estimator, [], 0, 1)
    assert silent.coverage == {"band": 0.0}
    assert silent.reasons == ("band: no features yet",)
    lost = SensorStatus(t_ns=S + 1, source="band", state="lost", sentence="The wristband was not found.")
    (found,) = run(estimator, [lost], 1, 2)
    assert found.reasons == ("band: The wristband was not found.",)


def test_rest_then_load_raises_arousal_and_valence_stays_unknown(estimator: Estimator) -> None:
    frames = [*eeg_frames(4, 120, REST), *eeg_frames(120, 180, LOAD)]
    course = run(estimator, frames, 0, 180)
    assert not any(item.known for item in course[:60])
    assert not course[30].calibrated
    rest, load = course[110], course[179]
    assert rest.known
    assert load.known
    assert load.calibrated
    assert load.arousal > 0.4 > rest.arousal
    assert load.arousal_sd < PRIOR_SD
    assert (load.valence, load.valence_sd) == (0.0, PRIOR_SD)
    assert load.coverage["cyton"] > 0.9


def test_a_lost_source_goes_without_a_jump_and_then_it_is_unknown(estimator: Estimator) -> None:
    course = run(estimator, [*eeg_frames(4, 90, REST), *eeg_frames(90, 150, LOAD)], 0, 160)
    assert course[149].known
    assert not course[-1].known
    assert course[-1].arousal == 0
    assert any("no data for" in reason for reason in course[-1].reasons)
    steps = [abs(after.arousal - before.arousal) for before, after in pairwise(course[148:])]
    assert max(steps) < 0.5


def test_the_heart_alone_is_enough_and_less_sure_than_with_eeg(config: SessionConfig) -> None:
    heart = [*heart_frames(30, 120, 65), *heart_frames(120, 180, 85)]
    alone = run(Estimator(config), heart, 0, 180)[-1]
    both = run(Estimator(config), [*heart, *eeg_frames(4, 120, REST), *eeg_frames(120, 180, LOAD)], 0, 180)[-1]
    assert alone.known
    assert alone.arousal > 0
    assert both.arousal > alone.arousal
    assert both.arousal_sd < alone.arousal_sd
    assert set(both.coverage) == {"cyton", "band"}


def test_the_listeners_word_outranks_the_sensors_for_a_while(estimator: Estimator) -> None:
    said = Command(t_ns=150 * S, kind="self_report", author="patient", value=-0.9)
    course = run(estimator, [*eeg_frames(4, 90, REST), *eeg_frames(90, 500, LOAD), said], 0, 500)
    assert course[148].arousal > 0.3
    assert course[151].arousal < -0.3
    assert any("listener said" in reason for reason in course[151].reasons)
    assert course[-1].arousal > 0.3


def test_the_listeners_word_counts_without_any_sensor(estimator: Estimator) -> None:
    said = Command(t_ns=0, kind="self_report", author="patient", value=0.5)
    course = run(estimator, [said], 0, 1000)
    assert course[0].known
    assert course[0].arousal == pytest.approx(0.5, abs=0.01)
    assert not course[-1].known


def test_nan_features_are_unknown_not_a_crash(estimator: Estimator) -> None:
    course = run(estimator, [*eeg_frames(4, 90, REST), *eeg_frames(90, 120, {"delta": np.nan})], 0, 120)
    assert all(np.isfinite((item.arousal, item.arousal_sd)).all() for item in course)
    frames = [msgspec.structs.replace(eeg_frame(t, REST), values=(np.nan,) * 80) for t in range(121, 160)]
    assert not run(estimator, frames, 120, 160)[-1].known


def test_the_same_messages_give_the_same_bytes(config: SessionConfig) -> None:
    messages = [*eeg_frames(4, 100, REST), *heart_frames(30, 100, 70)]
    first, second = (
        [msgspec.msgpack.encode(item) for item in run(Estimator(config), messages, 0, 100)] for _ in range(2)
    )
    assert first == second


def test_a_missing_model_refuses_to_start(config: SessionConfig) -> None:
    device = DeviceConfig(affect=AffectConfig(eeg_models=("eeg-load-9.9.9",)))
    with pytest.raises(ModelError, match=r"eeg-load-9\.9\.9"):
        Estimator(msgspec.structs.replace(config, device=device))


class Strain(Mood):
    """Quiet for two minutes, then at work."""

    def at(self, second: int) -> Feeling:
        return Feeling(0.6, 0.26) if second >= 120 else Feeling(-0.4, 0.66)


@pytest.mark.parametrize("listener", ["guest", "restless"])
def test_the_virtual_patients_strain_is_read_from_its_eeg(config: SessionConfig, listener: str) -> None:
    profile = PROFILES[listener]
    brain, features = Brain(7, profile, Strain(7, profile)), Features(config)
    frames = []
    for second in range(180):
        data = brain.samples(second * SFREQ_HZ, SFREQ_HZ).astype("<f4").tobytes()
        chunk = SampleChunk(
            t_ns=second * S,
            source="cyton",
            kind="eeg",
            sfreq_hz=SFREQ_HZ,
            ch_names=MONTAGE,
            first_sample=second * SFREQ_HZ,
            data=data,
        )
        frames.extend(features.step(chunk, chunk.t_ns))
    course = run(Estimator(config), frames, 0, 180)
    rest, load = (np.mean([item.arousal for item in course[begin:end]]) for begin, end in ((90, 120), (150, 180)))
    assert load > rest + 0.5
    assert load > 0 > rest
