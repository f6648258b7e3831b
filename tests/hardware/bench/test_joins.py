"""Joins are counted as they sound."""

import itertools

import pytest

from device.commands.piece import Piece
from device.messages import Bar, Key, Note, PlayedBar
from hardware.bench.joins import figures, joins_of, pad_move
from tests.device.music.intents import intent

C, A_MINOR, G = (60, 64, 67), (60, 64, 69), (59, 62, 67)


def chord(pitches: tuple[int, ...], onset: int = 0, length: int = 96) -> list[Note]:
    return [Note(onset, length, pitch, 60, "pad") for pitch in pitches]


def piece(last: list[Note], first: list[Note], silent: int = 3) -> Piece:
    """Nine bars of C, the last of them in G."""
    notes = [chord(C)] * 7 + [last, first]
    intents = [intent(bar, tonic_pc=7 * (bar == 8), leads_to=Key(7, "major") if bar == 7 else None) for bar in range(9)]
    played = [
        PlayedBar(
            t_ns=0, bar_index=index, start_frame=0, n_frames=1, beats=4, tempo_bpm=60.0, tempo_from_bpm=60.0,
            tempo_to_bpm=60.0, loudness_db=-10.0, brightness=0.5, tonic_pc=asked.tonic_pc, programs={},
            notes=() if index == silent else tuple(bar), generator="rules", silent=index == silent,
        )
        for index, (asked, bar) in enumerate(zip(intents, notes, strict=True))
    ]  # fmt: skip
    bars: tuple[Bar, ...] = ()
    return Piece(tuple(intents), bars, tuple(played))


def told(piece: Piece) -> list[float]:
    return [figure.value for figure in figures("x", piece)]


def test_a_join_that_pads_go_over_by_a_chord_of_both_keys() -> None:
    led = [*chord(C, 0, 48), *chord(A_MINOR, 48, 48)]
    goes_on, is_led, moves, silent = told(piece(led, chord(G)))
    assert (goes_on, is_led, silent) == (1.0, 1.0, 1.0)
    assert moves == pytest.approx((1 + 2 + 2) / 3)


def test_pads_that_stop_before_it_and_a_chord_of_one_key_only_are_told() -> None:
    assert told(piece(chord(C, 0, 48), chord(G)))[0] == 0.0
    assert told(piece(chord(C), []))[0] == 0.0
    f_major = [*chord(C, 0, 48), *chord((60, 65, 69), 48, 48)]
    assert told(piece(f_major, chord(G)))[1] == 0.0


def test_only_bars_between_sections_are_joins() -> None:
    joins = joins_of(piece(chord(C), chord(C)))
    assert [join.after.bar_index for join in joins] == [8]
    assert all(pad_move(join) == 0.0 for join in joins)
    assert not list(itertools.filterfalse(lambda join: join.asked.leads_to, joins))
