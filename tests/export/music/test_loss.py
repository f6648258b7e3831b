"""Nats of any piece by the shipped composer."""

from pathlib import Path

import pytest

pytest.importorskip("tqdm", reason="training needs the extra `export`")

from device.config import MusicConfig
from device.files.models import MODELS_DIR
from export.music import midi
from export.music.loss import nats_of
from tests.export.music.songs import write_lied

MODEL = MODELS_DIR / MusicConfig().model


def test_a_tune_is_less_surprising_than_its_notes_in_disorder(tmp_path: Path) -> None:
    tune = midi.read(write_lied(tmp_path / "tune.mid", beats=48))
    nats, notes, tokens = nats_of(tune, MODEL)
    assert notes > 50
    assert 2 * notes < tokens < 4 * notes
    assert 0.3 < nats / notes < 6.0
    far = midi.read(write_lied(tmp_path / "far.mid", beats=48, tonic=66))
    assert nats_of(far, MODEL)[0] == pytest.approx(nats, rel=0.15)


def test_a_piece_in_five_has_nothing_to_judge(tmp_path: Path) -> None:
    assert nats_of(midi.read(write_lied(tmp_path / "five.mid", meter=(5, 4))), MODEL) == (0.0, 0, 0)
