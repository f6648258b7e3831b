"""The generator `transformer`: steered, in key, and the same for the same chance."""

import itertools
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import SessionConfig
from device.errors import ModelError
from device.messages import Note
from device.models import MODELS_DIR
from device.music import tokens as t
from device.music.theory import SCALES
from device.music.transformer import Transformer, controls_of, draw, tire
from device.stage import keyed_random
from tests.device.music.intents import intent, mean_pitch, notes_per_bar, write


@pytest.fixture
def transformer(config: SessionConfig) -> Transformer:
    return Transformer(config)


def test_the_register_follows_the_intent(config: SessionConfig) -> None:
    low = write(Transformer(config), config, 12, register_midi=64.0)
    high = write(Transformer(config), config, 12, register_midi=76.0)
    assert mean_pitch(high) > mean_pitch(low) + 5


def test_the_density_follows_the_intent(config: SessionConfig) -> None:
    counts = [notes_per_bar(write(Transformer(config), config, 12, density=density)) for density in (0.1, 0.4, 0.8)]
    assert counts == sorted(counts)
    assert counts[2] > counts[0] + 5


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_no_note_is_foreign_to_the_key(transformer: Transformer, config: SessionConfig, mode: str) -> None:
    bars = write(transformer, config, 16, mode=mode, tonic_pc=7, density=0.6)
    scale = {(7 + step) % 12 for step in SCALES[mode]} | ({6} if mode == "minor" else set())
    assert {note.pitch % 12 for bar in bars for note in bar.notes} <= scale


def test_the_final_bar_rests_on_the_tonic(transformer: Transformer, config: SessionConfig) -> None:
    bars = write(transformer, config, 6)
    final = transformer.generate(intent(6, final=True, session_left_s=3.0), bars, keyed_random(1, "bars", 6))
    assert final.notes
    assert {note.pitch % 12 for note in final.notes} <= {2, 6, 9}
    assert all(note.pitch % 12 == 2 for note in final.notes if note.voice in {"melody", "bass"})
    assert {note.voice for note in final.notes} >= {"melody", "pad"}
    assert all((note.onset_tick, note.duration_tick) == (0, 96) for note in final.notes)


def test_forty_minutes_never_overflow_the_context(transformer: Transformer, config: SessionConfig) -> None:
    bars = write(transformer, config, 60, density=0.9)
    assert len(transformer.decoder.fed) <= transformer.decoder.context
    assert len({bar.notes for bar in bars}) > 50


def test_a_changed_history_changes_the_music(config: SessionConfig) -> None:
    bars = write(Transformer(config), config, 4)
    other = [msgspec.structs.replace(bar, notes=(Note(0, 96, 62, 60, "melody"),)) for bar in bars]
    one, two = (
        Transformer(config).generate(intent(4), history, keyed_random(1, "bars", 4)) for history in (bars, other)
    )
    assert one.notes != two.notes


def test_it_may_be_sent_back_to_an_earlier_bar(config: SessionConfig) -> None:
    transformer = Transformer(config)
    bars = write(transformer, config, 40, density=0.7)
    again = transformer.generate(intent(3, density=0.7), bars[:3], keyed_random(config.seed, "bars", 3))
    assert again.bar_index == 3
    assert again.notes


def test_the_controls_are_the_classes_of_the_wish() -> None:
    calm = controls_of(intent(tempo_bpm=50, density=0.0, register_midi=58, loudness_db=-40, mode="minor"))
    lively = controls_of(intent(tempo_bpm=130, density=1.0, register_midi=82, loudness_db=0, mode="major"))
    assert all(low < high for low, high in zip(calm[2:], lively[2:], strict=True))


@given(st.integers(0, 2**32 - 1), st.floats(0, 1, exclude_max=True))
def test_a_drawn_token_is_always_one_the_mask_allows(seed: int, chance: float) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(len(t.VOCABULARY)) < 0.1
    mask[seed % len(mask)] = True
    logits = (rng.normal(size=len(mask)) * 10).astype(np.float32)
    assert mask[draw(logits, mask, 0.9, chance)]


def test_draws_come_as_often_as_the_model_thinks() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    drawn = [draw(logits, np.ones(3, bool), 1.0, (step + 0.5) / 1000) for step in range(1000)]
    assert [drawn.count(token) / 1000 for token in range(3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.01)


def test_a_model_of_another_vocabulary_is_refused(config: SessionConfig, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "composer-0.1.0"
    shutil.copytree(MODELS_DIR / "composer-0.1.0", folder)
    card = (folder / "card.toml").read_text("utf-8")
    (folder / "card.toml").write_text(card.replace(str(t.VOCABULARY_CRC), "1"), "utf-8")
    with pytest.raises(ModelError, match="another vocabulary"):
        Transformer(msgspec.structs.replace(config, models_dir=str(folder.parent)))


def test_a_corrupt_model_is_refused(config: SessionConfig, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "composer-0.1.0"
    shutil.copytree(MODELS_DIR / "composer-0.1.0", folder)
    data = bytearray((folder / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.onnx").write_bytes(data)
    with pytest.raises(ModelError, match="corrupt"):
        Transformer(msgspec.structs.replace(config, models_dir=str(folder.parent)))


def test_a_note_tires_with_every_repetition_and_rests_when_another_came() -> None:
    kind = range(10, 20)
    once, twice, rested = (np.zeros(30, np.float32) for _ in range(3))
    tire(once, [12, 25], kind)
    tire(twice, [12, 25, 12, 3], kind)
    tire(rested, [12, 12, 14], kind)
    assert twice[12] < once[12] < 0
    assert rested[12] == 0 > rested[14]
    tire(rested, [3, 25], kind)


def test_the_harmony_moves(transformer: Transformer, config: SessionConfig) -> None:
    write(transformer, config, 32)
    plans = [tuple(tokens[t.N_CONTROLS : t.N_CONTROLS + 2]) for _, tokens in transformer._written.values()]
    stays = [one[1] == two[0] for one, two in itertools.pairwise(plans)]
    assert sum(stays) < len(stays) / 2
    assert len(set(plans)) >= 4
