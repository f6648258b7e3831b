from __future__ import annotations

import msgspec
import numpy as np
import pytest

from hardware.twin.hearing import CUES, Hearing, Music, fitted_errors, heard_in
from tests.hardware.music import CALM, LIVELY, played

N = 4000
BARS = 60


def asked(value: float, valence: float = 0.5) -> Music:
    """Every cue so far (-1 to 1) from the middle of its range."""
    errors = fitted_errors()
    cues = {name: np.full(N, errors.middle[name] + value * errors.reach[name]) for name in CUES}
    cues["tempo_bpm"] = np.exp2(cues["tempo_bpm"])
    return Music(**cues, is_major=np.full(N, valence > 0), target_valence=np.full(N, valence))


def listen(music: Music, seed: int = 1, bars: int = BARS) -> np.ndarray:
    """What is heard bar by bar, shape (bars, axes, listeners)."""
    hearing = Hearing(N, np.random.default_rng(seed))
    return np.array([hearing.hear(music)[:2] for _ in range(bars)])


def test_a_real_bar_says_what_it_is() -> None:
    calm, lively, rest = heard_in(CALM), heard_in(LIVELY), heard_in(msgspec.structs.replace(CALM, notes=()))
    assert calm.arousal < -0.4 < 0.4 < lively.arousal
    assert -1 <= calm.valence <= 1
    assert rest == (0.0, 0.0, True)


def test_valence_follows_the_mode_first() -> None:
    major, minor = (heard_in(played(72, -8, 8, (60, third, 67), 0.5)) for third in (64, 63))
    assert major.valence > minor.valence + 0.3
    assert major.arousal == pytest.approx(minor.arousal, abs=0.01)


def test_bars_stray_as_the_table_says() -> None:
    errors = fitted_errors().arousal
    heard = listen(asked(0.0))[10:, 0]
    deviation = heard - heard.mean(axis=0)
    assert deviation.std() == pytest.approx(errors.bar_sd, rel=0.05)
    correlation = (deviation[1:] * deviation[:-1]).mean() / deviation.var()
    assert correlation == pytest.approx(errors.bar_correlation, abs=0.05)


def test_bars_lie_where_the_table_says() -> None:
    for axis, errors in enumerate((fitted_errors().arousal, fitted_errors().valence)):
        wanted = errors.intercept + errors.from_mode * share_major(0.5)
        assert listen(asked(0.0))[10:, axis].mean() == pytest.approx(wanted, abs=0.02)


def share_major(valence: float) -> float:
    """Bars in major less bars in minor, in the long run, as the table's chain has it."""
    mode = fitted_errors().mode
    lean = (1 if valence > 0 else -1) * (mode.asked + mode.lean * abs(valence)) + mode.intercept
    after_major, after_minor = (1 / (1 + np.exp(-(lean + sign * mode.before))) for sign in (1, -1))
    return float(2 * after_minor / (1 - after_major + after_minor) - 1)


def test_more_is_heard_where_more_is_asked() -> None:
    low, middle, high = (listen(asked(value))[-20:, 0].mean() for value in (-0.8, 0.0, 0.8))
    assert low < middle - 0.3 < high - 0.6


def test_a_pleasant_plan_sounds_in_major_and_near_the_middle_hardly() -> None:
    pleasant, middle, unpleasant = (listen(asked(0.0, valence))[-20:, 1].mean() for valence in (0.9, 0.05, -0.9))
    assert pleasant > middle + 0.15 > unpleasant + 0.3


def test_a_change_is_heard_in_full_after_some_bars_only() -> None:
    hearing = Hearing(N, np.random.default_rng(1))
    before = np.mean([hearing.hear(asked(-0.8)).arousal for _ in range(5)])
    at_once, *_, later = (np.mean(hearing.hear(asked(0.8)).arousal) for _ in range(8))
    assert before < at_once < later
    assert (later - at_once) / (later - before) == pytest.approx(fitted_errors().lag, abs=0.05)


def test_silence_suggests_nothing_and_disturbs_no_later_bar() -> None:
    music, silence = asked(0.3), asked(0.3)._replace(is_silent=np.arange(N) < 10)
    one, other = (Hearing(N, np.random.default_rng(5)) for _ in range(2))
    one.hear(music)
    heard = other.hear(silence)
    assert not np.any(heard.arousal[:10])
    assert not np.any(heard.valence[:10])
    np.testing.assert_array_equal(one.hear(music).valence, other.hear(music).valence)


def test_the_same_seed_hears_the_same() -> None:
    np.testing.assert_array_equal(listen(asked(0.2), 3, 5), listen(asked(0.2), 3, 5))
    assert (listen(asked(0.2), 3, 5) != listen(asked(0.2), 4, 5)).any()


def test_what_is_heard_stays_on_its_axes() -> None:
    assert np.abs(listen(asked(3.0, 1.0), bars=5)).max() <= 1


def test_the_table_says_how_it_was_made_and_how_good_it_is() -> None:
    errors = fitted_errors()
    assert str(errors.provenance["command"]).startswith("python -m export.twin.hearing --seed")
    assert errors.figures["arousal_r2_bar"] > 0.9
    assert errors.figures["valence_r2_4_bars"] > 0.6
