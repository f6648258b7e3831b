"""The tunes by which it is measured whether a listener's melody is recognised."""

import msgspec
import pytest

from device.music.theme import theme_of
from hardware.bench.tunes import MOODS, NOTES, TUNES, Tune, as_midi, is_faithful, right_notes, state


@pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.name)
def test_every_tune_is_read_as_it_is_written(tune: Tune) -> None:
    assert is_faithful(tune, theme_of(as_midi(tune), "tune.mid"))
    assert NOTES <= len(tune.line) <= NOTES + 1


def test_only_what_is_at_its_time_and_place_counts() -> None:
    theme = theme_of(as_midi(TUNES[0]), "tune.mid")
    piece = state(theme, "phrasebook", 0, MOODS["default"])
    assert right_notes(theme, piece) == NOTES
    other = theme_of(as_midi(TUNES[5]), "tune.mid")
    assert right_notes(other, piece) < NOTES / 2
    late = [msgspec.structs.replace(bar, bar_index=bar.bar_index + 1) for bar in piece.bars]
    assert right_notes(theme, piece._replace(bars=tuple(late))) < NOTES / 2
