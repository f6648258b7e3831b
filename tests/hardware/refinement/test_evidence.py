"""What a log shows of a listener, step by step."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from device.errors import ConfigError
from hardware.refinement.evidence import Told, evidence_in, refuse_two_people
from hardware.simulation.closed_loop import DECISION_S
from tests.hardware.refinement.courses import course


def test_music_estimates_and_words_stand_at_their_time() -> None:
    session = course(lambda at_s: 0.5 - at_s / 1000 if at_s > 60 else None)
    found = evidence_in(session)
    assert found is not None
    n_steps = len(found.signs.arousal)
    assert n_steps * DECISION_S == pytest.approx(8 * 60, abs=12)
    assert not found.known[: round(50 / DECISION_S)].any()
    assert found.known[round(80 / DECISION_S) :].all()
    assert found.signs.arousal[round(240 / DECISION_S)] == pytest.approx(0.26, abs=0.02)
    (said,) = np.flatnonzero(np.isfinite(found.signs.told_arousal))
    assert said * DECISION_S == pytest.approx(240, abs=8)
    assert (found.signs.told_arousal[said], found.signs.told_valence[said]) == (0.25, -0.5)
    assert found.expresses[0][-1] < found.expresses[0][round(100 / DECISION_S)]
    assert np.shape(found.music.tempo_bpm) == (n_steps,)


def test_a_session_without_music_shows_nothing() -> None:
    assert evidence_in(msgspec.structs.replace(course(lambda _: None), intents=())) is None


def test_sessions_of_two_people_are_refused() -> None:
    ada, bob, old = (course(lambda _: None, minutes=0.5, listener_id=who) for who in ("ada", "bob", ""))
    refuse_two_people([ada, ada, old])
    with pytest.raises(ConfigError, match="2 listeners"):
        refuse_two_people([ada, bob])


def test_what_the_box_hands_over_is_read_as_it_was_written() -> None:
    told = Told(today=course(lambda _: None, 0.5).config.device.control, sessions=(course(lambda _: 0.1, 0.5),))
    assert msgspec.json.decode(msgspec.json.encode(told), type=Told) == told
