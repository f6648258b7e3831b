"""What the composer is talked into depends on where in the bar it is."""

import numpy as np

from device.music import tokens as t
from device.music.decoder import Logits
from device.music.taste import Taste
from device.music.theory import Chord

TONIC = t.chord_token(Chord(0, "maj"))


def taste(leaning: Logits) -> Taste:
    before = np.array([[token, 0] for token in (t.BAR, TONIC, TONIC)])
    return Taste([before], leaning, "new", is_calm=True, swings=False)


def test_chords_lean_and_do_not_begin_with_the_root_of_the_bar_before() -> None:
    logits, leaning = np.zeros(len(t.VOCABULARY), np.float32), np.ones(len(t.VOCABULARY), np.float32)
    taste(leaning).season(logits, [t.BAR])
    assert logits[TONIC] < 1.0
    assert logits[t.chord_token(Chord(7, "maj"))] == 1.0


def test_notes_are_not_moved_by_what_leans_chords() -> None:
    note, seasoned = t.FIRST_NOTE + 10, []
    for leaning in (0.0, 1.0):
        logits, own = np.zeros(len(t.VOCABULARY), np.float32), taste(np.full(len(t.VOCABULARY), leaning, np.float32))
        for token in (TONIC, TONIC, t.FIRST_STEP, note):
            own.hear(token)
        own.season(logits, [t.BAR, TONIC, TONIC, t.FIRST_STEP])
        seasoned.append(logits)
    assert (seasoned[0] == seasoned[1]).all()
    assert seasoned[0][note + 2] > 0.0 > seasoned[0][note]
    assert seasoned[0][t.END] == 0.0
