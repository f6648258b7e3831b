"""Fits what a listener really hears to bars of the shipped composer: writes hardware/twin/hearing.toml and a picture.

    python -m export.twin.hearing [--seed 9000] [--pieces 80] [--bars 40]

Every fourth piece is held out: what is told of the fit stands on those. No saturation is fitted: over eight classes of
what the cues add up to, the played bars lie within 0.02 of a straight line.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from device.config import MusicConfig
from device.control.cues import LED
from device.expression import CUES as EXPRESSED
from export.twin.composed import Piece, compose
from export.twin.tables import write
from hardware.twin.hearing import CUES, TABLE, AxisErrors, Errors, ModeErrors, Music

Floats = NDArray[np.float64]
SCALES = [EXPRESSED[name] for name in LED]
MIDDLE = np.array([(scale.low + scale.high) / 2 for scale in SCALES])
REACH = np.array([(scale.high - scale.low) / 2 for scale in SCALES])
HELD_OUT = 4
"""Every so manieth piece."""
LAGS = np.arange(0.0, 0.9, 0.05)
NEWTON_STEPS = 20
PHRASE_BARS = 4
PICTURE = Path(__file__).with_suffix(".png")


class Forecast(NamedTuple):
    """What an intent lets one expect of each bar of a piece."""

    arousal: Floats
    valence: Floats
    major: Floats
    """Probability that the bar sounds major."""


# -- the fit


def fit(pieces: Sequence[Piece]) -> Errors:
    """Errors of the composer from pieces; all but provenance and figures."""
    mode = _fit_mode(pieces)
    signs = [np.sign(piece.mode) for piece in pieces]
    lag = min(LAGS.tolist(), key=lambda lag: sum(axis.loss for axis in _fit_axes(pieces, signs, lag)))
    arousal, valence = (axis.errors for axis in _fit_axes(pieces, signs, lag))
    return Errors(
        provenance={},
        figures={},
        lag=lag,
        middle=dict(zip(CUES, MIDDLE.tolist(), strict=True)),
        reach=dict(zip(CUES, REACH.tolist(), strict=True)),
        mode=mode,
        arousal=arousal,
        valence=valence,
    )


class _Fitted(NamedTuple):
    errors: AxisErrors
    loss: float


def _fit_axes(pieces: Sequence[Piece], signs: Sequence[Floats], lag: float) -> tuple[_Fitted, _Fitted]:
    cues = [followed(asked_cues(piece.music), lag) for piece in pieces]
    design = [np.column_stack((np.ones(len(x)), x, sign)) for x, sign in zip(cues, signs, strict=True)]
    return (
        _fit_axis(design, [piece.arousal for piece in pieces]),
        _fit_axis(design, [piece.valence for piece in pieces]),
    )


def _fit_axis(design: Sequence[Floats], heard: Sequence[Floats]) -> _Fitted:
    weights, *_ = np.linalg.lstsq(np.concatenate(design), np.concatenate(heard), rcond=None)
    rest = [y - x @ weights for x, y in zip(design, heard, strict=True)]
    offsets = np.array([part.mean() for part in rest])
    within = [part - part.mean() for part in rest]
    bar_variance = sum(float(part @ part) for part in within) / sum(len(part) - 1 for part in within)
    correlation = sum(float(part[1:] @ part[:-1]) for part in within) / sum(float(part @ part) for part in within)
    n_bars = np.mean([len(part) for part in rest])
    # The mean of a piece's bars strays too; only what is beyond that belongs to the piece.
    by_bars = bar_variance / n_bars * (1 + correlation) / (1 - correlation)
    errors = AxisErrors(
        intercept=float(weights[0]),
        per_cue=dict(zip(CUES, weights[1:-1].tolist(), strict=True)),
        from_mode=float(weights[-1]),
        session_sd=float(np.sqrt(max(0.0, offsets.var() - by_bars))),
        bar_sd=float(np.sqrt(bar_variance)),
        bar_correlation=correlation,
    )
    return _Fitted(errors, sum(float(part @ part) for part in rest) / np.concatenate(list(heard)).var())


def _fit_mode(pieces: Sequence[Piece]) -> ModeErrors:
    """Logistic regression by Newton's method."""
    rows = [_mode_rows(piece) for piece in pieces]
    design = np.concatenate(rows)
    major = np.concatenate([piece.mode[1:] > 0 for piece in pieces])
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        p = _sigmoid(design @ weights)
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + 1e-6 * np.eye(len(weights))
        weights += np.linalg.solve(hessian, design.T @ (major - p))
    return ModeErrors(*weights.tolist())


def _mode_rows(piece: Piece) -> Floats:
    """Ones, mode asked, how far it leans and the mode that sounded a bar before, from the second bar on."""
    asked = np.where(piece.music.is_major, 1.0, -1.0)
    lean = asked * np.abs(piece.music.target_valence)
    return np.column_stack((np.ones(len(asked)), asked, lean, np.roll(np.sign(piece.mode), 1)))[1:]


def asked_cues(music: Music) -> Floats:
    """The cues of each bar as shares of their ranges, shape (bars, cues)."""
    cues = np.array([getattr(music, name) for name in CUES], np.float64)
    cues[0] = np.log2(cues[0])
    return np.asarray((cues.T - MIDDLE) / REACH)


def followed(cues: Floats, lag: float) -> Floats:
    """The cues as they are followed from the first bar on, shape as given."""
    course: Floats = cues.copy()
    for index in range(1, len(course)):
        course[index] += lag * (course[index - 1] - course[index])
    return course


def _sigmoid(logit: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(logit / 2)))


# -- how good it is


def forecast(piece: Piece, errors: Errors) -> Forecast:
    """What to expect of each bar from the intents alone."""
    mode, music = errors.mode, piece.music
    lean = mode.asked + mode.lean * np.abs(music.target_valence)
    log_odds = mode.intercept + np.where(music.is_major, lean, -lean)
    after_major, after_minor = _sigmoid(log_odds + mode.before), _sigmoid(log_odds - mode.before)
    major, before = np.empty(len(log_odds)), 0.5
    for index in range(len(major)):
        major[index] = before = before * after_major[index] + (1 - before) * after_minor[index]
    cues = followed(asked_cues(music), errors.lag)
    arousal, valence = (
        np.clip(axis.intercept + cues @ np.array(list(axis.per_cue.values())) + axis.from_mode * (2 * major - 1), -1, 1)
        for axis in (errors.arousal, errors.valence)
    )
    return Forecast(arousal, valence, major)


def figures_of(pieces: Sequence[Piece], errors: Errors) -> dict[str, float]:
    """On pieces that the errors were not fitted to."""
    told = [forecast(piece, errors) for piece in pieces]
    played = {"arousal": [piece.arousal for piece in pieces], "valence": [piece.valence for piece in pieces]}
    expected = {"arousal": [item.arousal for item in told], "valence": [item.valence for item in told]}
    figures: dict[str, float] = {}
    for axis, bars in played.items():
        figures[f"{axis}_r2_bar"] = _r2(np.concatenate(bars), np.concatenate(expected[axis]))
        figures[f"{axis}_r2_{PHRASE_BARS}_bars"] = _r2(_phrases(bars), _phrases(expected[axis]))
    major, asked = (np.concatenate(part) for part in ([p.mode > 0 for p in pieces], [p.music.is_major for p in pieces]))
    likely = np.concatenate([item.major for item in told]) > 0.5
    figures["sounds_in_the_asked_mode"] = float((major == asked).mean())
    figures["mode_foretold"] = float((major == likely).mean())
    figures["bars_held_out"] = float(len(major))
    return figures


def _phrases(bars: Sequence[Floats]) -> Floats:
    """Means of so many bars as a phrase has: in half a minute it is they that move a listener."""
    parts = [part[: len(part) // PHRASE_BARS * PHRASE_BARS].reshape(-1, PHRASE_BARS).mean(axis=1) for part in bars]
    return np.concatenate(parts)


def _r2(played: Floats, expected: Floats) -> float:
    return float(1 - ((played - expected) ** 2).mean() / played.var())


# -- the command


def fit_held_out(pieces: Sequence[Piece]) -> tuple[Errors, list[Piece]]:
    """Errors with their figures, and the pieces that were held out."""
    held_out = list(pieces[::HELD_OUT])
    errors = fit([piece for index, piece in enumerate(pieces) if index % HELD_OUT])
    return msgspec.structs.replace(errors, figures=figures_of(held_out, errors)), held_out


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=9000, help="of the first piece; the others follow")
    parser.add_argument("--pieces", type=int, default=80)
    parser.add_argument("--bars", type=int, default=40, help="in each piece")
    parser.add_argument("--out", type=Path, default=TABLE)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    arguments = parser.parse_args(argv)
    seeds = range(arguments.seed, arguments.seed + arguments.pieces)
    pieces = [compose(seed, arguments.bars) for seed in seeds]
    errors, held_out = fit_held_out(pieces)
    command = f"python -m export.twin.hearing --seed {arguments.seed} --pieces {arguments.pieces}"
    provenance: dict[str, str | int | float] = {
        "command": f"{command} --bars {arguments.bars}",
        "model": MusicConfig().model,
        "units": "axes -1 to 1; middle and reach in the cue's own unit, tempo in octaves above 1 bpm; mode in log-odds",
    }
    write(arguments.out, msgspec.structs.replace(errors, provenance=provenance))
    draw(arguments.picture, held_out, errors)
    for name, value in errors.figures.items():
        print(f"{name}: {value:.3f}")
    return 0


def draw(path: Path, pieces: Sequence[Piece], errors: Errors) -> None:
    """What was asked for against what was played, and one piece's course."""
    import matplotlib as mpl  # noqa: PLC0415 - the fits are tested without it

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - the backend has to be chosen first

    figure, places = plt.subplots(2, 2, figsize=(9, 6), layout="constrained", width_ratios=(1, 2))
    told = [forecast(piece, errors) for piece in pieces]
    for axis, (scatter, course) in zip(("arousal", "valence"), places, strict=True):
        played = [getattr(piece, axis) for piece in pieces]
        expected = [getattr(item, axis) for item in told]
        scatter.plot((-1, 1), (-1, 1), color="grey", linewidth=0.8)
        scatter.scatter(_phrases(expected), _phrases(played), s=6, alpha=0.5)
        scatter.set(xlabel=f"{axis} expected of the intent", ylabel=f"played, {PHRASE_BARS} bars", title="held out")
        course.plot(expected[0], color="black", label="expected of the intents")
        course.plot(played[0], color="C0", linewidth=0.8, label="played")
        course.set(xlabel="bar of one piece", ylabel=axis, ylim=(-1, 1))
        course.legend(fontsize=8)
    figure.savefig(path, dpi=70, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    raise SystemExit(main())
