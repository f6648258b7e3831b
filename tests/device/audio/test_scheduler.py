from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.conductor import GRID_FRAMES
from device.audio.pace import Pace
from device.audio.safety.note_guard import NoteGuard
from device.audio.scheduler import LATEST_S, PacedBar, Scheduler, Strike
from device.config import Limits, Prescription, SessionConfig
from device.messages import VOICES, Manner, Note, Performance, PlayedBar
from tests.device.audio.rig import note

SFREQ_HZ = 48_000
CONFIG = SessionConfig(session_id="test", seed=7, run_dir="", session_dir="", models_dir="")
LEGATO = Manner(loudness_db=-6.0, density=0.5, articulation=1.0)
STACCATO = Manner(loudness_db=-6.0, density=0.5, articulation=0.5)


def played(
    *notes: Note, start_frame: int = 0, n_frames: int = 192_000, bar_index: int = 0, manner: Manner | None = None
) -> PlayedBar:
    tempo_bpm = 4 * 60 * SFREQ_HZ / n_frames
    return PlayedBar(
        t_ns=0,
        bar_index=bar_index,
        start_frame=start_frame,
        n_frames=n_frames,
        beats=4,
        tempo_bpm=tempo_bpm,
        tempo_from_bpm=tempo_bpm,
        tempo_to_bpm=tempo_bpm,
        loudness_db=0.0,
        brightness=0.5,
        programs={"melody": 11, "bass": 32},
        notes=notes,
        manner=manner,
        generator="test",
    )


def strikes_of(bar: PlayedBar) -> list[Strike]:
    pace = Pace(bar.start_frame, 0.0, bar.tempo_from_bpm, bar.tempo_to_bpm, 2.0, SFREQ_HZ)
    return PacedBar(bar, pace, bar.manner).strikes(7)


class Tape:
    """An instrument that writes down at which frame it was told what."""

    def __init__(self) -> None:
        self.frame = 0
        self.events: list[tuple[int, str, tuple[int, ...]]] = []

    def program(self, channel: int, program: int) -> None:
        self.events.append((self.frame, "program", (channel, program)))

    def brighten(self, brightness: float) -> None:
        self.brightness = brightness

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.events.append((self.frame, "on", (channel, pitch, velocity)))

    def note_off(self, channel: int, pitch: int) -> None:
        self.events.append((self.frame, "off", (channel, pitch)))

    def pedal(self, channel: int, *, down: bool) -> None:
        self.events.append((self.frame, "pedal", (channel, down)))

    def render(self, block: np.ndarray, first: int, last: int) -> None:
        assert 0 <= first <= last <= len(block)
        block[first:last] = 1.0
        self.frame += last - first

    def frames(self, kind: str) -> list[int]:
        return [frame for frame, name, _ in self.events if name == kind]


def play(bars: list[PlayedBar], n_frames: int, block_frames: int = 1024) -> Tape:
    tape = Tape()
    scheduler = Scheduler(tape, CONFIG)
    for bar in bars:
        scheduler.add(bar)
    for first in range(0, n_frames, block_frames):
        block = np.zeros((block_frames, 2), np.float32)
        scheduler.render(block, first, LEGATO.loudness_db)
        assert block.all()
        assert tape.frame == first + block_frames
    return tape


def assert_ended(tape: Tape) -> None:
    """Every note that begins ends, once, and before its pitch begins again."""
    sounding: set[tuple[int, ...]] = set()
    for _, name, arguments in tape.events:
        if name == "on":
            assert arguments[:2] not in sounding
            sounding.add(arguments[:2])
        elif name == "off":
            sounding.remove(arguments)
    assert not sounding


def test_every_note_sounds_at_its_frame_and_ends_at_its_end() -> None:
    bar = played(note(0, 24), note(24, 24, 64), start_frame=6400)
    tape = play([bar], 200_000)
    strikes = strikes_of(bar)
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
    for strike, wanted in zip(strikes_of(bar), exact, strict=True):
        assert strike.frame % GRID_FRAMES == strike.off_frame % GRID_FRAMES == 0
        assert strike.off_frame > strike.frame
        assert strike.frame >= wanted - GRID_FRAMES / 2
    assert strikes_of(bar) == strikes_of(bar)


@given(st.lists(st.tuples(st.integers(0, 95), st.integers(1, 200), st.integers(60, 63)), max_size=12))
def test_every_note_that_begins_is_ended_once(raw: list[tuple[int, int, int]]) -> None:
    bar = played(*(Note(onset, duration, pitch, 80, "melody") for onset, duration, pitch in raw), n_frames=6400)
    tape = play([bar], 40_960)
    assert_ended(tape)


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


def turn(
    from_frame: int, manner: Manner, *, from_tick: float, tempo_bpm: float = 60.0, to_bpm: float = 60.0
) -> Performance:
    return Performance(
        t_ns=0,
        bar_index=0,
        from_frame=from_frame,
        from_tick=from_tick,
        tempo_from_bpm=tempo_bpm,
        tempo_to_bpm=to_bpm,
        manner=manner,
    )


def play_on(bar: PlayedBar, performance: Performance, n_frames: int = 256_000, loudness_db: float = -6.0) -> Tape:
    """The bar, played in another manner from the performance's frame on."""
    tape = Tape()
    scheduler = Scheduler(tape, CONFIG)
    scheduler.add(bar)
    for first in range(0, n_frames, 1024):
        if first == performance.from_frame:
            scheduler.turn(performance)
        scheduler.render(np.zeros((1024, 2), np.float32), first, loudness_db)
    return tape


def test_the_manner_it_was_composed_for_changes_nothing() -> None:
    bar = played(*(note(24 * beat, 20, 60 + beat) for beat in range(4)), manner=LEGATO)
    same = play_on(bar, turn(49_152, LEGATO, from_tick=24.576))
    assert [event for event in same.events if event[1] != "pedal"] == [
        event for event in play([bar], 256_000).events if event[1] != "pedal"
    ]


def test_shorter_articulation_cuts_what_sounds_and_shortens_what_comes() -> None:
    bar = played(note(0, 48, 60), note(48, 48, 64), manner=LEGATO)
    tape = play_on(bar, turn(49_152, STACCATO, from_tick=24.576))
    (first_on, second_on), (first_off, second_off) = tape.frames("on"), tape.frames("off")
    assert first_off == 49_152 > first_on + 0.5 * 96_000 - 700
    assert second_off - second_on == pytest.approx(48_000, abs=GRID_FRAMES)


def test_a_faster_tempo_brings_the_rest_of_the_bar_forward() -> None:
    bar = played(note(0), note(72, pitch=67), manner=LEGATO)
    tape = play_on(bar, turn(48_128, LEGATO, from_tick=24.064, to_bpm=70.0))
    plain = play([bar], 256_000)
    assert tape.frames("on")[0] == plain.frames("on")[0]
    gained_s = (plain.frames("on")[1] - tape.frames("on")[1]) / SFREQ_HZ
    assert gained_s == pytest.approx(0.5 * 0.02 * 2.0**2, rel=0.1), "two seconds at a slope of 2 % a second"


def test_thinning_leaves_what_leads_and_comes_back() -> None:
    melody = [note(24 * beat, 24, 72 + beat) for beat in range(4)]
    inner = [note(12 * half, 12, 55 + half, voice="inner") for half in range(8)]
    bar = played(*melody, *inner, manner=LEGATO)
    thin = Manner(loudness_db=-6.0, density=0.25, articulation=1.0)
    ons = [arguments for _, name, arguments in play_on(bar, turn(1024, thin, from_tick=0.512)).events if name == "on"]
    assert {pitch for channel, pitch, _ in ons if channel == 0} == {72, 73, 74, 75}
    assert len(ons) < 9
    full = Manner(loudness_db=-6.0, density=0.8, articulation=1.0)
    assert len(play_on(bar, turn(1024, full, from_tick=0.512)).frames("on")) == 12


def pedals_of(tape: Tape) -> list[tuple[int, bool]]:
    return [(frame, bool(arguments[1])) for frame, name, arguments in tape.events if name == "pedal"]


def test_the_pedal_is_held_for_legato_renewed_with_the_bass_and_lifted_at_once_for_staccato() -> None:
    bar = played(
        note(0, 48, 36, voice="bass"), note(48, 48, 43, voice="bass"), note(0, 48, voice="inner"), manner=LEGATO
    )
    pedals = pedals_of(play([bar], 256_000))
    assert [down for _, down in pedals] == [False, True, False, True]
    assert pedals[2][0] == 96_000
    lifted = play_on(bar, turn(49_152, STACCATO, from_tick=24.576))
    assert pedals_of(lifted)[-1] == (49_152, False)


def test_notes_are_struck_as_hard_as_fits_the_loudness_and_never_harder_than_prescribed() -> None:
    bar = played(note(0, velocity=80), manner=LEGATO)
    on = [
        arguments[2] for _, name, arguments in play_on(bar, turn(1 << 30, LEGATO, from_tick=0)).events if name == "on"
    ]
    soft = play_on(bar, turn(1 << 30, LEGATO, from_tick=0), loudness_db=-20.0)
    assert on == [80]
    assert [arguments[2] for _, name, arguments in soft.events if name == "on"] == [66]
    tape = Tape()
    prescription = Prescription(limits=Limits(velocity_max=50))
    scheduler = Scheduler(
        NoteGuard(tape, prescription, SFREQ_HZ),
        SessionConfig(session_id="", run_dir="", session_dir="", models_dir="", prescription=prescription),
    )
    scheduler.add(bar)
    scheduler.render(np.zeros((1024, 2), np.float32), 0, 0.0)
    assert [arguments[2] for _, name, arguments in tape.events if name == "on"] == [50]


def test_a_bar_that_is_forgotten_has_nothing_left_to_play() -> None:
    scheduler = Scheduler(Tape(), CONFIG)
    scheduler.turn(turn(0, LEGATO, from_tick=0.0))


manners = st.builds(Manner, loudness_db=st.floats(-60, 0), density=st.floats(0, 1), articulation=st.floats(0, 1))


@given(
    st.lists(
        st.tuples(st.integers(0, 95), st.integers(1, 200), st.integers(50, 60), st.sampled_from(VOICES)), max_size=12
    ),
    manners,
    st.lists(st.tuples(st.integers(1, 180), manners, st.floats(48, 120)), max_size=4),
)
def test_however_it_is_turned_every_note_that_begins_is_ended_once(
    raw: list[tuple[int, int, int, str]], composed: Manner, turns: list[tuple[int, Manner, float]]
) -> None:
    bar = played(*(Note(onset, duration, pitch, 80, voice) for onset, duration, pitch, voice in raw), manner=composed)
    tape = Tape()
    scheduler = Scheduler(NoteGuard(tape, CONFIG.prescription, SFREQ_HZ), CONFIG)
    scheduler.add(bar)
    pace = Pace(0, 0.0, 60.0, 60.0, 2.0, SFREQ_HZ)
    due = {block * 1024: (manner, bpm) for block, manner, bpm in turns}
    for first in range(0, 1_300_000, 1024):
        if first in due:
            manner, to_bpm = due[first]
            pace = pace.turned(first, to_bpm)
            scheduler.turn(turn(first, manner, from_tick=pace.tick, tempo_bpm=pace.from_bpm, to_bpm=to_bpm))
        scheduler.render(np.zeros((1024, 2), np.float32), first, -6.0)
    assert_ended(tape)
    assert tape.frames("on") == sorted(tape.frames("on"))
    assert len(tape.frames("on")) <= len(raw)
