"""Adversaries find no gap, a gap would be found, and a run that was cut off goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hardware.bench import validity
from hardware.bench.validity import Piece, Tally, work


def test_no_taste_and_no_wish_gets_an_invalid_bar() -> None:
    tally = work(Piece("adversaries", 3, 150))
    assert (tally.bars, tally.invalid, tally.examples) == (150, 0, [])


def test_the_models_own_bars_are_bars() -> None:
    tally = work(Piece("the model", 0, 6))
    assert (tally.bars, tally.invalid) == (6, 0)


@pytest.mark.parametrize("name", validity.TASTES)
def test_every_taste_gets_to_an_end(name: str) -> None:
    rng = np.random.default_rng(1)
    assert validity._try(validity.TASTES[name], validity.NONE, rng) == []


def test_a_gap_in_the_grammar_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_mask(_: validity.Grammar) -> np.ndarray:
        return np.zeros(0, bool)

    monkeypatch.setattr(validity.Grammar, "mask", open_mask)
    tally = work(Piece("adversaries", 0, 7))
    assert tally.invalid == 7
    assert len(tally.examples) == validity.EXAMPLES
    assert "no end" in tally.examples[0]


def test_pieces_depend_on_their_number_alone() -> None:
    rng = [np.random.default_rng((validity.SEED, 5)) for _ in range(2)]
    assert repr(validity.wish(rng[0])) == repr(validity.wish(rng[1]))


def test_what_is_done_is_not_done_again_unless_the_program_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, pieces = tmp_path / "done", [Piece("adversaries", number, 3) for number in range(3)]
    assert [tally.bars for tally in validity.run(pieces[:2], 1, done)] == [3, 3]
    done.write_text(done.read_text() + '[1, "cut off')
    before = done.read_text()
    monkeypatch.setattr(validity, "ProcessPoolExecutor", None)
    known = validity._read(done, validity.fingerprint())
    assert {piece: (tally.bars, tally.invalid) for piece, tally in known.items()} == dict.fromkeys(pieces[:2], (3, 0))
    assert validity._read(done, 7) == {}
    assert done.read_text() == before


def test_figures_count_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validity, "run", lambda pieces, *_: (Tally(piece.bars, 1, 0.5, ["one"]) for piece in pieces))
    adversaries, model = validity.measure(lambda _: None, quick=False)
    assert adversaries.name == "invalid of 1000000 bars by adversaries"
    assert adversaries.value == 200
    assert not model.is_met
    assert "one" in model.note
