"""The hearing guard: no volume, no restart and no length of session gets past what the week has left."""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.safety.dose import WEEK_H, DoseMeter, a_weighting, allowance_pa2h, level_of, pa2_of
from device.audio.safety.hearing import (
    DOWN_DB_S,
    FAREWELL_S,
    LOUDER_S,
    SESSIONS_LEFT,
    SOFTEST_DB,
    UP_DB_S,
    HearingGuard,
)
from device.audio.samples import from_pcm
from device.config import DeviceConfig, HeadphonesConfig, HearingAccount, Prescription, SessionConfig
from device.errors import ConfigError
from device.messages import Exposure, Marker
from tests.cases import cases

BLOCK_S = 1024 / 48_000
SECOND_NS = 1_000_000_000


class Heard(NamedTuple):
    """What was heard of a session."""

    exposures: list[Exposure]
    words: list[str]
    levels: list[float]
    guard: HearingGuard

    @property
    def pa2h(self) -> float:
        return self.guard.session_pa2h


def session(
    minutes: float = 20.0, spl: float = 130.0, *, account: HearingAccount | None = None, began_ns: int = 0
) -> HearingGuard:
    headphones = HeadphonesConfig(sensitivity_db_v=spl, full_scale_v=1.0)
    return HearingGuard(
        SessionConfig(
            session_id="test",
            run_dir="",
            session_dir="",
            models_dir="",
            minutes=minutes,
            started_ns=began_ns,
            device=DeviceConfig(headphones=headphones),
            hearing=account or HearingAccount(),
        )
    )


@functools.cache
def tone(level_steps: int) -> bytes:
    """A block of 1.5 kHz (a whole number of waves) with an amplitude in steps of a 16-bit sample."""
    wave = np.rint(level_steps * np.sin(2 * np.pi * 32 * np.arange(1024) / 1024)).astype("<i2")
    return np.repeat(wave, 2).tobytes()


def play(guard: HearingGuard, volumes_db: list[float], every_s: float = 1.0) -> Heard:
    """Hear a tone whose volume (dBFS) is turned every so many seconds; what the guard takes away is not heard."""
    heard = Heard([], [], [], guard)
    n_blocks = round(every_s / BLOCK_S)
    t_ns = 1
    for volume_db in volumes_db:
        for _ in range(n_blocks):
            if guard.is_over:
                return heard
            heard.levels.append(guard.level())
            steps = round(32767 * heard.levels[-1] * 10 ** (volume_db / 20))
            for news in guard.hear(t_ns, tone(steps)):
                if isinstance(news, Exposure):
                    heard.exposures.append(news)
                elif isinstance(news, Marker):
                    heard.words.append(news.text)
            t_ns += round(BLOCK_S * SECOND_NS)
    return heard


def assert_gentle(levels: list[float]) -> None:
    """No jump: at most the slopes, and the straight line of the farewell."""
    step_db = max(DOWN_DB_S, UP_DB_S) * BLOCK_S
    fade = BLOCK_S / FAREWELL_S
    for before, after in itertools.pairwise(levels):
        assert after >= before * 10 ** (-step_db / 20) - fade - 1e-9
        assert after <= before * 10 ** (UP_DB_S * BLOCK_S / 20) + 1e-9


def test_soft_music_is_left_alone() -> None:
    heard = play(session(spl=100.0), [-30.0] * 30)
    assert set(heard.levels) == {1.0}
    assert heard.words == []
    assert [exposure.laeq_dba for exposure in heard.exposures[1:]] == pytest.approx([71.0] * 29, abs=0.3)
    assert heard.exposures[-1].dose_percent == pytest.approx(100 * heard.pa2h / 1.6, rel=0.1)


def test_loud_music_comes_down_in_time_and_the_session_keeps_to_its_share() -> None:
    heard = play(session(minutes=5.0), [-15.0] * 300)
    assert_gentle(heard.levels)
    assert not heard.guard.is_over, "a session as it was planned is softer, and never cut off"
    assert heard.levels[-1] < 0.2
    assert heard.pa2h <= allowance_pa2h() / SESSIONS_LEFT * 1.05
    assert len([words for words in heard.words if "softer" in words]) == 1


def test_turning_up_what_is_limited_gains_nothing() -> None:
    calm = play(session(minutes=3.0), [-20.0] * 180)
    racing = play(session(minutes=3.0), [-20.0, 0.0, -10.0, 0.0] * 45)
    assert_gentle(racing.levels)
    # Twenty decibels too much are noticed within seconds, and the farewell lets some of it through.
    assert max(calm.pa2h, racing.pa2h) <= allowance_pa2h() / SESSIONS_LEFT * 2
    assert racing.guard.is_over or racing.levels[-1] < 0.1


def test_when_the_week_is_used_up_the_music_says_farewell() -> None:
    nearly = HearingAccount(week_pa2h=1.6 - 0.02)
    heard = play(session(minutes=60.0, account=nearly), [0.0] * 120)
    assert heard.guard.is_over
    assert_gentle(heard.levels)
    assert nearly.week_pa2h is not None
    assert heard.pa2h + nearly.week_pa2h <= 1.6 * 1.001
    assert heard.exposures[-1].dose_percent > 98.0


@settings(max_examples=cases(25), deadline=None)
@given(
    st.floats(0.0, 1.6),
    st.lists(st.floats(-40.0, 0.0), min_size=5, max_size=40),
    st.floats(95.0, 130.0),
    st.floats(1.0, 60.0),
)
def test_no_way_of_turning_the_volume_passes_the_weeks_end(
    week_pa2h: float, volumes_db: list[float], spl: float, minutes: float
) -> None:
    heard = play(session(minutes, spl, account=HearingAccount(week_pa2h=week_pa2h)), volumes_db)
    told = [0.0, *(exposure.session_pa2h for exposure in heard.exposures)]
    loudest_s = max((after - before for before, after in itertools.pairwise(told)), default=0.0)
    assert week_pa2h + heard.pa2h <= 1.6 + 2 * loudest_s, "no more than the seconds in which it is noticed and turned"
    assert_gentle(heard.levels)


@pytest.mark.parametrize("left_pa2h", [0.0, 1e-9])
def test_a_week_that_is_used_up_begins_with_silence(left_pa2h: float) -> None:
    heard = play(session(1.0, 95.0, account=HearingAccount(week_pa2h=1.6 - left_pa2h)), [0.0] * 5)
    assert heard.guard.is_over
    assert heard.pa2h == 0.0


def test_audio_that_was_started_again_knows_what_the_ears_had() -> None:
    first = play(session(minutes=10.0), [-20.0] * 60)
    told = HearingAccount(session_pa2h=first.exposures[-1].session_pa2h)
    again = session(minutes=10.0, account=told, began_ns=1)
    assert again.session_pa2h == pytest.approx(first.pa2h, rel=0.05)
    heard = play(again, [-20.0] * 300)
    assert heard.pa2h <= allowance_pa2h() / SESSIONS_LEFT * 1.1


def test_many_short_sessions_have_together_what_the_week_allows() -> None:
    week_pa2h = 0.0
    for _ in range(12):
        account = HearingAccount(week_pa2h=week_pa2h)
        week_pa2h += play(session(minutes=1.0, account=account), [-6.0] * 60).pa2h
    assert week_pa2h < 1.6


def test_without_an_account_a_week_without_a_pause_stays_inside_the_dose() -> None:
    heard = play(session(minutes=4.0, account=HearingAccount(week_pa2h=None)), [-30.0] * 240)
    assert heard.exposures[-1].dose_percent == -1.0
    a_week = heard.pa2h * WEEK_H / (4.0 / 60.0)
    assert a_week <= 1.6 * 1.2
    assert heard.levels[-1] < 0.05


@pytest.mark.parametrize("percent", [50, 80])
def test_each_threshold_is_told_once(percent: int) -> None:
    before = HearingAccount(week_pa2h=1.6 * (percent - 0.01) / 100)
    heard = play(session(account=before, spl=120.0), [-20.0] * 20)
    assert [words for words in heard.words if f"{percent} %" in words] == [
        f"The ears have had {percent} % of what is allowed in a week (estimate)."
    ]


def test_a_raised_ceiling_and_a_sensitive_ear_count() -> None:
    raised = HearingAccount(week_pa2h=1.6, ceiling_percent=200.0)
    heard = play(session(account=raised, spl=110.0), [-20.0] * 10)
    assert not heard.guard.is_over
    assert heard.levels[-1] == 1.0
    sensitive = HearingAccount(week_pa2h=0.6, allowance_pa2h=allowance_pa2h(sensitive=True))
    assert play(session(account=sensitive), [-20.0] * 20).guard.is_over


def test_headphones_that_are_none_are_refused() -> None:
    config = session()
    del config
    broken = SessionConfig(
        session_id="", run_dir="", session_dir="", models_dir="",
        device=DeviceConfig(headphones=HeadphonesConfig(profile="none such")),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="no headphones"):
        HearingGuard(broken)


def second_of(volume_db: float, seconds: int = 1) -> bytes:
    """A tone of whole seconds."""
    wave = np.rint(32767 * 10 ** (volume_db / 20) * np.sin(2 * np.pi * np.arange(48_000) / 32)).astype("<i2")
    return np.repeat(np.tile(wave, seconds), 2).tobytes()


def wanted_db(volume_db: float, spl: float, exposure: Exposure, minutes: float, spent_s: float) -> float:
    """How much softer the rest has to be: what the share has left for each second beside what a second makes."""
    pa2 = 10 ** ((spl + volume_db) / 10) * (20e-6) ** 2 * a_weighting(np.array([1500.0]))[0]
    left_s = max(60.0, minutes * 60.0 - spent_s)
    return float(10 * np.log10((1.6 / SESSIONS_LEFT - exposure.session_pa2h) / (pa2 / 3600 * left_s)))


@pytest.mark.parametrize("volume_db", [-12.0, -20.0])
def test_steady_music_comes_down_to_what_its_share_allows_for_the_rest_of_the_session(volume_db: float) -> None:
    heard = play(session(minutes=60.0), [volume_db] * 90)
    last = heard.exposures[-1]
    expected_db = wanted_db(volume_db, 130.0, last, 60.0, len(heard.exposures))
    assert last.limit_db == pytest.approx(expected_db, abs=0.3)
    assert heard.levels[-1] == pytest.approx(10 ** (last.limit_db / 20), rel=0.005)


def needed_db(share_pa2h: float, minutes: float, spl: float = 130.0) -> float:
    """How much softer music of the prescribed loudness has to be, if it is to last from the beginning to the end."""
    a_second_pa2h = pa2_of(spl + Prescription().loudness_lufs) / 3600
    return 10 * math.log10(share_pa2h / (a_second_pa2h * minutes * 60))


def begins_at_db(minutes: float, account: HearingAccount) -> float:
    return session(minutes, account=account).exposure(0).limit_db


@pytest.mark.parametrize("ceiling_percent", [50.0, 100.0])
def test_it_begins_as_soft_as_music_of_the_prescribed_loudness_has_to_be(ceiling_percent: float) -> None:
    account = HearingAccount(week_pa2h=0.0, ceiling_percent=ceiling_percent)
    share = 1.6 * ceiling_percent / 100 / SESSIONS_LEFT
    assert begins_at_db(60.0, account) == pytest.approx(needed_db(share, 60.0), abs=1e-4)


@pytest.mark.parametrize(("days", "share"), [(1 / 24, 1 / 168), (7.0, 1.0), (14.0, 1.0)])
def test_without_an_account_a_session_has_its_share_of_a_week_and_never_more_than_one(
    days: float, share: float
) -> None:
    minutes = days * 24 * 60
    expected_db = needed_db(allowance_pa2h() * share, minutes)
    assert begins_at_db(minutes, HearingAccount(week_pa2h=None)) == pytest.approx(expected_db, abs=1e-4)


@pytest.mark.parametrize("seconds", [2, 20])
def test_of_a_longer_stretch_each_second_counts(seconds: int) -> None:
    """What was heard in it follows the level before by its length; whatever is longer than the memory stands alone."""
    guard, minutes = session(minutes=60.0), 60.0
    before, limit_db = pa2_of(130.0 + Prescription().loudness_lufs) / 3600, guard.exposure(0).limit_db
    guard.hear(1, second_of(-24.0, seconds))
    a_second = guard.session_pa2h / seconds * 10 ** (-limit_db / 10)
    raw = before + (a_second - before) * min(1.0, seconds / LOUDER_S)
    left_pa2h = allowance_pa2h() / SESSIONS_LEFT - guard.session_pa2h
    assert guard._target_db == pytest.approx(10 * math.log10(left_pa2h / (raw * minutes * 60)), abs=1e-6)


@pytest.mark.parametrize(("share", "is_farewell"), [(0.9, False), (1.1, True)])
def test_half_of_the_farewells_sound_is_kept_back_for_it(share: float, is_farewell: bool) -> None:
    """Without an account all that a session may have is one: five of ten seconds like the last ones are kept."""
    minutes, pcm = 10.0, second_of(-12.0, 2)
    rest_pa2h = allowance_pa2h() * minutes / 60 / WEEK_H
    meter = DoseMeter(48_000, 100.0)
    meter.add(from_pcm(pcm))
    wanted_pa2h = share * rest_pa2h / (1 + 0.5 * FAREWELL_S / 2)
    spl = 100.0 + 10 * math.log10(wanted_pa2h / meter.exposure_pa2h)
    guard = session(minutes, spl, account=HearingAccount(week_pa2h=None))
    guard.hear(1, pcm)
    for _ in range(math.ceil(FAREWELL_S / BLOCK_S) + 1):
        guard.level()
    assert guard.is_over == is_farewell


def on_its_way(from_db: float, to_db: float, seconds: float) -> float:
    """The level in dB after so many seconds on the way to a target."""
    guard = session()
    guard._limit_db, guard._target_db = from_db, to_db
    return 20 * math.log10([guard.level() for _ in range(round(seconds / BLOCK_S))][-1])


def test_what_is_too_loud_comes_down_by_a_quarter_of_the_excess_a_second_and_6_db_at_most() -> None:
    assert on_its_way(0.0, -4.0, 1.0) == pytest.approx(-4.0 * (1 - math.exp(-1 / 4)), abs=0.02)
    assert on_its_way(0.0, -40.0, 1.0) == pytest.approx(-DOWN_DB_S, abs=0.05)
    assert on_its_way(-49.0, -math.inf, 60.0) == pytest.approx(SOFTEST_DB)


def test_what_was_made_softer_comes_back_slowly_and_whole() -> None:
    assert on_its_way(-10.0, 0.0, 5.0) == pytest.approx(-10.0 + 5 * UP_DB_S, abs=0.01)
    assert on_its_way(-0.5, 0.0, 2.4) == pytest.approx(-0.5 + 2.4 * UP_DB_S, abs=0.01)
    assert on_its_way(-0.5, 0.0, 2.6) == 0.0


def test_a_session_that_is_nearly_over_may_be_louder_than_one_that_begins() -> None:
    """When it began counts, not when audio was started; what the clock says is of no matter."""
    now_ns, limits_db = 10**18, []
    for began_ns in (now_ns, now_ns - 50 * 60 * SECOND_NS, 0):
        guard = session(minutes=60.0, spl=120.0, began_ns=began_ns)
        for index in range(60):
            guard.hear(now_ns + index * SECOND_NS, second_of(-20.0))
        limits_db.append(guard._target_db)
    begins_db, ends_db, unknown_db = limits_db
    assert unknown_db == begins_db
    assert ends_db - begins_db == pytest.approx(10 * np.log10(59 / 9), abs=0.2)


def test_what_is_loud_is_remembered_longer_than_what_is_soft() -> None:
    steady = play(session(minutes=60.0), [-15.0] * 120).exposures[-1].limit_db
    at_times = play(session(minutes=60.0), ([-15.0] * 2 + [-80.0] * 8) * 12).exposures[-1].limit_db
    assert at_times - steady < 5.0


def test_each_second_is_told_and_counted_exactly_as_a_meter_counts_it() -> None:
    guard, meter = session(spl=100.0), DoseMeter(48_000, 100.0)
    heard_s = 0
    for index, (seconds, volume_db) in enumerate(((1, -20.0), (2, -14.0), (1, -40.0))):
        pcm, before = second_of(volume_db, seconds), meter.exposure_pa2h
        told = guard.hear(1000 + index, pcm)
        meter.add(np.frombuffer(pcm, "<i2").reshape(-1, 2).astype(np.float32) / np.float32(32768))
        heard_s += seconds
        assert len(told) == 1
        exposure = told[0]
        assert isinstance(exposure, Exposure)
        assert (exposure.t_ns, exposure.heard_s) == (1000 + index, heard_s)
        assert exposure.session_pa2h == meter.exposure_pa2h
        assert exposure.laeq_dba == pytest.approx(level_of((meter.exposure_pa2h - before) * 3600 / seconds), abs=1e-6)
        assert (exposure.limit_db, exposure.headphones) == (0.0, "unknown")


def test_silence_is_no_level_and_asks_for_nothing() -> None:
    guard = session(spl=100.0)
    for index in range(40):
        (exposure,) = guard.hear(index, bytes(4 * 48_000))
        assert isinstance(exposure, Exposure)
        assert exposure.laeq_dba is None
        assert guard.level() == 1.0


def test_the_farewell_goes_no_softer_than_the_softest_and_begins_while_its_own_sound_is_left() -> None:
    nearly = HearingAccount(week_pa2h=1.6 - 0.05)
    guard = session(minutes=60.0, account=nearly)
    heard = play(guard, [-60.0] * 5 + [0.0] * 120)
    assert heard.guard.is_over
    assert min(exposure.limit_db for exposure in heard.exposures) >= SOFTEST_DB
    assert 1.6 - 0.05 + heard.pa2h <= 1.6


@pytest.mark.parametrize("week_pa2h", [0.0, 0.8])
def test_what_this_session_had_before_audio_was_started_again_counts_for_the_weeks_end(week_pa2h: float) -> None:
    left_pa2h = 0.01
    account = HearingAccount(week_pa2h=week_pa2h, session_pa2h=1.6 - week_pa2h - left_pa2h)
    heard = play(session(account=account), [-20.0] * 60)
    assert heard.guard.is_over
    assert week_pa2h + heard.pa2h <= 1.6


def test_of_two_thresholds_that_are_passed_at_once_the_higher_is_told_with_its_time() -> None:
    guard = session(spl=130.0, account=HearingAccount(week_pa2h=0.79))
    markers = [news for news in guard.hear(77, second_of(0.0, 400)) if "ears have had" in getattr(news, "text", "")]
    assert [marker.text.split(" % ")[0] for marker in markers] == ["The ears have had 100"]
    assert markers[0].t_ns == 77


def test_a_threshold_that_was_met_before_the_session_is_not_told_again_and_one_that_is_just_met_is() -> None:
    before = HearingAccount(week_pa2h=0.8, allowance_pa2h=1.6)
    assert not play(session(spl=100.0, account=before), [-40.0] * 3).words


@pytest.mark.parametrize(
    ("worn", "is_advised"),
    [
        (HeadphonesConfig(), True),
        (HeadphonesConfig(full_scale_v=2.0), True),
        (HeadphonesConfig(profile="sennheiser-hd-25"), False),
        (HeadphonesConfig(sensitivity_db_v=120.0), False),
        (HeadphonesConfig(sensitivity_db_mw=110.0, impedance_ohm=32.0), False),
    ],
)
def test_whoever_hears_it_softer_for_want_of_a_profile_is_told_where_to_name_it(
    worn: HeadphonesConfig, is_advised: bool
) -> None:
    config = SessionConfig(
        session_id="", run_dir="", session_dir="", models_dir="", minutes=60.0, device=DeviceConfig(headphones=worn)
    )
    (words,) = play(HearingGuard(config), [-10.0] * 20).words
    told = "The music is made softer for the ears' sake (estimate)."
    advice = " It is not known which headphones are worn: say so in device.toml, [headphones]."
    assert words == told + (advice if is_advised else "")


def test_an_account_survives_the_way_to_the_process() -> None:
    account = HearingAccount(week_pa2h=None, session_pa2h=0.25)
    assert msgspec.json.decode(msgspec.json.encode(account), type=HearingAccount) == account
