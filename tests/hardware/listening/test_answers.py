"""Answers are read back as they were given; whatever else comes is refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import RecordingError
from hardware.listening.answers import FORMAT, parse_answers, read_answers
from hardware.listening.study import plan

KEY = plan(1, 4, "m")
CLIPS = [clip.id for clip in KEY.clips]


def content(**changes: Any) -> bytes:
    answers = [
        {"clip": clip, "valence": 0.25, "arousal": -1, "rest": 3, "words": "süß", "heard_s": 9.5} for clip in CLIPS
    ]
    return json.dumps({"format": FORMAT, "study": KEY.study, "listener": "ab12", "answers": answers} | changes).encode()


def test_answers_come_back_as_given() -> None:
    answers = parse_answers(content(), KEY)
    assert answers.listener == "ab12"
    assert [answer.clip for answer in answers.answers] == CLIPS
    assert (answers.answers[0].valence, answers.answers[0].rest, answers.answers[0].words) == (0.25, 3, "süß")


def one(**changes: Any) -> bytes:
    return content(answers=[{"clip": CLIPS[0], "valence": 0, "arousal": 0, "rest": 2} | changes])


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"", "damaged"),
        (content()[:-20], "damaged"),
        (b"[" * 100_000, "damaged"),
        (b" " * 5_000_000, "too long"),
        (content(format="x"), "another kind"),
        (content(study="other"), "another study"),
        (one(clip="nobody"), "no clip nobody"),
        (one(valence=1.5), "valence"),
        (one(rest=7), "rest"),
        (one(rest="much"), "rest"),
        (content(answers=[{"clip": CLIPS[0], "valence": 0, "arousal": 0, "rest": 2}] * 2), "twice"),
    ],
)
def test_broken_answers_are_refused_with_a_sentence(broken: bytes, said: str) -> None:
    with pytest.raises(RecordingError, match=said):
        parse_answers(broken, KEY)


def test_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"none\.json cannot be read"):
        read_answers(tmp_path / "none.json", KEY)
    (tmp_path / "bad.json").write_bytes(b"{")
    with pytest.raises(RecordingError, match=r"bad\.json"):
        read_answers(tmp_path / "bad.json", KEY)


@given(st.one_of(st.binary(max_size=300), st.tuples(st.integers(0, len(content())), st.binary(max_size=5))))
def test_whatever_comes_is_read_or_refused(noise: bytes | tuple[int, bytes]) -> None:
    if isinstance(noise, tuple):
        place, junk = noise
        noise = content()[:place] + junk + content()[place + 1 :]
    try:
        answers = parse_answers(noise, KEY)
    except RecordingError as refused:
        assert refused.sentence.endswith(".")
        assert refused.action
    else:
        assert all(-1 <= answer.valence <= 1 for answer in answers.answers)
