"""What training examples tell."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="training needs the extra `export`")

from device.music import tokens as t
from device.music.controls import CONTROL_SIZES, Controls
from device.music.reference import OFFSETS, UNTOLD, Cursor, conditions, remember
from export.music.windows import CONTROLS_ONLY, EVERYTHING, NOTHING, Told, Windows


@pytest.fixture
def windows(corpus: Path) -> Windows:
    return Windows.read(corpus, "train", 256)


def test_training_sees_exactly_what_the_box_will_tell(windows: Windows) -> None:
    ids, rows, _ = windows.at(0, np.random.default_rng(0), EVERYTHING)
    bounds = np.flatnonzero(ids == t.BAR)
    bars = [ids[start:stop].tolist() for start, stop in zip(bounds, [*bounds[1:], len(ids)], strict=True)]
    back = windows._back
    for number, (start, tokens) in enumerate(zip(bounds[:-1], bars[:-1], strict=True)):
        values = [None if value < 0 else int(value) for value in windows._controls[number]]
        to, likeness, _ = back[number].tolist()
        told = Controls(*values)._replace(likeness=likeness)
        cursor = Cursor()
        for place, token in enumerate(tokens):
            cursor.take(token)
            reference = remember(bars[to]) if to >= 0 else None
            assert rows[start + place].tolist() == conditions(told, cursor, reference)


def test_nothing_told_still_tells_the_metre_and_where_it_is(windows: Windows) -> None:
    _, rows, _ = windows.at(0, np.random.default_rng(0), NOTHING)
    told = (rows != np.array(UNTOLD)).any(axis=0)
    assert told[0]
    assert not told[1 : len(CONTROL_SIZES)].any()
    assert told[len(CONTROL_SIZES)]


def test_controls_alone_refer_to_no_bar(windows: Windows) -> None:
    _, rows, _ = windows.at(0, np.random.default_rng(0), CONTROLS_ONLY)
    assert (rows[:, len(CONTROL_SIZES) + 1 :] == np.array(UNTOLD[-3:])).all()
    assert (rows[:, 3] != UNTOLD[3]).all()


def test_beginnings_are_never_predicted(windows: Windows) -> None:
    ids, _, targets = windows.draw(3, np.random.default_rng(0), Told())
    assert not {t.BAR, t.START} & set(targets.ravel().tolist())
    assert (targets[:, :-1] == ids[:, 1:])[targets[:, :-1] >= 0].all()
    assert windows.count_notes(targets) > 100


def test_no_bar_refers_to_itself_or_to_another_song(windows: Windows) -> None:
    songs = np.searchsorted(windows.songs, np.arange(len(windows.bars)), side="right")
    for column in (0, 2):
        to = windows._back[:, column]
        bars = np.flatnonzero(to >= 0)
        assert (to[bars] < bars).all()
        assert (songs[to[bars]] == songs[bars]).all()


def test_the_same_seed_draws_the_same_examples(windows: Windows) -> None:
    one, two = (windows.draw(2, np.random.default_rng(5), Told()) for _ in range(2))
    assert all((first == second).all() for first, second in zip(one, two, strict=True))
    assert (one[1] >= np.array(OFFSETS)).all()
