import os
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from device.messages import Note, PlayedBar
from device.sessions.score import Score, chord_of, draw_score
from device.sessions.wav import WavSeries
from tests.device.music.intents import intent

S = 1_000_000_000


def bar(index: int, *pitches: int) -> PlayedBar:
    return PlayedBar(
        t_ns=4 * S * index,
        bar_index=index,
        start_frame=8000 + 32_000 * index,
        n_frames=32_000,
        beats=4,
        tempo_bpm=60.0,
        tempo_from_bpm=60.0,
        tempo_to_bpm=60.0,
        loudness_db=-9.0,
        brightness=0.5,
        programs={"melody": 0},
        notes=tuple(Note(0, 96, pitch, 80, "pad") for pitch in pitches),
        generator="g",
    )


def score(n_bars: int) -> Score:
    intents = [intent(index, tonic_pc=0 if index < 8 else 7) for index in range(n_bars)]
    return Score("a piece", intents, [bar(index, 48, 64, 67) for index in range(n_bars)], "A" * 8 + "B" * (n_bars - 8))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: figures.append(self))
    return figures


def texts(drawing: Figure) -> list[str]:
    return [text.get_text().strip() for axis in drawing.axes for text in axis.texts]


def test_sections_keys_and_chords_are_written(drawn: list[Figure]) -> None:
    draw_score(score(16), Path("x.png"))
    said = texts(drawn[0])
    assert "A  C major" in said
    assert "B  G major" in said
    assert said.count("C") == 16
    assert len(drawn[0].axes) == 2


def test_a_long_piece_leaves_its_chords_out(drawn: list[Figure]) -> None:
    draw_score(score(80), Path("x.png"))
    assert "C" not in texts(drawn[0])
    assert "A  C major" in texts(drawn[0])


def test_the_sound_is_drawn_below_even_where_it_is_silent(tmp_path: Path) -> None:
    wav = WavSeries(tmp_path / "x.wav", 8000)
    tone = np.sin(np.arange(8000 * 30) * 2 * np.pi * 440 / 8000)[:, None] * [3000, 3000]
    wav.write(tone.astype("<i2").tobytes())
    wav.write_silence(8000 * 4)
    wav.close()
    draw_score(score(8), tmp_path / "x.png", tmp_path / "x.wav")
    assert matplotlib.image.imread(tmp_path / "x.png").shape[0] > 900


def test_chords_are_named() -> None:
    assert [chord_of(bar(0, *pitches)) for pitches in ((48, 64, 67), (45, 60, 64), (47, 62, 65), ())] == [
        "C", "Am", "Bdim", ""
    ]  # fmt: skip


def test_chords_are_spelt_as_musicians_spell_them() -> None:
    assert [chord_of(bar(0, *pitches)) for pitches in ((49, 65, 68), (49, 64, 68), (56, 59, 63), (58, 62, 65))] == [
        "Db", "C#m", "G#m", "Bb"
    ]  # fmt: skip


def test_hours_of_music_are_drawn_in_little_memory(tmp_path: Path) -> None:
    program = (
        "import os, resource, sys, pathlib\n"
        "from tests.device.sessions.test_score import score\n"
        "from device.sessions.score import draw_score\n"
        "from device.sessions.wav import header\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "n_bytes = 4 * 8000 * 4 * 1500\n"
        "(folder / 'x.wav').write_bytes(header(n_bytes, 8000))\n"
        "os.truncate(folder / 'x.wav', 44 + n_bytes)\n"
        "piece = score(1500)\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (900_000_000, 900_000_000))\n"
        "draw_score(piece, folder / 'x.png', folder / 'x.wav')\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    house = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, env=house, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-800:]
    height, width, _ = matplotlib.image.imread(tmp_path / "x.png").shape
    assert (height, width) == (1045, 4400)


def test_only_some_of_many_sections_are_named(drawn: list[Figure]) -> None:
    draw_score(score(1600), Path("x.png"))
    assert len(texts(drawn[0])) <= 100
