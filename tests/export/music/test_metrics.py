"""Metrics of pieces with known answers."""

from dataclasses import replace

import numpy as np
import pytest

from export.music.metrics import (
    Metrics,
    bar_dissonance,
    empty_bars,
    groove_consistency,
    interval_shares,
    key_drift,
    length_shares,
    measure,
    on_grid,
    overlap,
    pitch_class_entropy,
    polyphony,
    register_drift,
    repeats,
    scale_consistency,
)
from tests.export.music.scores import Written, chord, piece, scale_tune

SHARES = [0.2, 0.1, 0.15, 0.1, 0.15, 0.1, 0.1, 0.05, 0.05]


@pytest.mark.parametrize(
    ("seed", "scale", "groove", "entropy"),
    [
        (0, 0.875, 0.5677083333333333, 3.0310334640039023),
        (1, 0.8833333333333333, 0.5, 3.0466511015943554),
        (2, 0.875, 0.515625, 3.0328103836368476),
    ],
)
def test_the_metrics_of_muspy_are_muspys(seed: int, scale: float, groove: float, entropy: float) -> None:
    """The figures are those of muspy 0.5.0 for the same notes at four steps a beat."""
    rng = np.random.default_rng(seed)
    onset, length = np.sort(rng.integers(0, 192, 120)), rng.integers(1, 17, 120)
    pitch = rng.choice([0, 2, 4, 5, 7, 9, 11, 1, 6], 120, p=SHARES) + 12 * rng.integers(3, 7, 120)
    assert scale_consistency(pitch) == pytest.approx(scale, abs=1e-12)
    assert groove_consistency(onset, int((onset + length).max()), 16) == pytest.approx(groove, abs=1e-12)
    assert pitch_class_entropy(pitch) == pytest.approx(entropy, abs=1e-12)


def test_a_piece_that_ends_with_its_bar_agrees_with_muspy_too() -> None:
    tune = [60, 62, 64, 65, 67, 69, 71, 72, 61, 62, 64, 66, 67, 69, 70, 72]
    notes: list[Written] = [(k, 1.0, pitch) for k, pitch in enumerate(tune)]
    notes += [(onset, 4.0, 48) for onset in (0.0, 4.5, 8.0, 12.0)]
    whole = piece([(onset, min(length, 16.0 - onset), pitch) for onset, length, pitch in notes])
    assert groove_consistency(*on_grid(whole)) == pytest.approx(0.90625, abs=1e-12)
    assert scale_consistency(whole.pitch) == pytest.approx(0.85, abs=1e-12)
    assert pitch_class_entropy(whole.pitch) == pytest.approx(2.939353872167201, abs=1e-12)


def test_bars_of_another_length_do_not_shift_the_grid() -> None:
    steady = piece([(bar * 4.0 + beat, 0.5, 60) for bar in range(6) for beat in (0, 1.5, 3)])
    upbeat = replace(
        steady,
        onset=np.concatenate(([0.0], steady.onset + 1.0)),
        length=np.concatenate(([1.0], steady.length)),
        pitch=np.concatenate(([60], steady.pitch)),
        velocity=np.ones(19),
        voice=np.array(["melody"] * 19),
        bars=np.concatenate(([0.0], steady.bars + 1.0)),
    )
    assert groove_consistency(*on_grid(steady)) == groove_consistency(*on_grid(upbeat)) == 1.0


def test_one_bar_has_no_groove() -> None:
    assert np.isnan(groove_consistency(np.array([0]), 4, 16))


def test_polyphony_is_counted_only_while_something_sounds() -> None:
    assert polyphony(np.array([0.0, 0.0, 6.0]), np.array([4.0, 2.0, 8.0])) == pytest.approx(8 / 6)


def test_a_second_grates_more_than_a_third_and_a_third_more_than_a_fifth() -> None:
    fifth, third, second, octave = (bar_dissonance(piece(chord(0, 4, 60, 60 + gap))) for gap in (7, 4, 1, 12))
    assert second[0] > third[0] > fifth[0] == pytest.approx(0.0)
    assert len(octave) == 0
    assert bar_dissonance(piece([*chord(0, 4, 60, 67), *chord(4, 4, 60, 61)])) == pytest.approx([0.0, 2.668])


def test_a_bar_is_empty_when_nothing_sounds_in_it() -> None:
    notes = [(0.0, 1.0, 60), (4.0, 7.0, 60), (16.0, 4.0, 60)]
    assert empty_bars(piece(notes)) == pytest.approx(1 / 5)


def test_sections_that_come_again_note_for_note_are_counted() -> None:
    rng = np.random.default_rng(0)
    new = [[(float(beat), 1.0, int(rng.integers(50, 80))) for beat in range(4)] for _ in range(8)]
    bars = [*new[:4], *new[:4], *new[4:]]
    notes = [(onset + 4 * bar, length, pitch) for bar, content in enumerate(bars) for onset, length, pitch in content]
    assert repeats(piece(notes), 4) == pytest.approx(1 / 5)
    assert np.isnan(repeats(piece(notes), 8))
    twice = notes + [(onset + 48.0, length, pitch) for onset, length, pitch in notes]
    assert repeats(piece(twice), 8) == pytest.approx(5 / 9)
    assert np.isnan(repeats(piece(scale_tune(8)), 4))


def test_silence_that_goes_on_is_no_section_that_comes_again() -> None:
    assert repeats(piece([(0.0, 1.0, 60), (60.0, 1.0, 62)]), 4) == 0.0


def test_a_piece_that_climbs_or_leaves_its_scale_drifts() -> None:
    steady = scale_tune(14 * 16)
    assert register_drift(piece(steady)) < 0.5
    climbing = [(onset, length, pitch + int(onset // 56)) for onset, length, pitch in steady]
    assert register_drift(piece(climbing)) == pytest.approx(3.0, abs=0.5)
    rng = np.random.default_rng(1)
    lost = [(onset, length, pitch if onset < 112 else int(rng.integers(55, 75))) for onset, length, pitch in steady]
    assert key_drift(piece(steady)) == pytest.approx(0.0)
    assert key_drift(piece(lost)) > 0.15
    moved = [(onset, length, pitch + (5 if onset >= 112 else 0)) for onset, length, pitch in steady]
    assert key_drift(piece(moved)) == pytest.approx(0.0, abs=0.02)


def test_leaps_and_density() -> None:
    leaping = piece([(float(k), 1.0, 60 + 9 * (k % 2)) for k in range(8)], bpm=120)
    found = measure(leaping)
    assert (found.leap_share, found.mean_interval) == (1.0, 9.0)
    assert (found.notes_per_beat, found.notes_per_s) == (1.0, 2.0)
    assert measure(piece(scale_tune(28))).leap_share == 0.0


def test_distributions_are_shares_and_their_overlap_is_one_with_themselves() -> None:
    tune, slow = piece(scale_tune(28)), piece(scale_tune(28, step=4.0))
    for shares in (length_shares, interval_shares):
        assert shares(tune).sum() == pytest.approx(1.0)
        assert overlap([shares(tune)], [shares(tune)]) == pytest.approx(1.0)
    assert overlap([length_shares(tune)], [length_shares(slow)]) == 0.0
    assert overlap([interval_shares(tune)], [interval_shares(slow)]) == pytest.approx(1.0)


def test_a_single_note_is_measured_without_a_warning() -> None:
    found = measure(piece([(0.0, 1.0, 60)]))
    assert len(found) == len(Metrics._fields)
    assert found.scale_consistency == 1.0
    assert np.isnan(found.leap_share)
