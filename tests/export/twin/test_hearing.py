from __future__ import annotations

import msgspec
import numpy as np
import pytest

from device.commands.piece import Wish
from export.twin.composed import MOVED, Piece, Wanderer, compose
from export.twin.hearing import MIDDLE, REACH, asked_cues, figures_of, fit, followed, forecast
from hardware.bench.intents import request_of, wandering
from hardware.twin.hearing import CUES, Hearing, Music, fitted_errors

BARS = 60


def played_by_the_twin(seed: int) -> Piece:
    """A piece whose errors are known, since the twin itself plays it."""
    random = np.random.default_rng((seed, 1))
    cues = MIDDLE[:, None] + REACH[:, None] * np.repeat(random.uniform(-0.7, 0.7, (len(CUES), BARS // 6)), 6, axis=1)
    cues[0] = np.exp2(cues[0])
    valence = np.repeat(random.uniform(-1, 1, BARS // 6), 6)
    music = Music(*cues, is_major=valence > 0, target_valence=valence)
    hearing, errors = Hearing(1, random), fitted_errors()
    heard, mode = [], []
    for bar in range(BARS):
        one = Music(
            *(np.atleast_1d(value)[bar : bar + 1] for value in cues),
            valence[bar : bar + 1] > 0,
            False,
            valence[bar : bar + 1],
        )
        heard.append(hearing.hear(one))
        mode.append(float(hearing._sounds_major[0]))
    assert errors.lag < 1
    return Piece(music, *(np.array([float(bar[axis][0]) for bar in heard]) for axis in range(2)), np.array(mode))


@pytest.fixture(scope="module")
def pieces() -> list[Piece]:
    return [played_by_the_twin(seed) for seed in range(120)]


def test_the_fit_finds_the_errors_that_were_put_in(pieces: list[Piece]) -> None:
    found, true = fit(pieces), fitted_errors()
    assert found.lag == pytest.approx(true.lag, abs=0.051)
    for axis in ("arousal", "valence"):
        one, other = getattr(found, axis), getattr(true, axis)
        assert one.intercept == pytest.approx(other.intercept, abs=0.02)
        assert one.from_mode == pytest.approx(other.from_mode, abs=0.02)
        assert one.bar_sd == pytest.approx(other.bar_sd, rel=0.1)
        assert one.bar_correlation == pytest.approx(other.bar_correlation, abs=0.08)
        assert one.session_sd == pytest.approx(other.session_sd, abs=0.02)
        for cue in CUES:
            assert one.per_cue[cue] == pytest.approx(other.per_cue[cue], abs=0.03)
    assert found.mode.lean == pytest.approx(true.mode.lean, rel=0.2)
    assert found.mode.before == pytest.approx(true.mode.before, abs=0.15)


def test_figures_tell_a_good_fit_from_a_bad_one(pieces: list[Piece]) -> None:
    good = figures_of(pieces[:10], fitted_errors())
    arousal = msgspec.structs.replace(fitted_errors().arousal, per_cue=dict.fromkeys(CUES, 0.0))
    bad = figures_of(pieces[:10], msgspec.structs.replace(fitted_errors(), arousal=arousal))
    assert good["arousal_r2_bar"] > bad["arousal_r2_bar"] + 0.5
    assert good["valence_r2_4_bars"] > good["valence_r2_bar"]
    assert good["bars_held_out"] == 10 * BARS


def test_a_forecast_needs_the_intents_alone(pieces: list[Piece]) -> None:
    piece = pieces[0]
    one = forecast(piece, fitted_errors())
    other = forecast(piece._replace(arousal=0 * piece.arousal, mode=-piece.mode), fitted_errors())
    np.testing.assert_array_equal(one.valence, other.valence)
    assert ((one.major > 0) & (one.major < 1)).all()


def test_what_is_followed_lags_behind_and_arrives() -> None:
    steps = np.concatenate((np.zeros((2, 1)), np.ones((20, 1))))
    course = followed(steps, 0.5)
    assert course[2, 0] == pytest.approx(0.5)
    assert course[-1, 0] == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(followed(steps, 0.0), steps)


def test_every_cue_wanders_for_itself() -> None:
    wish = Wish(wandering(1, 200), 200)
    steersman = Wanderer(1, wish)
    intents = [steersman.answer(request_of(bar)) for bar in range(200)]
    asked = asked_cues(
        Music(**{name: np.array([getattr(intent, name) for intent in intents]) for name in CUES}, is_major=True)
    )
    assert len(MOVED) == len(CUES)
    correlation = np.corrcoef(asked.T) - np.eye(len(CUES))
    assert np.abs(correlation).max() < 0.97


def test_a_piece_of_the_shipped_composer_is_measured() -> None:
    piece = compose(4, 6)
    assert len(piece.arousal) == len(piece.mode) == len(piece.music.tempo_bpm) == 5
    assert np.abs(piece.valence).max() <= 1
