"""Two judges of valence and arousal."""

from pathlib import Path

import numpy as np
import pytest

from device.errors import ConfigError
from export.music.cues import Cues, measure
from export.music.judges import (
    AROUSAL_WEIGHTS,
    FEATURES,
    VALENCE_WEIGHTS,
    EmopiaJudge,
    cross_validate,
    fit,
    judge_all,
    judge_by_cues,
    read_emopia,
)
from tests.export.music.scores import Written, chord, piece, write

MAJOR, MINOR = ((48, 52, 55), (53, 57, 60), (55, 59, 62)), ((57, 60, 64), (50, 53, 57), (52, 55, 59))
MIDDLE = Cues(
    onsets=float(np.log2(7.2) / 2), notes=2.0, beat_s=-1.0, irregularity=0.5, length=0.0, articulation=0.625,
    level_db=0.0, level_sd_db=3.0, register=60.0, upper_register=68.0, bass_register=45.0, pitch_sd=10.0, leap=5.0,
    voices=2.0, modality=0.0, major_share=0.5, key_clarity=0.8, entropy=2.7,
)  # fmt: skip


def _clip(*, is_pleasant: bool, is_excited: bool, seed: int) -> list[Written]:
    """Half a minute at one second a beat: major or minor chords, few or many notes."""
    rng = np.random.default_rng(seed)
    triads, step = MAJOR if is_pleasant else MINOR, 0.25 if is_excited else 1.0
    notes: list[Written] = []
    for bar in range(6):
        triad = triads[rng.integers(3)]
        notes += chord(4.0 * bar, 4.0, *triad)
        notes += [(4.0 * bar + k * step, step, triad[rng.integers(3)] + 12) for k in range(round(4 / step))]
    return notes


@pytest.fixture(scope="module")
def emopia(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty clips of twenty songs, named as EMOPIA's."""
    folder = tmp_path_factory.mktemp("emopia")
    for quadrant, (pleasant, excited) in enumerate(((True, True), (False, True), (False, False), (True, False)), 1):
        for number in range(10):
            notes = _clip(is_pleasant=pleasant, is_excited=excited, seed=10 * quadrant + number)
            name = f"Q{quadrant}_song_{quadrant}{number // 2}_{number % 2}.mid"
            write(folder / name, notes, velocity=80 if excited else 50)
    return folder


@pytest.fixture(scope="module")
def fitted(emopia: Path) -> EmopiaJudge:
    return fit(read_emopia(emopia))


def test_published_weights_leave_the_middle_in_the_middle() -> None:
    assert judge_by_cues(MIDDLE) == pytest.approx((0.0, 0.0), abs=1e-9)


@pytest.mark.parametrize(
    ("change", "rises"),
    [
        ({"modality": 0.1}, ("valence",)),
        ({"onsets": 2.0}, ("valence", "arousal")),
        ({"upper_register": 74.0}, ("valence", "arousal")),
        ({"level_db": 5.0}, ("arousal",)),
        ({"articulation": 0.5}, ("arousal",)),
    ],
)
def test_every_cue_moves_its_axes_and_no_other(change: dict[str, float], rises: tuple[str, ...]) -> None:
    judged = judge_by_cues(MIDDLE._replace(**change))
    for axis in ("valence", "arousal"):
        assert (getattr(judged, axis) > 1e-6) == (axis in rises)


def test_the_published_order_of_cues_is_kept_and_nothing_is_beyond_one() -> None:
    total = [VALENCE_WEIGHTS.get(name, 0) + AROUSAL_WEIGHTS.get(name, 0) for name in ("onsets", "upper_register")]
    assert total[0] > total[1]
    assert VALENCE_WEIGHTS["modality"] == max(VALENCE_WEIGHTS.values())
    extreme = MIDDLE._replace(modality=9.0, onsets=9.0, level_db=99.0, upper_register=127.0, articulation=0.0)
    assert judge_by_cues(extreme) == (1.0, 1.0)


def test_the_fitted_judge_knows_songs_it_never_heard(emopia: Path) -> None:
    accuracy = cross_validate(read_emopia(emopia))
    assert accuracy.n_clips == 40
    assert accuracy.n_songs == 20
    assert min(accuracy.valence, accuracy.arousal, accuracy.quadrant) > 0.9


def test_the_fitted_judge_finds_the_quadrant_of_another_piece(fitted: EmopiaJudge) -> None:
    for pleasant in (True, False):
        for excited in (True, False):
            notes = _clip(is_pleasant=pleasant, is_excited=excited, seed=99)
            cues = measure(piece(notes, velocity=80 if excited else 50))
            judged, odds = fitted.judge(cues), fitted.probabilities(cues)
            assert (judged.valence > 0, judged.arousal > 0) == (pleasant, excited) == (odds[0] > 0.5, odds[1] > 0.5)
            assert max(map(abs, judged)) <= 1.0


def test_contributions_add_up_to_the_judgement(fitted: EmopiaJudge) -> None:
    added = fitted.contributions(MIDDLE)
    assert tuple(added) == FEATURES
    logit = sum(valence for valence, _ in added.values()) + fitted.valence.bias
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(fitted.probabilities(MIDDLE)[0])


def test_what_emopia_never_held_counts_as_its_edge(fitted: EmopiaJudge) -> None:
    edge, beyond = (MIDDLE._replace(level_db=level) for level in (60.0, 600.0))
    assert fitted.judge(edge) == fitted.judge(beyond)


def test_both_judges_are_asked_where_both_are_there(fitted: EmopiaJudge) -> None:
    assert set(judge_all([MIDDLE], fitted)) == {"cues", "emopia"}
    assert set(judge_all([MIDDLE], None)) == {"cues"}


def test_a_folder_without_emopia_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "song.mid", _clip(is_pleasant=True, is_excited=True, seed=1))
    with pytest.raises(ConfigError, match="does not hold EMOPIA"):
        read_emopia(tmp_path)


def test_on_emopia_itself_the_judge_is_as_good_as_hand_made_features_can_be(data_dir: Path) -> None:
    folder = data_dir / "restricted/music_emopia"
    if not folder.is_dir():
        pytest.skip("needs EMOPIA")
    accuracy = cross_validate(read_emopia(folder))
    assert accuracy.arousal > 0.88
    assert accuracy.valence > 0.72
    assert accuracy.quadrant > 0.64
