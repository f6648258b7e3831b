"""The hearing guard: no volume, no restart and no length of session gets past what the week has left."""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.safety.dose import WEEK_H, allowance_pa2h
from device.audio.safety.hearing import DOWN_DB_S, FAREWELL_S, SESSIONS_LEFT, UP_DB_S, HearingGuard
from device.config import DeviceConfig, HeadphonesConfig, HearingAccount, SessionConfig
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


def test_an_account_survives_the_way_to_the_process() -> None:
    account = HearingAccount(week_pa2h=None, session_pa2h=0.25)
    assert msgspec.json.decode(msgspec.json.encode(account), type=HearingAccount) == account
