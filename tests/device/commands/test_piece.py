"""A piece is made by the box's own stages: it has their slopes, their guard and their sound."""

import itertools
import wave
from pathlib import Path

import msgspec
import pytest

from device.audio.conductor import RING_OUT_S
from device.commands.piece import Piece, Sound, Studio, Wish, length_of
from device.config import DeviceConfig, Limits, MusicConfig, Prescription, SessionConfig
from device.control.plan.journey import Journey, Point
from device.errors import SystemMissingError
from device.music import GENERATORS
from device.music.breath import rubato_of
from device.music.phrasebook import Phrasebook

CALM = Journey([Point(valence=0.4, arousal=-0.5, bar=0.0)])
UP = Journey([Point(valence=-0.6, arousal=-0.8, time_s=0.0), Point(valence=0.8, arousal=0.9, time_s=60.0)])


class Broken(Phrasebook):
    def generate(self, *_: object) -> None:  # type: ignore[override]
        raise RuntimeError("no tune")


def by(config: SessionConfig, generator: str, **changes: object) -> SessionConfig:
    device = DeviceConfig(music=MusicConfig(generator=generator))
    return msgspec.structs.replace(config, device=device, **changes)


def make(config: SessionConfig, wish: Wish) -> Piece:
    return Studio(config, wish, None, lambda _: None).compose()


def test_a_piece_has_the_bars_asked_for_and_ends_at_home(config: SessionConfig) -> None:
    piece = make(by(config, "rules"), Wish(CALM, 12))
    assert [bar.bar_index for bar in piece.played] == list(range(12))
    assert len(piece.intents) == len(piece.bars) == 12
    assert [intent.final for intent in piece.intents] == [False] * 11 + [True]
    assert {note.pitch % 12 for note in piece.played[-1].notes} == {
        (piece.bars[-1].tonic_pc + step) % 12 for step in (0, 4, 7)
    }
    assert piece.fallbacks() == []


@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_the_same_seed_gives_the_same_piece(config: SessionConfig, generator: str) -> None:
    wish = Wish(CALM, 6)
    assert make(by(config, generator), wish) == make(by(config, generator), wish)
    assert make(by(config, generator, seed=8), wish) != make(by(config, generator), wish)


def test_along_a_journey_nothing_changes_faster_than_prescribed(config: SessionConfig) -> None:
    limits = Limits()
    piece = make(by(config, "rules"), Wish(UP, 32))
    for before, after in itertools.pairwise(piece.played):
        seconds = before.n_frames / 48_000
        assert abs(after.tempo_bpm / before.tempo_bpm - 1) <= limits.tempo_slope_percent_s / 100 * seconds + 1e-9
        assert abs(after.loudness_db - before.loudness_db) <= limits.loudness_slope_db_s * seconds + 1e-9
    assert piece.played[-1].tempo_bpm > 1.4 * piece.played[0].tempo_bpm
    assert piece.intents[0].mode == "minor"
    assert piece.intents[-1].mode == "major"


def test_a_journey_in_seconds_takes_as_many_bars_as_it_needs(config: SessionConfig) -> None:
    wish = Wish(UP, 4096)
    piece = make(by(config, "phrasebook"), wish._replace(n_bars=length_of(config, wish)))
    assert 60.0 <= piece.seconds <= 68.0
    assert length_of(config, Wish(UP, 5)) == 5


def test_a_tempo_may_be_wished_inside_the_limits(config: SessionConfig) -> None:
    wished = make(by(config, "rules"), Wish(CALM, 4, 90.0)).played
    tempi = [bar.tempo_to_bpm / rubato_of(bar.bar_index, final=bar is wished[-1]) for bar in wished]
    assert tempi == pytest.approx([90.0] * len(tempi))
    fast = make(by(config, "rules", prescription=Prescription(limits=Limits(tempo_max_bpm=70.0))), Wish(CALM, 4, 300.0))
    assert all(0.9 * 70.0 < bar.tempo_to_bpm <= 70.0 for bar in fast.played)


def test_a_generator_that_fails_is_told_bar_by_bar_and_the_music_goes_on(
    config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GENERATORS, "broken", f"{__name__}:Broken")
    piece = make(by(config, "broken"), Wish(CALM, 6))
    assert all(bar.notes for bar in piece.played)
    assert len(piece.fallbacks()) == 6
    assert "broken failed" in piece.fallbacks()[0]
    assert "rules plays instead" in piece.fallbacks()[2]


def test_the_sound_is_as_long_as_the_piece_and_under_the_ceiling(config: SessionConfig, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    config = by(config, "phrasebook")
    try:
        sound = Sound(config, path)
    except SystemMissingError as error:
        pytest.skip(error.sentence)
    piece = Studio(config, Wish(CALM, 3), sound, lambda _: None).compose()
    sound.close()
    with wave.open(str(path)) as file:
        seconds = file.getnframes() / file.getframerate()
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
    assert piece.seconds + 1 < seconds < piece.seconds + RING_OUT_S + 4
    assert 1000 < max(samples) <= 32767 * 10 ** (-6 / 20)


@pytest.mark.parametrize("generator", ["rules", "phrasebook"])
def test_a_bar_of_silence_is_the_storys_and_nobody_stood_in(config: SessionConfig, generator: str) -> None:
    piece = make(by(config, generator, seed=20), Wish(CALM, 28))
    assert [bar.bar_index for bar in piece.played if bar.silent] == [20]
    assert piece.fallbacks() == []
    alone = [{note.voice for note in bar.notes} for bar in piece.played[17:20]]
    assert all(voices == {"pad"} for voices in alone)
