"""The generator `transformer`: steered, in key, and the same for the same chance."""

import itertools
import shutil
from pathlib import Path

import msgspec
import pytest

from device.config import SessionConfig, Theme
from device.errors import ModelError
from device.files.models import MODELS_DIR
from device.messages import Note
from device.music import tokens as t
from device.music.form import place_of
from device.music.playing import RINGING_TICKS
from device.music.theory import SCALES
from device.music.transformer import Transformer
from device.stage import keyed_random
from tests.device.music.intents import intent, mean, mean_pitch, notes_per_bar, write


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
    assert all((note.onset_tick, note.duration_tick) == (0, RINGING_TICKS) for note in final.notes)


def test_forty_minutes_never_overflow_the_context(transformer: Transformer, config: SessionConfig) -> None:
    bars = write(transformer, config, 60, density=0.9)
    assert transformer.decoder.length <= transformer.decoder.context
    assert len({bar.notes for bar in bars}) > 50


def test_a_changed_history_changes_the_music(config: SessionConfig) -> None:
    bars = write(Transformer(config), config, 4)
    other = [msgspec.structs.replace(bar, notes=(Note(0, 96, 62, 60, "melody"),)) for bar in bars]
    one, two = (
        Transformer(config).generate(intent(4), history, keyed_random(1, "bars", 4)) for history in (bars, other)
    )
    assert one.notes != two.notes


def test_sent_back_to_an_earlier_bar_it_writes_the_same_again(config: SessionConfig) -> None:
    transformer = Transformer(config)
    bars = write(transformer, config, 40, density=0.7)
    for index in (39, 3, 17):
        again = transformer.generate(intent(index, density=0.7), bars[:index], keyed_random(config.seed, "bars", index))
        assert again.notes == bars[index].notes


def test_a_model_of_another_vocabulary_is_refused(config: SessionConfig, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "composer-0.2.0"
    shutil.copytree(MODELS_DIR / "composer-0.2.0", folder)
    card = (folder / "card.toml").read_text("utf-8")
    (folder / "card.toml").write_text(card.replace(str(t.VOCABULARY_CRC), "1"), "utf-8")
    with pytest.raises(ModelError, match="another vocabulary"):
        Transformer(msgspec.structs.replace(config, models_dir=str(folder.parent)))


def test_a_corrupt_model_is_refused(config: SessionConfig, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "composer-0.2.0"
    shutil.copytree(MODELS_DIR / "composer-0.2.0", folder)
    data = bytearray((folder / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.onnx").write_bytes(data)
    with pytest.raises(ModelError, match="corrupt"):
        Transformer(msgspec.structs.replace(config, models_dir=str(folder.parent)))


def test_the_harmony_moves(transformer: Transformer, config: SessionConfig) -> None:
    write(transformer, config, 32)
    plans = [tuple(written.tokens[1:3]) for written in transformer._written.values()]
    stays = [one[1] == two[0] for one, two in itertools.pairwise(plans)]
    assert sum(stays) < len(stays) / 2
    assert len(set(plans)) >= 4


def test_a_returning_section_is_heard_as_the_same_music(config: SessionConfig) -> None:
    transformer = Transformer(config)
    bars = write(transformer, config, 64)
    back = [(bar, place_of(config.seed, bar.bar_index)) for bar in bars]
    returns = [(bar.notes, bars[place.refers_to].notes) for bar, place in back if place.likeness == "close"]
    strangers = [(bar.notes, bars[(bar.bar_index + 13) % 64].notes) for bar, _ in back]
    assert mean([share(*pair) for pair in returns]) > 2 * mean([share(*pair) for pair in strangers])


def share(one: tuple[Note, ...], two: tuple[Note, ...]) -> float:
    """How much of the melodies' notes two bars have in common."""
    first, second = ({(n.onset_tick, n.pitch) for n in notes if n.voice == "melody"} for notes in (one, two))
    return 2 * len(first & second) / max(1, len(first) + len(second))


def test_the_listeners_melody_is_heard_at_the_beginning(config: SessionConfig) -> None:
    tune = ((0, 24, 64), (24, 24, 67), (48, 24, 72), (72, 24, 71))
    wanted = tuple(Note(*event, 0, "melody") for event in tune)
    theme = Theme(mode="major", bars=(wanted,) * 2)
    shares: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(6):
        for known in (True, False):
            asked = msgspec.structs.replace(config, seed=seed, theme=theme if known else None)
            bar = write(Transformer(asked), asked, 1, density=0.6, tonic_pc=0)[0]
            shares[known].append(share(bar.notes, wanted))
    assert mean(shares[True]) > 0.6 > 2 * mean(shares[False])


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("context = 1024", "context = 1000000000"),
        ("layers = 4", "layers = -1"),
        ("layers = 4", "layers = 7"),
        ("heads = 4", ""),
    ],
)
def test_a_card_that_is_not_of_its_model_is_refused(
    tmp_path: Path, config: SessionConfig, was: str, becomes: str
) -> None:
    name = config.device.music.model
    shutil.copytree(MODELS_DIR / name, tmp_path / name)
    card = tmp_path / name / "card.toml"
    assert was in card.read_text("utf-8")
    card.write_text(card.read_text("utf-8").replace(was, becomes), "utf-8")
    with pytest.raises(ModelError, match="is not what its card says"):
        Transformer(msgspec.structs.replace(config, models_dir=str(tmp_path)))


def test_pads_go_on_over_every_join_also_where_music_is_lively(transformer: Transformer, config: SessionConfig) -> None:
    lively = write(transformer, config, 10, density=0.8, target_arousal=0.6, tempo_bpm=100.0)
    for bar in (lively[0], lively[7], lively[8]):
        pads = [note for note in bar.notes if note.voice == "pad"]
        sounding = [sum(n.onset_tick <= tick < n.onset_tick + n.duration_tick for n in pads) for tick in range(96)]
        assert min(sounding) >= 3
