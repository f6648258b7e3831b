"""The model under onnxruntime: the cache changes the cost, never the music."""

from pathlib import Path

import numpy as np
import pytest

from device.files.models import MODELS_DIR, ModelFolder
from device.music import tokens as t
from device.music.decoder import Decoder
from device.music.reference import N_CONDITIONS, UNTOLD

FOLDER = "composer-0.2.0"
ENDS = np.array([[t.END, *UNTOLD]] * 3)
TOLERANCE = 0.6
"""Logits; dynamic int8 scales a whole prefill at once, so feeding in other portions rounds a little differently."""


@pytest.fixture(scope="module")
def folder() -> ModelFolder:
    return ModelFolder(MODELS_DIR, FOLDER)


@pytest.fixture
def decoder(folder: ModelFolder) -> Decoder:
    return Decoder(folder.path("model.onnx"), folder.card.settings)


def golden(folder: ModelFolder) -> tuple[np.ndarray, np.ndarray]:
    """Rows and the logits after them."""
    with np.load(Path(folder.folder) / "golden.npz") as arrays:
        return np.concatenate([arrays["ids"][:, None], arrays["conditions"]], axis=1), arrays["logits"]


def test_it_gives_the_golden_logits(decoder: Decoder, folder: ModelFolder) -> None:
    rows, logits = golden(folder)
    decoder.feed(rows[: len(rows) // 2])
    for place in range(len(rows) // 2, len(rows)):
        last = decoder.feed(rows[place : place + 1])
    assert np.abs(last - logits).max() < TOLERANCE
    assert logits.argmax() in np.argsort(last)[-3:]


def bars_of(rows: np.ndarray) -> list[np.ndarray]:
    """Rows in portions, each beginning with the token of a bar."""
    return np.split(rows, np.flatnonzero(rows[1:, 0] == t.BAR) + 1)


def test_going_back_and_on_again_gives_exactly_the_same(decoder: Decoder, folder: ModelFolder) -> None:
    bars = bars_of(golden(folder)[0])
    assert len(bars) > 2
    straight = decoder.go_on_from(bars).copy()
    decoder.go_on_from([bars[0], ENDS])
    assert (decoder.go_on_from(bars) == straight).all()
    assert decoder.length == sum(map(len, bars))


def test_only_what_differs_is_fed(decoder: Decoder, folder: ModelFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = bars_of(golden(folder)[0])
    decoder.go_on_from(bars)
    fed: list[int] = []
    feed = decoder.feed
    monkeypatch.setattr(decoder, "feed", lambda rows: (fed.append(len(rows)), feed(rows))[1])
    decoder.go_on_from([*bars, ENDS])
    decoder.go_on_from([*bars, ENDS])
    decoder.go_on_from([*bars[:-1], ENDS])
    assert fed == [len(ENDS), len(ENDS), len(ENDS)]


def test_what_a_bar_was_told_counts_as_a_difference(decoder: Decoder, folder: ModelFolder) -> None:
    rows, _ = golden(folder)
    one = decoder.go_on_from([rows]).copy()
    other = rows.copy()
    other[20:, 1:] = UNTOLD
    assert np.abs(decoder.go_on_from([other]) - one).max() > TOLERANCE


def test_the_whole_context_can_be_filled(decoder: Decoder) -> None:
    logits = decoder.go_on_from([np.repeat(ENDS[:1], decoder.context, axis=0)])
    assert np.isfinite(logits).all()


def test_the_card_tells_what_the_runtime_needs(folder: ModelFolder) -> None:
    assert folder.card.settings["vocabulary_crc"] == t.VOCABULARY_CRC
    assert folder.card.settings["vocabulary_size"] == len(t.VOCABULARY)
    assert folder.card.settings["conditions"] == N_CONDITIONS
    assert sum(path.stat().st_size for path in folder.folder.iterdir()) <= 7e6
