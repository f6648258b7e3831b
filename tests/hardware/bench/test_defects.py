"""Every way in which a bar can be wrong is found."""

from __future__ import annotations

import msgspec
import pytest

from device.config import Limits
from device.messages import Bar, MusicIntent, Note
from device.music.grammar import Decoded
from hardware.bench.defects import faults_of, faults_of_bar
from hardware.bench.intents import config_of, intents_of, standing

GOOD = Note(24, 24, 72, 0, "melody")


def test_a_good_bar_has_no_fault() -> None:
    assert faults_of(Decoded(4, (None, None), (GOOD, Note(0, 96, 40, 0, "bass")))) == []


@pytest.mark.parametrize(
    ("beats", "notes", "said"),
    [
        (5, (GOOD,), "5 beats"),
        (4, (Note(25, 24, 72, 0, "melody"),), "off the grid"),
        (4, (Note(24, 25, 72, 0, "melody"),), "off the grid"),
        (3, (Note(72, 24, 72, 0, "melody"),), "off the grid"),
        (4, (Note(90, 96, 72, 0, "melody"),), "too long"),
        (4, (Note(24, 24, 20, 0, "melody"),), "out of range"),
        (4, (GOOD, Note(24, 24, 74, 0, "melody")), "2 of melody"),
        (4, (Note(24, 24, 60, 0, "pad"), Note(24, 48, 60, 0, "pad")), "struck twice"),
    ],
)
def test_a_bad_bar_is_named(beats: int, notes: tuple[Note, ...], said: str) -> None:
    assert said in "; ".join(faults_of(Decoded(beats, (None, None), notes)))


@pytest.fixture
def intent() -> MusicIntent:
    return intents_of(config_of(1), standing(0.5, 0.0), 1)[0]


def bar(intent: MusicIntent, *notes: Note) -> Bar:
    return Bar(
        t_ns=0, bar_index=0, beats=4, tempo_bpm=intent.tempo_bpm, tonic_pc=intent.tonic_pc, mode=intent.mode,
        programs={}, notes=notes, generator="transformer", seed=1,
    )  # fmt: skip


def test_a_played_bar_is_held_against_its_intent_and_the_prescription(intent: MusicIntent) -> None:
    good = bar(intent, Note(0, 24, 60, 70, "melody"))
    assert faults_of_bar(good, intent, Limits()) == []
    assert faults_of_bar(bar(intent), intent, Limits()) == ["no notes"]
    assert "asked for" in faults_of_bar(msgspec.structs.replace(good, tempo_bpm=300.0), intent, Limits())[0]
    for wrong, said in (
        (Note(96, 24, 60, 70, "melody"), "outside the bar"),
        (Note(0, 0, 60, 70, "melody"), "outside the bar"),
        (Note(0, 24, 130, 70, "melody"), "outside the prescription"),
        (Note(0, 24, 60, 0, "melody"), "outside the prescription"),
        (Note(0, 24, 60, 70, "kazoo"), "no voice"),
    ):
        assert said in faults_of_bar(bar(intent, wrong), intent, Limits())[0]
