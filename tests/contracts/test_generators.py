"""Contract of every row of GENERATORS: exact bars, in range, steered, repeatable, in time."""

import time
from pathlib import Path

import pytest

from device.config import Limits, SessionConfig
from device.files.models import MODELS_DIR
from device.messages import TICKS_PER_BEAT, Bar, Metre
from device.music import GENERATORS
from device.music.generator import Generator, open_generator
from device.music.metre import LAYOUTS, layout_of
from device.music.theory import VOICES
from device.music.tokens import RING_TICKS, THIRD_TICKS
from device.stage import keyed_random
from tests.device.music.intents import intent, mean_pitch, notes_per_bar, write

N_BARS = 16
DEADLINE_SHARE = 0.5
"""Share of a bar's duration that the slowest bar may take; generous, since tests share a machine."""


@pytest.fixture
def config(tmp_path: Path) -> SessionConfig:
    return SessionConfig(
        session_id="test", seed=7, run_dir=str(tmp_path), session_dir=str(tmp_path), models_dir=str(MODELS_DIR)
    )


@pytest.fixture(params=sorted(GENERATORS))
def generator(request: pytest.FixtureRequest, config: SessionConfig) -> Generator:
    return open_generator(request.param, config)


@pytest.fixture(params=LAYOUTS)
def metre(request: pytest.FixtureRequest) -> Metre:
    metre: Metre = request.param
    return metre


@pytest.fixture
def bars(generator: Generator, config: SessionConfig, metre: Metre) -> list[Bar]:
    return write(generator, config, N_BARS, tempo_bpm=71.3, density=0.5, metre=metre)


def test_a_bar_is_exactly_one_bar_of_the_asked_metre_tempo_key_and_mode(bars: list[Bar], metre: Metre) -> None:
    layout = LAYOUTS[metre]
    for index, bar in enumerate(bars):
        assert (bar.bar_index, bar.tempo_bpm, bar.tonic_pc, bar.mode) == (index, 71.3, 2, "major")
        assert (bar.metre, bar.beats) == (metre, layout.beats)
        assert layout_of(bar) == layout
        for note in bar.notes:
            assert 0 <= note.onset_tick < layout.ticks
            assert 1 <= note.duration_tick <= 2 * layout.ticks


def test_what_accompanies_ends_with_its_bar_and_what_swings_is_in_thirds(bars: list[Bar], metre: Metre) -> None:
    for bar in bars:
        for note in bar.notes:
            ends = note.onset_tick + note.duration_tick
            assert ends <= LAYOUTS[metre].ticks + (RING_TICKS if note.voice == "melody" else TICKS_PER_BEAT)
            assert metre != "6/8" or note.onset_tick % THIRD_TICKS == 0


def test_notes_keep_to_range_and_voices(bars: list[Bar]) -> None:
    limits = Limits()
    for bar in bars:
        assert bar.notes
        assert set(bar.programs) == set(VOICES)
        for note in bar.notes:
            assert limits.pitch_min <= note.pitch <= limits.pitch_max
            assert 1 <= note.velocity <= limits.velocity_max
            assert note.voice in VOICES


def test_no_pitch_of_a_voice_is_struck_twice_at_once(bars: list[Bar]) -> None:
    for bar in bars:
        struck = [(note.onset_tick, note.voice, note.pitch) for note in bar.notes]
        assert len(set(struck)) == len(struck)


def test_density_register_and_loudness_follow_the_intent(
    generator: Generator, config: SessionConfig, metre: Metre
) -> None:
    calm = write(generator, config, N_BARS, density=0.1, register_midi=65.0, loudness_db=-20.0, metre=metre)
    lively = write(generator, config, N_BARS, density=0.8, register_midi=76.0, loudness_db=-3.0, metre=metre)
    assert notes_per_bar(lively) > 1.5 * notes_per_bar(calm)
    assert mean_pitch(lively) > mean_pitch(calm) + 4
    assert loudness(lively) > loudness(calm) + 5


def loudness(bars: list[Bar]) -> float:
    velocities = [note.velocity for bar in bars for note in bar.notes]
    return sum(velocities) / len(velocities)


def test_the_same_seed_gives_the_same_bars(request: pytest.FixtureRequest, config: SessionConfig) -> None:
    for name in GENERATORS:
        one, two = (write(open_generator(name, config), config, 6) for _ in range(2))
        assert one == two


def test_another_seed_gives_other_bars(generator: Generator, bars: list[Bar], config: SessionConfig) -> None:
    other = [generator.generate(intent(0, density=0.5), [], keyed_random(seed, "bars", 0)) for seed in range(4)]
    assert len({bar.notes for bar in other}) > 1
    assert len({bar.notes for bar in bars}) > N_BARS // 2


def test_the_final_bar_ends_on_the_tonic(generator: Generator, bars: list[Bar], config: SessionConfig) -> None:
    wish = intent(N_BARS, final=True, session_left_s=3.0, metre=bars[0].metre)
    final = generator.generate(wish, bars, keyed_random(7, "bars", N_BARS))
    assert {note.pitch % 12 for note in final.notes} <= {2, 6, 9}
    assert any(note.pitch % 12 == 2 for note in final.notes)


@pytest.mark.parametrize("case", range(24))
def test_no_wish_however_odd_breaks_a_bar(generator: Generator, case: int) -> None:
    rng = keyed_random(1, "wish", case)
    wish = intent(
        rng.randrange(500),
        tempo_bpm=rng.uniform(20.0, 300.0),
        density=rng.choice([0.0, 1.0, rng.random()]),
        register_midi=rng.uniform(20.0, 110.0),
        loudness_db=rng.uniform(-60.0, 0.0),
        articulation=rng.choice([0.0, 1.0, rng.random()]),
        mode=rng.choice(["major", "minor"]),
        metre=rng.choice(list(LAYOUTS)),
        tonic_pc=rng.randrange(12),
        session_left_s=rng.uniform(0.0, 20.0),
        final=rng.random() < 0.3,
    )
    bar = generator.generate(wish, [], rng)
    assert bar.notes
    assert all(
        28 <= note.pitch <= 96 and 0 <= note.onset_tick < layout_of(bar).ticks and note.duration_tick >= 1
        for note in bar.notes
    )


def test_a_bar_is_there_long_before_it_is_due(generator: Generator, config: SessionConfig) -> None:
    write(generator, config, 2)
    began = time.perf_counter()
    bars = write(generator, config, N_BARS, density=1.0, tempo_bpm=120.0)
    played_s = len(bars) * 4 * 60.0 / 120.0
    assert time.perf_counter() - began < DEADLINE_SHARE * played_s
