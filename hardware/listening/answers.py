"""What one listener said, read from the file that the page saves; a broken file is refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from device.errors import RecordingError
from hardware.listening.study import Key

FORMAT = "isotone-listening-answers-1"
BYTES_MAX = 4_000_000
SAVED = "Give the file that the page saved."
Axis = Annotated[float, msgspec.Meta(ge=-1.0, le=1.0)]


class Answer(msgspec.Struct, frozen=True):
    """About one clip."""

    clip: str
    valence: Axis
    arousal: Axis
    rest: Annotated[int, msgspec.Meta(ge=0, le=4)]
    """Whether they would rest in it: 0 not at all, 4 very much."""
    words: str = ""
    heard_s: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0


class Answers(msgspec.Struct, frozen=True):
    """The answers of one listener, in the order they were given."""

    format: str
    study: str
    listener: str
    answers: tuple[Answer, ...]


def read_answers(path: Path, key: Key) -> Answers:
    """One listener's answers to the study of a key.

    Raises:
        RecordingError: unreadable, damaged, of another study, or with a clip that is answered twice or is not in it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}.", SAVED) from error
    try:
        return parse_answers(content, key)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error.sentence}", error.action) from error


def parse_answers(content: bytes, key: Key) -> Answers:
    """Does what `read_answers` does, for a file's content."""
    again = "Ask the listener to press “Save my answers” again."
    if len(content) > BYTES_MAX:
        raise RecordingError("this is too long to be a listener's answers.", again)
    try:
        answers = msgspec.json.decode(content, type=Answers)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"these are no answers, or damaged ones ({error}).", again) from error
    if answers.format != FORMAT:
        raise RecordingError("these are answers of another kind.", SAVED)
    if answers.study != key.study:
        raise RecordingError("these are answers to another study.", "Give the key of that study.")
    told = [answer.clip for answer in answers.answers]
    unknown = set(told) - {clip.id for clip in key.clips}
    if unknown:
        raise RecordingError(f"the study has no clip {min(unknown)}.", "Give the key of that study.")
    if len(set(told)) != len(told):
        raise RecordingError("a clip is answered twice.", again)
    return answers
