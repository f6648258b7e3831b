"""The model under onnxruntime: the cache changes the cost, never the music."""

from pathlib import Path

import numpy as np
import pytest

from device.models import MODELS_DIR, ModelFolder
from device.music import tokens as t
from device.music.decoder import Decoder

FOLDER = "composer-0.1.0"
TOLERANCE = 0.6
"""Logits; dynamic int8 scales a whole prefill at once, so feeding in other portions rounds a little differently."""


@pytest.fixture(scope="module")
def folder() -> ModelFolder:
    return ModelFolder(MODELS_DIR, FOLDER)


@pytest.fixture
def decoder(folder: ModelFolder) -> Decoder:
    return Decoder(folder.path("model.onnx"), folder.card.settings)


def golden(folder: ModelFolder) -> tuple[list[int], np.ndarray]:
    with np.load(Path(folder.folder) / "golden.npz") as arrays:
        return arrays["ids"].tolist(), arrays["logits"]


def test_it_gives_the_golden_logits(decoder: Decoder, folder: ModelFolder) -> None:
    ids, logits = golden(folder)
    decoder.feed(ids[: len(ids) // 2])
    for token in ids[len(ids) // 2 :]:
        last = decoder.feed([token])
    assert np.abs(last - logits).max() < TOLERANCE
    assert logits.argmax() in np.argsort(last)[-3:]


def test_going_back_and_on_again_gives_the_same_as_never_having_left(decoder: Decoder, folder: ModelFolder) -> None:
    ids, _ = golden(folder)
    straight = decoder.go_on_from(ids).copy()
    decoder.go_on_from([*ids[:40], t.END, t.END, t.END])
    again = decoder.go_on_from(ids)
    assert np.abs(again - straight).max() < TOLERANCE
    assert decoder.fed == ids


def test_only_what_differs_is_fed(decoder: Decoder, folder: ModelFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, _ = golden(folder)
    decoder.go_on_from(ids)
    fed: list[int] = []
    feed = decoder.feed
    monkeypatch.setattr(decoder, "feed", lambda tokens: (fed.append(len(tokens)), feed(tokens))[1])
    decoder.go_on_from([*ids, t.END, t.END])
    decoder.go_on_from(decoder.fed[:])
    assert fed == [2, 1]


def test_the_whole_context_can_be_filled(decoder: Decoder) -> None:
    logits = decoder.go_on_from([t.END] * decoder.context)
    assert np.isfinite(logits).all()


def test_the_card_tells_what_the_runtime_needs(folder: ModelFolder) -> None:
    assert folder.card.settings["vocabulary_crc"] == t.VOCABULARY_CRC
    assert folder.card.settings["vocabulary_size"] == len(t.VOCABULARY)
    assert sum(path.stat().st_size for path in folder.folder.iterdir()) <= 6e6
