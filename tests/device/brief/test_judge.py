"""The judge of takes: it hears moods that it was not told, broken joins, clashes and bars over and over."""

import msgspec
import pytest

from device.brief.judge import judge
from device.commands.piece import Studio, Wish
from device.commands.wishes import configure
from device.config import SessionConfig
from device.control.plan.journey import Journey, Point
from device.messages import Note, PlayedBar

UNSAID = ("device", "generator", "prescription", "style", "texture", "metre", "instruments", "like", "seed")


def _config() -> SessionConfig:
    return configure(dict.fromkeys(UNSAID) | {"generator": "rules", "seed": 4}, [])


def played(valence: float, arousal: float) -> tuple[PlayedBar, ...]:
    wish = Wish(Journey([Point(valence=valence, arousal=arousal, bar=0.0)]), 8)
    return Studio(_config(), wish, None, lambda _: None).compose().played


@pytest.fixture(scope="module")
def calm() -> tuple[PlayedBar, ...]:
    return played(0.5, -0.6)


@pytest.fixture(scope="module")
def lively() -> tuple[PlayedBar, ...]:
    return played(0.5, 0.7)


def test_it_hears_which_of_two_was_asked_for(calm: tuple[PlayedBar, ...], lively: tuple[PlayedBar, ...]) -> None:
    sad = played(-0.7, -0.4)
    assert judge(calm, (), 0.5, -0.6).affect > judge(lively, (), 0.5, -0.6).affect + 0.3
    assert judge(sad, (), -0.7, -0.4).affect > judge(calm, (), -0.7, -0.4).affect
    assert judge(lively, (), 0.0, 0.0).arousal > 0.2 > -0.2 > judge(calm, (), 0.0, 0.0).arousal


def test_a_break_is_no_smooth_join(calm: tuple[PlayedBar, ...], lively: tuple[PlayedBar, ...]) -> None:
    assert judge(calm[4:], calm[:4], 0.5, -0.6).join > 0.5
    assert judge(lively, calm, 0.5, 0.7).join < judge(calm[4:], calm[:4], 0.5, -0.6).join


def test_clashes_and_loops_are_not_clean(calm: tuple[PlayedBar, ...]) -> None:
    cluster = tuple(Note(0, 96, pitch, 80, "melody") for pitch in (60, 61, 62, 63))
    clashing = [msgspec.structs.replace(bar, notes=cluster) for bar in calm]
    looping = [calm[0]] * 8
    assert judge(calm, (), 0.5, -0.6).clean > 0.6
    assert judge(clashing, (), 0.5, -0.6).clean == 0.0
    assert judge(looping, (), 0.5, -0.6).clean < 0.2
    assert not judge(clashing, (), 0.5, -0.6).is_good


def test_silence_is_never_good(calm: tuple[PlayedBar, ...]) -> None:
    silent = [msgspec.structs.replace(bar, notes=()) for bar in calm]
    assert not judge(silent, calm, 0.5, -0.6).is_good
    assert not judge((), calm, 0.5, -0.6).is_good


def test_without_a_melody_it_still_judges(calm: tuple[PlayedBar, ...]) -> None:
    pads = [msgspec.structs.replace(bar, notes=tuple(n for n in bar.notes if n.voice == "pad")) for bar in calm]
    assert 0.0 <= judge(pads, calm, 0.5, -0.6).total <= 1.0
