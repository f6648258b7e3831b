"""The estimator: what the patient's view shows each second, from nothing known to load and back to unknown."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from device.affect import reader
from device.affect.estimator import Estimator
from device.affect.fusion import PRIOR_SD, STEP_MAX_PER_S
from device.config import AffectConfig, DeviceConfig, SessionConfig, SourceConfig
from device.dsp.features import Features
from device.errors import ModelError
from device.messages import (
    AffectEstimate,
    FeatureFrame,
    Message,
    PersonalBaseline,
    RestTaken,
    SampleChunk,
    SelfReport,
    SensorStatus,
    SourceState,
    Tick,
)
from hardware.twin.brain import MONTAGE, SFREQ_HZ, Brain
from hardware.twin.mood import Feeling, Mood
from hardware.twin.profiles import PROFILES
from tests.device.affect.frames import EIGHT, LOAD, REST, S, eeg_frame, eeg_frames, heart_frame
from tests.device.affect.readers import HEART, open_reader


def feed(estimator: Estimator, messages: Iterable[Message], begin_s: int, end_s: int) -> list[Message]:
    """All that follows from messages in time order, with a tick each second."""
    ticks = [Tick(t_ns=second * S) for second in range(begin_s + 1, end_s + 1)]
    ordered = sorted([*messages, *ticks], key=lambda message: message.t_ns)
    return [item for message in ordered for item in estimator.step(message, message.t_ns)]


def run(estimator: Estimator, messages: Iterable[Message], begin_s: int, end_s: int) -> list[AffectEstimate]:
    """The estimates alone, one a second."""
    found = [item for item in feed(estimator, messages, begin_s, end_s) if isinstance(item, AffectEstimate)]
    assert len(found) == end_s - begin_s
    return found


def rests(estimator: Estimator, messages: Iterable[Message], end_s: int) -> list[PersonalBaseline]:
    """The listener's rest, as often as it was told."""
    return [item for item in feed(estimator, messages, 0, end_s) if isinstance(item, PersonalBaseline)]


def heart_frames(begin_s: int, end_s: int, hr_bpm: float) -> list[FeatureFrame]:
    rng = np.random.default_rng(begin_s)
    return [heart_frame(second, hr_bpm + float(rng.normal())) for second in range(begin_s, end_s)]


def reports(minutes: Iterable[int], arousal: Iterable[float], valence: Iterable[float | None]) -> list[SelfReport]:
    return [
        SelfReport(t_ns=minute * 60 * S, author="patient", value=value, valence=felt)
        for minute, value, felt in zip(minutes, arousal, valence, strict=True)
    ]


@pytest.fixture
def config(config: SessionConfig, monkeypatch: pytest.MonkeyPatch) -> SessionConfig:
    """The shipped EEG model and a made-up one for the heart."""
    monkeypatch.setattr(reader, "Reader", open_reader)
    device = DeviceConfig(affect=AffectConfig(wrist_models=(HEART,)))
    return msgspec.structs.replace(config, device=device)


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
    device = msgspec.structs.replace(config.device, sources={"band": SourceConfig(type="hrs")})
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
    assert max(steps) <= STEP_MAX_PER_S + 1e-9


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
    said = SelfReport(t_ns=150 * S, author="patient", value=-0.9)
    course = run(estimator, [*eeg_frames(4, 90, REST), *eeg_frames(90, 500, LOAD), said], 0, 500)
    assert course[148].arousal > 0.3
    assert course[151].arousal < -0.3
    assert any("listener said" in reason for reason in course[151].reasons)
    assert course[-1].arousal > 0.3


def test_the_listeners_word_counts_without_any_sensor(estimator: Estimator) -> None:
    said = SelfReport(t_ns=0, author="patient", value=0.5)
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
    device = DeviceConfig(affect=AffectConfig(eeg_models=("eeg-load-9.9.9",), wrist_models=()))
    with pytest.raises(ModelError, match=r"eeg-load-9\.9\.9"):
        Estimator(msgspec.structs.replace(config, device=device))


# -- the listener's own words


def test_valence_is_what_the_listener_said_and_then_what_was_said_earlier(estimator: Estimator) -> None:
    course = run(estimator, [*eeg_frames(4, 700, REST), *reports([2], [-0.5], [-0.6])], 0, 700)
    assert course[119].valence == pytest.approx(-0.6, abs=0.05)
    assert course[119].valence_sd < 0.3
    assert course[-1].valence < -0.2
    assert 0.5 < course[-1].valence_sd < PRIOR_SD
    assert "valence is what the listener said earlier" in course[-1].reasons


def test_words_of_earlier_sessions_alone_are_no_estimate_and_claim_none(config: SessionConfig) -> None:
    told = rests(Estimator(config), reports([1], [0.0], [0.8]), 130)
    estimator = Estimator(msgspec.structs.replace(config, baselines=tuple(told)))
    course = run(estimator, eeg_frames(4, 120, REST), 0, 120)
    assert not course[20].known
    assert not any("valence" in reason for reason in course[20].reasons)
    assert course[-1].known
    assert course[-1].valence > 0.2
    assert "valence is what the listener said earlier" in course[-1].reasons


def test_a_report_that_is_no_number_is_not_heard(estimator: Estimator) -> None:
    course = run(estimator, reports([0, 0], [np.nan, 0.0], [0.0, np.inf]), 0, 10)
    assert not any(item.known for item in course)


def hour(side: np.ndarray) -> list[FeatureFrame]:
    """A heart that follows `side` minute by minute after two minutes of rest."""
    return [*heart_frames(1, 120, 65)] + [
        frame
        for minute, high in enumerate((side > 0).tolist(), start=2)
        for frame in heart_frames(60 * minute, 60 * minute + 60, 90 if high else 65)
    ]


def test_valence_is_read_only_where_this_listeners_words_bear_it_out(config: SessionConfig) -> None:
    side = np.repeat(np.tile([1.0, -1.0], 10), 3)
    minutes = range(3, 62)
    borne_out = run(Estimator(config), [*hour(side), *reports(minutes, side[:59], -0.8 * side[:59])], 0, 3720)[-1]
    assert any("valence is read too" in reason for reason in borne_out.reasons)
    mixed = np.random.default_rng(1).permutation(side)
    scrambled = run(Estimator(config), [*hour(side), *reports(minutes, mixed[:59], mixed[:59])], 0, 3720)[-1]
    assert not any("valence is read" in reason for reason in scrambled.reasons)
    assert "band: the listener's own words and the sensors do not agree: not used" in scrambled.reasons


# -- the listener's own rest


def test_rest_is_told_when_it_is_known_and_again_each_minute(config: SessionConfig) -> None:
    (first, *more) = rests(Estimator(config), eeg_frames(4, 200, REST), 200)
    assert 56 < first.t_ns / S < 66
    assert (first.source, first.model) == ("cyton", config.device.affect.eeg_models[0])
    assert set(first.names) >= {f"{channel}.theta" for channel in EIGHT}
    assert np.mean([mean for name, mean in zip(first.names, first.mean, strict=True) if "theta" in name]) == (
        pytest.approx(REST["theta"], abs=0.1)
    )
    assert [round((item.t_ns - first.t_ns) / S) for item in more] == [60, 120]
    assert all(item.mean == first.mean for item in more)


def test_another_headsets_rest_is_told_too(config: SessionConfig) -> None:
    frames = [*eeg_frames(4, 90, REST), *eeg_frames(90, 200, REST, ch_names=EIGHT[:2])]
    told = rests(Estimator(config), frames, 200)
    assert [len(item.names) // len(told[-1].names) for item in told] == [4, 1]


def test_with_the_rest_of_an_earlier_session_it_is_read_after_twenty_seconds_and_wider(config: SessionConfig) -> None:
    (known, *_) = rests(Estimator(config), eeg_frames(4, 90, REST), 90)
    frames = [*eeg_frames(4, 40, REST, seed=1), *eeg_frames(40, 120, LOAD, seed=1)]
    alone = run(Estimator(config), frames, 0, 60)
    carried = run(Estimator(msgspec.structs.replace(config, baselines=(known,))), frames, 0, 60)
    assert not any(item.known for item in alone)
    assert not any(item.known for item in carried[:15])
    early = carried[52]
    assert early.known
    assert early.arousal > 0
    assert 0.6 < early.arousal_sd < PRIOR_SD
    assert any("with the rest of earlier sessions" in reason for reason in early.reasons)


def test_started_again_after_calibration_it_reads_on_against_the_rest_that_was_taken(config: SessionConfig) -> None:
    rest, load = list(eeg_frames(4, 90, REST)), list(eeg_frames(90, 150, LOAD))
    whole = run(Estimator(config), [*rest, *load], 0, 150)
    (taken, *_) = rests(Estimator(config), rest, 90)
    after = [frame for frame in load if frame.t_ns >= 100 * S]
    anew = run(Estimator(config), after, 100, 150)
    told = RestTaken(t_ns=101 * S, baselines=(taken,))
    again = run(Estimator(config), [told, *after], 100, 150)
    assert not any(item.known for item in anew), "that is what was: rest taken of who is loaded"
    assert all(item.known and item.calibrated for item in again[5:])
    assert again[-1].arousal == pytest.approx(whole[-1].arousal, abs=0.1)
    assert again[-1].arousal_sd == pytest.approx(whole[-1].arousal_sd, abs=0.1)
    (kept,) = rests(Estimator(config), [told, *after], 150)
    assert kept.mean == pytest.approx(taken.mean)


def test_a_rest_that_was_taken_is_not_another_devices(config: SessionConfig) -> None:
    (taken, *_) = rests(Estimator(config), heart_frames(30, 120, 65), 120)
    told = RestTaken(t_ns=121 * S, baselines=(taken,))
    first, other = worn(122, "C0:FF:EE:15:07:0E"), worn(130, "C0:FF:EE:99:99:99")
    course = run(Estimator(config), [told, first, *heart_frames(123, 160, 85)], 120, 160)
    assert course[-1].arousal > 0
    course = run(Estimator(config), [told, first, other, *heart_frames(131, 160, 85)], 120, 160)
    assert course[-1].arousal < 0


@pytest.mark.parametrize(
    "alien",
    [{"names": ("X1.theta",) * 56}, {"mean": ()}, {"mean": (float("nan"),) * 56}, {"sd": (0.0,) * 56}, {"model": "x"}],
)
def test_an_alien_rest_counts_for_nothing(config: SessionConfig, alien: dict[str, object]) -> None:
    (known, *_) = rests(Estimator(config), eeg_frames(4, 90, REST), 90)
    assert len(known.names) == 56
    carried = msgspec.structs.replace(config, baselines=(msgspec.structs.replace(known, **alien),))
    frames = [*eeg_frames(4, 80, REST), *eeg_frames(80, 100, LOAD)]
    assert run(Estimator(carried), frames, 0, 100) == run(Estimator(config), frames, 0, 100)


class Strain(Mood):
    """Quiet for two minutes, then at work."""

    def at(self, second: int) -> Feeling:
        return Feeling(0.6, 0.0, 0.26) if second >= 120 else Feeling(-0.4, 0.0, 0.66)


class Relief(Mood):
    """At work for two minutes, the time of rest among them, then quiet."""

    def at(self, second: int) -> Feeling:
        return Feeling(-0.4, 0.0, 0.66) if second >= 120 else Feeling(0.6, 0.0, 0.26)


def frames_of(config: SessionConfig, mood: Mood, listener: str, seconds: int) -> list[FeatureFrame]:
    """What a listener's EEG shows of that mood, while they sit still."""
    still = PROFILES[listener]._replace(fidgets_per_min=0.0)
    return frames_from(config, Brain(7, still, mood), seconds)


def frames_from(config: SessionConfig, brain: Brain, seconds: int) -> list[FeatureFrame]:
    features, frames = Features(config), list[FeatureFrame]()
    for second in range(seconds):
        chunk = SampleChunk(
            t_ns=second * S,
            source="cyton",
            kind="eeg",
            sfreq_hz=SFREQ_HZ,
            ch_names=MONTAGE,
            first_sample=second * SFREQ_HZ,
            data=brain.samples(second * SFREQ_HZ, SFREQ_HZ).astype("<f4").tobytes(),
        )
        frames.extend(features.step(chunk, chunk.t_ns))
    return frames


def told(config: SessionConfig, frames: list[FeatureFrame], begin_s: int, end_s: int) -> float:
    """Mean arousal that is told of these seconds."""
    return float(np.mean([item.arousal for item in run(Estimator(config), frames, 0, end_s)[begin_s:]]))


@pytest.mark.parametrize("listener", ["guest", "restless"])
def test_the_virtual_patients_strain_is_read_from_its_eeg(config: SessionConfig, listener: str) -> None:
    """Where they are known to rest at the start; where they may not have, the next tests say more."""
    affect = msgspec.structs.replace(config.device.affect, rest_probability=1.0)
    config = msgspec.structs.replace(config, device=msgspec.structs.replace(config.device, affect=affect))
    frames = frames_of(config, Strain(7, PROFILES[listener]), listener, 180)
    rest, load = told(config, frames, 90, 120), told(config, frames, 150, 180)
    assert load > rest + 0.5
    assert load > 0 > rest


@pytest.mark.parametrize("listener", ["guest", "restless"])
def test_who_comes_in_strained_is_not_told_to_be_calm_before_they_are(config: SessionConfig, listener: str) -> None:
    frames = frames_of(config, Relief(7, PROFILES[listener]), listener, 210)
    strained, calm = told(config, frames, 90, 120), told(config, frames, 180, 210)
    assert strained > -0.2
    assert calm < -0.5
    assert any("perhaps none" in reason for reason in run(Estimator(config), frames, 0, 210)[-1].reasons)


def test_of_who_cannot_sit_still_nothing_is_told_for_sure(config: SessionConfig) -> None:
    profile = PROFILES["restless"]
    frames = frames_from(config, Brain(8, profile, Strain(8, profile)), 180)
    assert np.mean([item.arousal_sd for item in run(Estimator(config), frames, 0, 180)[90:]]) > 0.85


def worn(at_s: int, device: str, state: SourceState = "streaming") -> SensorStatus:
    return SensorStatus(t_ns=at_s * S, source="band", state=state, sentence="The wristband streams.", device=device)


@pytest.mark.parametrize(("second", "seems_strained"), [("C0:FF:EE:99:99:99", False), ("C0:FF:EE:15:07:0E", True)])
def test_another_device_is_not_read_against_the_rest_of_the_one_before(
    estimator: Estimator, second: str, seems_strained: bool
) -> None:
    own = [worn(20, "C0:FF:EE:15:07:0E"), *heart_frames(30, 120, 65)]
    gap = [worn(121, "", "lost"), worn(122, second)]
    course = run(estimator, [*own, *gap, *heart_frames(123, 180, 85)], 0, 180)
    assert course[119].calibrated
    assert (course[-1].arousal > 0) == seems_strained


def test_another_device_takes_a_rest_of_its_own(estimator: Estimator) -> None:
    own = [worn(20, "C0:FF:EE:15:07:0E"), *heart_frames(30, 120, 65)]
    other = [worn(121, "C0:FF:EE:99:99:99"), *heart_frames(122, 260, 118)]
    told = rests(estimator, [*own, *other], 260)
    assert max(told[0].mean) == pytest.approx(65, abs=10)
    assert max(told[-1].mean) == pytest.approx(118, abs=10)
