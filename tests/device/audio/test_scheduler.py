from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.conductor import GRID_FRAMES
from device.audio.guard import VOICES
from device.audio.scheduler import LATEST_S, Scheduler, strikes_of
from device.messages import Note, PlayedBar
from tests.device.audio.rig import note

SFREQ_HZ = 48_000


def played(*notes: Note, start_frame: int = 0, n_frames: int = 192_000, bar_index: int = 0) -> PlayedBar:
    return PlayedBar(
        t_ns=0,
        bar_index=bar_index,
        start_frame=start_frame,
        n_frames=n_frames,
        beats=4,
        tempo_bpm=60.0,
        loudness_db=0.0,
        brightness=0.5,
        programs={"melody": 11, "bass": 32},
        notes=notes,
        generator="test",
    )


class Tape:
    """An instrument that writes down at which frame it was told what."""

    def __init__(self) -> None:
        self.frame = 0
        self.events: list[tuple[int, str, tuple[int, ...]]] = []

    def program(self, channel: int, program: int) -> None:
        self.events.append((self.frame, "program", (channel, program)))

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.events.append((self.frame, "on", (channel, pitch, velocity)))

    def note_off(self, channel: int, pitch: int) -> None:
        self.events.append((self.frame, "off", (channel, pitch)))

    def render(self, block: np.ndarray, first: int, last: int) -> None:
        assert 0 <= first <= last <= len(block)
        block[first:last] = 1.0
        self.frame += last - first

    def frames(self, kind: str) -> list[int]:
        return [frame for frame, name, _ in self.events if name == kind]


def play(bars: list[PlayedBar], n_frames: int, block_frames: int = 1024) -> Tape:
    tape = Tape()
    scheduler = Scheduler(tape, 7, SFREQ_HZ)
    for bar in bars:
        scheduler.add(bar)
    for first in range(0, n_frames, block_frames):
        block = np.zeros((block_frames, 2), np.float32)
        scheduler.render(block, first)
        assert block.all()
        assert tape.frame == first + block_frames
    return tape


def test_every_note_sounds_at_its_frame_and_ends_at_its_end() -> None:
    bar = played(note(0, 24), note(24, 24, 64), start_frame=6400)
    tape = play([bar], 200_000)
    strikes = strikes_of(bar, 7, SFREQ_HZ)
    assert tape.frames("on") == [strike.frame for strike in strikes]
    assert tape.frames("off") == [strike.off_frame for strike in strikes]
    assert strikes[1].frame - strikes[0].frame == pytest.approx(48_000, abs=LATEST_S * SFREQ_HZ)


def test_instruments_are_chosen_at_the_start_of_the_bar_before_its_notes() -> None:
    tape = play([played(note(0), start_frame=6400)], 8192)
    assert [name for _, name, _ in tape.events[:2]] == ["program", "program"]
    assert tape.frames("program") == [6400, 6400]
    assert {arguments for _, name, arguments in tape.events if name == "program"} == {(0, 11), (1, 32)}


def test_voices_play_on_their_own_channels() -> None:
    tape = play([played(*(note(0, voice=voice) for voice in VOICES))], 8192)
    assert {arguments[0] for _, name, arguments in tape.events if name == "on"} == {0, 1, 2, 3}


@given(
    st.lists(
        st.tuples(st.integers(0, 95), st.integers(1, 384), st.integers(28, 96), st.sampled_from(VOICES)), max_size=20
    ),
    st.integers(2_000, 20_000).map(lambda chunks: chunks * GRID_FRAMES),
    st.integers(0, 1000),
)
def test_strikes_lie_on_the_grid_and_are_never_early_nor_much_late(
    raw: list[tuple[int, int, int, str]], n_frames: int, bar_index: int
) -> None:
    notes = tuple(Note(onset, duration, pitch, 80, voice) for onset, duration, pitch, voice in raw)
    bar = played(*notes, start_frame=GRID_FRAMES * 5, n_frames=n_frames, bar_index=bar_index)
    exact = sorted(bar.start_frame + item.onset_tick * n_frames / 96 for item in notes)
    for strike, wanted in zip(strikes_of(bar, 7, SFREQ_HZ), exact, strict=True):
        assert strike.frame % GRID_FRAMES == strike.off_frame % GRID_FRAMES == 0
        assert strike.off_frame > strike.frame
        assert strike.frame >= wanted - GRID_FRAMES / 2
    assert strikes_of(bar, 7, SFREQ_HZ) == strikes_of(bar, 7, SFREQ_HZ)


@given(st.lists(st.tuples(st.integers(0, 95), st.integers(1, 200), st.integers(60, 63)), max_size=12))
def test_every_note_that_begins_is_ended_once(raw: list[tuple[int, int, int]]) -> None:
    bar = played(*(Note(onset, duration, pitch, 80, "melody") for onset, duration, pitch in raw), n_frames=6400)
    tape = play([bar], 40_960)
    sounding: set[tuple[int, ...]] = set()
    for _, name, arguments in tape.events:
        if name == "on":
            assert arguments[:2] not in sounding
            sounding.add(arguments[:2])
        elif name == "off":
            sounding.remove(arguments)
    assert not sounding


def test_a_note_struck_again_is_not_cut_by_the_end_of_the_first() -> None:
    tape = play([played(note(0, 48), note(24, 48))], 200_000)
    (first_on, second_on), (first_off, second_off) = tape.frames("on"), tape.frames("off")
    assert first_off == second_on > first_on
    assert second_off - second_on == pytest.approx(96_000, abs=GRID_FRAMES)


def test_a_note_rings_into_the_next_bar() -> None:
    bars = [played(note(0, 192)), played(note(0, pitch=70), start_frame=192_000, bar_index=1)]
    tape = play(bars, 409_600)
    assert tape.frames("off")[-1] > 380_000


def test_the_size_of_the_blocks_makes_no_difference() -> None:
    bar = played(*(note(onset, 12, 60 + onset % 5) for onset in range(0, 96, 5)))
    assert play([bar], 204_800).events == play([bar], 204_800, block_frames=64).events
