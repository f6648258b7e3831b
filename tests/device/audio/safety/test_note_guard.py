from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audio.safety.limits import BRIGHTNESS_PER_S, PROGRAM_LASTS_S, RING_BEATS
from device.audio.safety.note_guard import BURST_BEATS, NoteGuard
from device.config import Limits, Prescription
from device.messages import VOICES
from tests.cases import cases
from tests.device.audio.test_scheduler import Tape

SFREQ_HZ = 48_000
SECOND = np.zeros((SFREQ_HZ, 2), np.float32)


def guarded(prescription: Prescription | None = None) -> tuple[NoteGuard, Tape]:
    """A guard whose melody and bass have their instruments."""
    tape = Tape()
    guard = NoteGuard(tape, prescription or Prescription(), SFREQ_HZ)
    guard.program(VOICES.index("melody"), 0)
    guard.program(VOICES.index("bass"), 32)
    tape.events.clear()
    return guard, tape


def wait(guard: NoteGuard, seconds: float) -> None:
    block = np.zeros((4800, 2), np.float32)
    for _ in range(round(seconds * 10)):
        guard.render(block, 0, 4800)


def of(tape: Tape, kind: str) -> list[tuple[int, ...]]:
    return [values for _, name, values in tape.events if name == kind]


def test_what_is_allowed_passes_as_it_is() -> None:
    guard, tape = guarded()
    guard.note_on(0, 60, 80)
    wait(guard, 1)
    guard.note_off(0, 60)
    assert tape.events == [(0, "on", (0, 60, 80)), (SFREQ_HZ, "off", (0, 60))]
    assert guard.n_refused == 0


def test_a_note_out_of_range_sounds_in_another_octave_and_ends_there() -> None:
    guard, tape = guarded(Prescription(limits=Limits(pitch_min=48, pitch_max=72)))
    guard.note_on(0, 100, 80)
    guard.note_off(0, 100)
    assert of(tape, "on") == [(0, 64, 80)]
    assert of(tape, "off") == [(0, 64)]


def test_two_notes_that_fall_on_one_pitch_are_one() -> None:
    guard, tape = guarded(Prescription(limits=Limits(pitch_min=48, pitch_max=72)))
    guard.note_on(0, 64, 80)
    guard.note_on(0, 76, 70)
    assert [name for _, name, _ in tape.events] == ["on", "off", "on"]


def test_no_note_is_struck_harder_than_prescribed() -> None:
    guard, tape = guarded(Prescription(limits=Limits(velocity_max=50)))
    guard.note_on(0, 60, 127)
    assert of(tape, "on") == [(0, 60, 50)]


@pytest.mark.parametrize("velocity", [0, -5])
def test_a_note_that_is_not_struck_is_none(velocity: int) -> None:
    guard, tape = guarded()
    guard.note_on(0, 60, velocity)
    guard.note_on(0, 62, velocity)
    assert not of(tape, "on")
    assert guard.n_refused == 2


def test_an_instrument_that_is_not_allowed_gives_way_to_the_prescribed_one() -> None:
    tape = Tape()
    guard = NoteGuard(tape, Prescription(programs={"melody": 11}, never_programs=(0,)), SFREQ_HZ)
    guard.program(0, 0)
    assert of(tape, "program") == [(0, 11)]


def test_a_voice_without_any_allowed_instrument_is_silent() -> None:
    tape = Tape()
    guard = NoteGuard(tape, Prescription(never_programs=tuple(range(128))), SFREQ_HZ)
    guard.program(0, 0)
    guard.note_on(0, 60, 80)
    assert tape.events == []


@pytest.mark.parametrize("begins_s", [0, 5])
def test_a_note_that_nobody_ends_is_ended(begins_s: int) -> None:
    guard, tape = guarded(Prescription(limits=Limits(tempo_min_bpm=60.0)))
    wait(guard, begins_s)
    guard.note_on(0, 60, 80)
    wait(guard, RING_BEATS)
    assert not of(tape, "off")
    wait(guard, 0.1)
    assert tape.events[-1] == ((begins_s + RING_BEATS) * SFREQ_HZ, "off", (0, 60))


def test_time_goes_by_what_is_rendered_of_a_block() -> None:
    guard, tape = guarded(Prescription(limits=Limits(tempo_min_bpm=60.0)))
    guard.note_on(0, 60, 80)
    for _ in range(RING_BEATS):
        for first in range(0, SFREQ_HZ, SFREQ_HZ // 4):
            guard.render(SECOND, first, first + SFREQ_HZ // 4)
    assert not of(tape, "off")


def test_notes_on_one_pitch_of_two_voices_are_two() -> None:
    guard, tape = guarded()
    bass = VOICES.index("bass")
    guard.note_on(0, 60, 80)
    guard.note_on(bass, 60, 80)
    guard.note_on(bass, 62, 80)
    assert [name for _, name, _ in tape.events] == ["on", "on", "on"]


def test_the_softest_note_is_one() -> None:
    guard, tape = guarded()
    guard.note_on(0, 60, 1)
    assert of(tape, "on") == [(0, 60, 1)]


def test_the_pedal_passes() -> None:
    guard, tape = guarded()
    guard.pedal(2, down=True)
    guard.pedal(2, down=False)
    assert of(tape, "pedal") == [(2, True), (2, False)]


def test_a_flood_of_notes_becomes_as_many_as_are_prescribed() -> None:
    guard, tape = guarded(Prescription(limits=Limits(notes_per_beat_max=4, tempo_max_bpm=120)))
    for step in range(100):
        for pitch in range(40, 60):
            guard.note_on(0, pitch, 80)
        wait(guard, 0.1)
        assert len(of(tape, "on")) <= BURST_BEATS * 4 + 8 * (step + 1) / 10 + 1
    assert len(of(tape, "on")) == pytest.approx(80 + BURST_BEATS * 4, abs=2)


def test_a_long_silence_earns_no_greater_burst() -> None:
    guard, tape = guarded(Prescription(limits=Limits(notes_per_beat_max=4, tempo_max_bpm=120)))
    wait(guard, 60)
    for pitch in range(40, 90):
        guard.note_on(0, pitch, 80)
    assert len(of(tape, "on")) == BURST_BEATS * 4


def test_room_for_notes_comes_with_what_was_rendered_wherever_in_the_block_it_lies() -> None:
    """A second in short stretches at the end of long blocks is a second, and no more notes pass than in one."""
    passed = []
    for first in (0, SFREQ_HZ - 480):
        guard, tape = guarded()
        for index in range(100):
            for pitch in range(10):
                guard.note_on(0, 40 + (index + pitch) % 40, 60)
            guard.render(SECOND, first, first + 480)
        passed.append(len(of(tape, "on")))
    assert passed[0] == passed[1]


@given(st.floats(1, 12), st.floats(50, 200))
@settings(max_examples=cases(30), deadline=None)
def test_music_as_dense_and_fast_as_prescribed_loses_nothing(per_beat: float, tempo_bpm: float) -> None:
    limits = Limits(notes_per_beat_max=per_beat, tempo_min_bpm=40.0, tempo_max_bpm=tempo_bpm)
    guard, _ = guarded(Prescription(limits=limits))
    beat_frames = round(60 / tempo_bpm * SFREQ_HZ) + 1
    block = np.zeros((beat_frames, 2), np.float32)
    for _ in range(32):
        for index in range(int(per_beat)):
            guard.note_on(0, 60 + index, 80)
        guard.render(block, 0, beat_frames)
    assert guard.n_refused == 0


events = st.one_of(
    st.tuples(st.just("on"), st.integers(0, 3), st.integers(-50, 300), st.integers(-10, 300)),
    st.tuples(st.just("off"), st.integers(0, 3), st.integers(-50, 300), st.just(0)),
    st.tuples(st.just("program"), st.integers(0, 3), st.integers(-5, 300), st.just(0)),
    st.tuples(st.just("wait"), st.integers(0, 30), st.just(0), st.just(0)),
)


@given(st.lists(events, max_size=80), st.integers(0, 60), st.integers(61, 127), st.integers(1, 127))
@settings(max_examples=cases(150), deadline=None)
def test_whatever_is_played_what_sounds_is_inside_the_limits(
    played: list[tuple[str, int, int, int]], low: int, high: int, velocity_max: int
) -> None:
    limits = Limits(pitch_min=low, pitch_max=high, velocity_max=velocity_max)
    guard, tape = guarded(Prescription(limits=limits, never_programs=(0, 11)))
    for what, first, second, third in played:
        match what:
            case "on":
                guard.note_on(first, second, third)
            case "off":
                guard.note_off(first, second)
            case "program":
                guard.program(first, second)
            case _:
                wait(guard, first / 10)
    sounding: set[tuple[int, ...]] = set()
    for _, kind, values in tape.events:
        if kind == "on":
            assert low <= values[1] <= high
            assert 1 <= values[2] <= velocity_max
            sounding.add(values[:2])
        elif kind == "off":
            assert values in sounding
            sounding.discard(values)
        elif kind == "program":
            assert values[1] not in (0, 11)


def test_a_voice_keeps_its_instrument_for_a_while_and_then_changes_it() -> None:
    guard, tape = guarded(Prescription(programs={"melody": 0, "inner": 4, "bass": 32, "pad": 89}))
    guard.program(0, 4)
    assert of(tape, "program") == []
    assert guard.n_refused == 1
    wait(guard, PROGRAM_LASTS_S - 0.1)
    guard.program(0, 89)
    assert of(tape, "program") == []
    wait(guard, 0.1)
    guard.program(0, 4)
    assert of(tape, "program") == [(0, 4)]
    guard.program(0, 0)
    assert of(tape, "program") == [(0, 4)]
    assert guard.n_refused == 3


def test_the_instrument_that_a_voice_has_is_not_chosen_again_and_counts_as_no_change() -> None:
    guard, tape = guarded(Prescription(programs={"melody": 0, "inner": 4, "bass": 32, "pad": 89}))
    wait(guard, PROGRAM_LASTS_S)
    guard.program(0, 0)
    guard.program(0, 4)
    assert of(tape, "program") == [(0, 4)]
    assert guard.n_refused == 0


@given(st.lists(st.tuples(st.floats() | st.floats(0, 1), st.integers(0, 20)), min_size=1, max_size=30))
def test_the_colour_stays_in_its_range_and_never_changes_faster_than_it_may(asked: list[tuple[float, int]]) -> None:
    guard, tape = guarded()
    block = np.zeros((480, 2), np.float32)
    before, since = None, 0
    for brightness, hundredths in asked:
        for _ in range(hundredths):
            guard.render(block, 0, 480)
        guard.brighten(brightness)
        since += hundredths
        assert 0.0 <= tape.brightness <= 1.0
        if before is not None:
            assert abs(tape.brightness - before) <= BRIGHTNESS_PER_S * since / 100 + 1e-9
        if tape.brightness != before:
            before, since = tape.brightness, 0


def test_a_change_of_colour_that_nobody_hears_is_not_made_and_adds_up() -> None:
    guard, tape = guarded()
    guard.brighten(0.5)
    wait(guard, 1)
    for brightness in (0.505, 0.509):
        guard.brighten(brightness)
        assert tape.brightness == 0.5
    guard.brighten(0.511)
    assert tape.brightness == 0.511


def test_a_hundredth_is_a_change_of_colour() -> None:
    guard, tape = guarded()
    guard.brighten(0.01)
    wait(guard, 1)
    guard.brighten(0.02)
    assert tape.brightness == 0.02


def test_a_colour_that_was_asked_for_is_reached_in_time_and_the_first_at_once() -> None:
    guard, tape = guarded()
    wait(guard, 1)
    guard.brighten(0.2)
    assert tape.brightness == 0.2
    for _ in range(5):
        wait(guard, 0.1)
        guard.brighten(0.9)
    assert tape.brightness == pytest.approx(0.7)
    wait(guard, 5)
    guard.brighten(0.9)
    assert tape.brightness == 0.9
