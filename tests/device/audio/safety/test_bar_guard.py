import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.audio.safety.bar_guard import BEATS_MAX, BEATS_MIN, drop_malformed, guard_bar, thin
from device.audio.safety.limits import (
    RING_BEATS,
    SILENT_DB,
    Ramp,
    allowed_programs,
    guard_intent,
    guard_loudness,
    guard_pitch,
    guard_share,
    guard_target,
    guard_tempo,
)
from device.config import Limits, Prescription
from device.messages import TICKS_PER_BEAT, VOICES, Bar, MusicIntent, Note
from tests.device.audio.rig import bar, intent, note

PLAIN = Prescription()
whole = st.integers(-(2**40), 2**40)
near = st.integers(-200, 400)
notes = st.builds(
    Note,
    onset_tick=whole | near,
    duration_tick=whole | near,
    pitch=whole | near,
    velocity=whole | near,
    voice=st.sampled_from([*VOICES, "drums", ""]),
)
bars = st.builds(
    Bar,
    t_ns=st.just(0),
    bar_index=whole,
    beats=st.integers(-5, 20) | whole,
    tempo_bpm=st.floats(),
    tonic_pc=near,
    mode=st.sampled_from(["major", "minor"]),
    programs=st.dictionaries(st.sampled_from([*VOICES, "drums"]), near),
    notes=st.lists(notes, max_size=60).map(tuple),
    generator=st.text(max_size=3),
    seed=whole,
)
limits = st.builds(
    Limits,
    tempo_min_bpm=st.floats(20, 90),
    tempo_max_bpm=st.floats(90, 200),
    tempo_slope_percent_s=st.floats(0.1, 10),
    loudness_max_db=st.floats(-40, 0),
    density_max=st.floats(0, 1),
    notes_per_beat_max=st.floats(0.1, 12),
    velocity_max=st.integers(1, 127),
    pitch_min=st.integers(0, 60),
    pitch_max=st.integers(61, 127),
)
prescriptions = st.builds(
    Prescription,
    limits=limits,
    programs=st.dictionaries(st.sampled_from(VOICES), st.integers(0, 127)),
    never_programs=st.lists(st.sampled_from([0, 11, 32, 89, 5]), max_size=4).map(tuple),
)


@given(bars, st.floats(), prescriptions)
def test_whatever_comes_in_what_goes_out_is_inside_the_limits(
    given_bar: Bar, tempo_bpm: float, prescription: Prescription
) -> None:
    limits = prescription.limits
    out, changes = guard_bar(given_bar, tempo_bpm, prescription)
    assert BEATS_MIN <= out.beats <= BEATS_MAX
    assert limits.tempo_min_bpm <= out.tempo_bpm <= limits.tempo_max_bpm
    assert set(out.programs.values()) <= set(allowed_programs(prescription))
    in_beat = [0] * out.beats
    for item in out.notes:
        assert limits.pitch_min <= item.pitch <= limits.pitch_max
        assert 1 <= item.velocity <= limits.velocity_max
        assert 1 <= item.duration_tick <= RING_BEATS * TICKS_PER_BEAT
        assert item.voice in out.programs
        in_beat[item.onset_tick // TICKS_PER_BEAT] += 1
    assert max(in_beat) <= max(1, limits.notes_per_beat_max)
    assert len(out.notes) <= max(1, limits.density_max * limits.notes_per_beat_max * out.beats)
    changed = (given_bar.beats, tempo_bpm) != (out.beats, out.tempo_bpm) or set(given_bar.notes) != set(out.notes)
    assert bool(changes) or not changed


@given(bars, prescriptions)
def test_what_was_guarded_once_passes_unchanged(given_bar: Bar, prescription: Prescription) -> None:
    once = guard_bar(given_bar, given_bar.tempo_bpm, prescription).bar
    twice, changes = guard_bar(once, once.tempo_bpm, prescription)
    assert twice == once
    assert changes == ()


def test_a_bar_within_the_limits_is_left_alone() -> None:
    asked = bar(0, note(0, 96, 48, 70, "bass"), note(0, 24, 64), note(24, 24, 65), note(95, 24, 67, 100))
    out, changes = guard_bar(asked, 66.0, PLAIN)
    assert out == asked
    assert changes == ()


@pytest.mark.parametrize(
    ("wanted", "tempo"),
    [(66.0, 66.0), (48.0, 48.0), (120.0, 120.0), (300.0, 120.0), (1.0, 48.0), (math.nan, 48.0), (math.inf, 48.0)],
)
def test_tempo(wanted: float, tempo: float) -> None:
    assert guard_tempo(wanted, PLAIN.limits) == tempo


@pytest.mark.parametrize(
    ("pitch", "sounds"), [(28, 28), (27, 39), (15, 39), (16, 28), (96, 96), (97, 85), (109, 85), (108, 96), (60, 60)]
)
def test_a_pitch_outside_the_range_moves_by_the_fewest_octaves(pitch: int, sounds: int) -> None:
    assert guard_pitch(pitch, PLAIN.limits) == sounds


def test_a_range_narrower_than_an_octave_holds_too() -> None:
    narrow = Limits(pitch_min=60, pitch_max=62)
    assert guard_pitch(40, narrow) == 62
    assert guard_pitch(80, narrow) == 60


def test_a_range_the_wrong_way_round_is_still_a_range() -> None:
    wrong = Limits(pitch_min=96, pitch_max=28, tempo_min_bpm=120, tempo_max_bpm=48)
    assert guard_pitch(97, wrong) == 85
    assert guard_tempo(200.0, wrong) == 120.0
    assert guard_tempo(20.0, wrong) == 48.0


@pytest.mark.parametrize(
    ("bad", "stays"),
    [
        (note(onset=0), True),
        (note(onset=-1), False),
        (note(onset=95), True),
        (note(onset=96), False),
        (note(duration=1), True),
        (note(duration=0), False),
        (note(pitch=0), True),
        (note(pitch=-1), False),
        (note(pitch=127), True),
        (note(pitch=128), False),
        (note(velocity=1), True),
        (note(velocity=0), False),
        (note(velocity=127), True),
        (note(velocity=128), False),
        (note(voice="drums"), False),
    ],
)
def test_a_malformed_note_is_dropped_and_that_is_said(bad: Note, stays: bool) -> None:
    changes: list[str] = []
    kept = drop_malformed([bad, note()], 4, {"melody": 0}, changes)
    assert kept == ([bad, note()] if stays else [note()])
    assert changes == ([] if stays else ["1 notes left out: malformed"])


def test_notes_are_brought_into_velocity_and_length() -> None:
    out, changes = guard_bar(bar(0, note(velocity=101, duration=385), note(24)), 66.0, PLAIN)
    assert out.notes == (note(velocity=100, duration=384), note(24))
    assert changes == ("1 notes brought into the limits of pitch, velocity and length",)


def test_a_beat_that_is_too_dense_keeps_what_leads() -> None:
    chord = [note(24, 24, 60 + step, 50, "pad") for step in range(8)]
    melody, bass = note(24, pitch=80, velocity=40), note(30, pitch=40, velocity=40, voice="bass")
    kept = thin([*chord, melody, bass], 4, PLAIN.limits)
    assert len(kept) == 8
    assert {melody, bass} <= set(kept)
    assert kept == sorted(kept, key=lambda item: (item.onset_tick, item.pitch))


def test_within_a_voice_the_loud_then_the_early_note_is_kept() -> None:
    one = Limits(notes_per_beat_max=1)
    assert thin([note(0, velocity=50), note(3, velocity=60)], 4, one) == [note(3, velocity=60)]
    assert thin([note(3), note(0)], 4, one) == [note(0)]
    assert thin([note(0, pitch=62), note(0, pitch=60)], 4, one) == [note(0, pitch=60)]


def test_a_bar_holds_as_many_notes_as_its_density_allows() -> None:
    dense = [note(onset, 6, 60 + onset % 7) for onset in range(0, 96, 3)]
    assert len(thin(dense, 4, PLAIN.limits)) == math.floor(0.9 * 8 * 4)
    assert len(thin(dense, 4, Limits(density_max=0.0))) == 1
    assert len(thin(dense, 4, Limits(density_max=0.5, notes_per_beat_max=2))) == 4


def test_a_tempo_that_is_held_and_notes_that_are_too_many_are_told_in_words() -> None:
    dense = [note(onset, 6, 60 + onset % 7) for onset in range(0, 96, 3)]
    _, changes = guard_bar(bar(0, *dense), 300.4, PLAIN)
    assert changes == ("tempo 300 held at 120.0 bpm", "4 notes left out: too dense")


def test_an_instrument_that_was_not_chosen_is_replaced_by_the_one_that_was() -> None:
    prescription = Prescription(programs={"melody": 11, "inner": 0, "bass": 32, "pad": 89})
    out, changes = guard_bar(bar(0, programs={"melody": 77, "pad": 89}), 66.0, prescription)
    assert out.programs == {"melody": 11, "inner": 0, "bass": 32, "pad": 89}
    assert changes == ("instrument 77 of melody is not allowed",)


def test_a_forbidden_instrument_never_sounds_even_where_it_is_prescribed() -> None:
    prescription = Prescription(never_programs=(0, 89))
    out, changes = guard_bar(bar(0), 66.0, prescription)
    assert not {0, 89} & set(out.programs.values())
    assert set(out.programs) == set(VOICES)
    assert len(changes) == 3


def test_with_every_instrument_forbidden_nothing_sounds() -> None:
    prescription = Prescription(never_programs=tuple(range(128)))
    out, changes = guard_bar(bar(0, programs={"melody": 0}), 66.0, prescription)
    assert (out.notes, out.programs) == ((), {})
    assert "instrument 0 of melody is not allowed" in changes


def test_beats_are_held_and_the_notes_beyond_them_left_out() -> None:
    out, changes = guard_bar(bar(0, note(0), note(300), beats=10**9), 66.0, PLAIN)
    assert out.beats == 12
    assert out.notes == (note(0),)
    assert "1000000000 beats made 12" in changes
    assert guard_bar(bar(0, beats=1), 66.0, PLAIN).bar.beats == 2


def test_loudness_stays_below_the_prescription() -> None:
    limits = Limits(loudness_max_db=-6.0)
    wanted = [0.0, -6.0, -6.5, -1000.0, math.inf, -math.inf, math.nan]
    assert [guard_loudness(value, limits) for value in wanted] == [-6, -6, -6.5, -60, -6, -60, -60]


def test_a_share_stays_a_share() -> None:
    assert [guard_share(value) for value in (-1.0, 0.25, 2.0, math.nan)] == [0.0, 0.25, 1.0, 0.0]


intents = st.builds(
    msgspec.structs.replace,
    st.just(intent(3)),
    tempo_bpm=st.floats(),
    density=st.floats(),
    register_midi=st.floats(),
    loudness_db=st.floats(),
    brightness=st.floats(),
    articulation=st.floats(),
    target_valence=st.floats(),
    target_arousal=st.floats(),
    voice_levels=st.dictionaries(st.sampled_from(VOICES), st.floats()),
    tonic_pc=whole,
)


@given(intents, limits)
def test_whatever_is_wished_the_phrasebook_can_follow(wish: MusicIntent, limits: Limits) -> None:
    out = guard_intent(wish, limits)
    assert limits.tempo_min_bpm <= out.tempo_bpm <= limits.tempo_max_bpm
    assert 0 <= out.density <= limits.density_max
    assert limits.pitch_min <= out.register_midi <= limits.pitch_max
    assert SILENT_DB <= out.loudness_db <= limits.loudness_max_db
    assert 0 <= out.brightness <= 1
    assert 0 <= out.articulation <= 1
    assert -1 <= out.target_valence <= 1
    assert -1 <= out.target_arousal <= 1
    assert all(0 <= level <= 1 for level in out.voice_levels.values())
    assert 0 <= out.tonic_pc < 12


def test_a_wish_within_the_limits_is_left_alone() -> None:
    wish = intent(3, target_valence=-0.7, target_arousal=0.9, voice_levels={"pad": 0.3})
    assert guard_intent(wish, PLAIN.limits) == wish


def test_a_target_that_is_no_number_is_neither_way_and_one_beyond_the_scale_is_its_end() -> None:
    assert [guard_target(target) for target in (math.nan, math.inf, -math.inf, 1.5, -0.2)] == [
        0.0,
        1.0,
        -1.0,
        1.0,
        -0.2,
    ]


def test_a_bar_of_ten_thousand_notes_is_as_many_as_are_prescribed_and_says_so() -> None:
    flood = [note(onset=number % 96, pitch=number % 128, velocity=1 + number % 127) for number in range(10_000)]
    guarded, changes = guard_bar(bar(3, *flood), 66.0, PLAIN)
    per_bar = PLAIN.limits.density_max * PLAIN.limits.notes_per_beat_max * 4
    assert 0 < len(guarded.notes) <= per_bar
    assert any("notes left out: too dense" in change for change in changes)


@given(st.floats(-60, 0), st.floats(-60, 0))
def test_a_ramp_ends_at_its_target_to_the_last_bit(start: float, target: float) -> None:
    assert Ramp(0, start, target, 0.01).at(10_000) == target


def test_a_ramp_reaches_its_target_in_a_straight_line_and_stays() -> None:
    ramp = Ramp(100, 0.0, -3.0, 0.01)
    assert [ramp.at(frame) for frame in (0, 100, 200, 400, 9999)] == pytest.approx([0, 0, -1, -3, -3])
    assert Ramp(0, -3.0, 0.0, 0.01).at(200) == pytest.approx(-1.0)


@given(st.lists(st.tuples(st.integers(1, 5000), st.floats(-60, 0)), min_size=1, max_size=10))
def test_a_ramp_is_never_steeper_than_its_slope_however_often_it_turns(turns: list[tuple[int, float]]) -> None:
    ramp, frame = Ramp(0, -12.0, -12.0, 0.001), 0
    for step, target in turns:
        ramp = ramp.towards(target, frame)
        assert abs(ramp.at(frame + step) - ramp.at(frame)) <= 0.001 * step + 1e-9
        frame += step


def test_the_guard_leaves_the_rest_of_the_bar_as_it_is() -> None:
    asked = bar(5, intent_revision=2, reason="why", tempo_bpm=500.0)
    out = guard_bar(asked, 500.0, PLAIN).bar
    assert msgspec.structs.replace(out, tempo_bpm=500.0) == asked
