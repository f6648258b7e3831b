"""Whatever a piece is, every feature answers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from export.music import features
from tests.export.music.scores import piece

notes = st.lists(
    st.tuples(st.integers(0, 160), st.integers(1, 40), st.integers(21, 108)), min_size=1, max_size=60
)  # fmt: skip


@given(notes)
def test_every_feature_answers_for_any_music(found: list[tuple[int, int, int]]) -> None:
    written = [(onset / 4, length / 4, pitch) for onset, length, pitch in found]
    music = piece(written, voice=["melody" if n % 2 else "bass" for n in range(len(written))])
    for name, feature in (features.WRITTEN | features.PLAYED | features.FAULTS).items():
        value = feature(music)
        assert np.isnan(value) or value >= 0.0, name
