"""Pieces to be looked through for faults, bar by bar: how strongly each note is struck, where phrases end, what chord.

    python -m hardware.listening.rolls compose DIR [FIRST_SEED]    # twelve pieces of the release that is imported
    python -m hardware.listening.rolls draw OUT.png DIR [DIR...]   # a row for each piece, a column for each folder

An older release composes by the same file: PYTHONPATH=OLD_TREE python -P hardware/listening/rolls.py compose DIR.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from device.commands.piece import Studio, Wish
from device.control.cues import cues_of
from device.control.plan.session_plan import State
from device.sessions.interchange import write_midi
from hardware.bench.intents import config_of, standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from export.music.midi import Piece

FIRST_SEED = 100
PLACES = {"calm": (0.4, -0.7), "dark": (-0.6, -0.3), "default": (0.0, 0.0), "lively": (0.7, 0.6)}
"""Valence and arousal."""
GENERATORS = ("transformer", "rules", "phrasebook")
SECONDS, BEATS = 64.0, 4
BARS_MAX = 24
COLOURS = {"melody": "#c0392b", "inner": "#1e8449", "bass": "#1f3a93", "pad": "#e0a030"}
OTHER = "#555555"
NAMES = ("C", "D♭", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
QUALITIES = {"maj": "", "min": "m", "dim": "°"}
NOTE_POINTS = 2.5
LOW, HIGH, VELOCITY_ROOM = 30, 96, 26
"""Pitches that are drawn, and below them the room in which velocity stands."""


def compose(folder: Path, first_seed: int = FIRST_SEED) -> None:
    """The twelve pieces as they were played, of the release that is imported: each has a seed of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (generator, (mood, place)) in enumerate(itertools.product(GENERATORS, PLACES.items())):
        config = config_of(first_seed + number, generator)
        tempo_bpm = cues_of(State(*place), config.prescription.limits).tempo_bpm
        n_bars = min(BARS_MAX, round(SECONDS * tempo_bpm / (60.0 * BEATS)))
        piece = Studio(config, Wish(standing(*place), n_bars), None, lambda _: None).compose()
        write_midi(folder / f"{number:02d} {generator} {mood}.mid", piece.played)


def draw(out: Path, folders: Sequence[Path]) -> None:
    """All pieces of the folders in one picture."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - composing needs none

    from export.music import midi  # noqa: PLC0415 - an older release composes without what is measured today

    columns = [[midi.read(path) for path in midi.find(folder)] for folder in folders]
    n_rows = max(map(len, columns))
    figure = Figure(figsize=(15 * len(columns), 3.0 * n_rows), layout="constrained")
    axes = figure.subplots(n_rows, len(columns), squeeze=False)
    for folder, column, pieces in zip(folders, axes.T, columns, strict=True):
        for axis in column[len(pieces) :]:
            axis.set_axis_off()
        for axis, piece in zip(column, pieces, strict=False):
            draw_roll(axis, piece)
            axis.set_title(f"{folder.name}: {piece.name}", loc="left", fontsize=9)
    figure.savefig(out, dpi=55)


def draw_roll(axis: Axes, piece: Piece) -> None:
    """Notes by voice, the stronger the darker; chords above, ends of the melody's phrases, velocity below."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415 - composing needs none

    from export.music.features import harmony, melody, told  # noqa: PLC0415 - as above

    shades = [(*to_rgb(COLOURS.get(name, OTHER)), 0.2 + 0.8 * min(1.0, velocity / 90.0))
              for name, velocity in zip(piece.voice.tolist(), piece.velocity.tolist(), strict=True)]  # fmt: skip
    floor = LOW - VELOCITY_ROOM
    axis.hlines(piece.pitch, piece.onset, piece.onset + piece.length, colors=shades, linewidth=NOTE_POINTS)
    axis.vlines(piece.onset, floor, floor + piece.velocity / 127.0 * (VELOCITY_ROOM - 2), colors=shades, linewidth=0.8)
    last, _ = melody.phrase_ends(piece)
    for at in last.tolist():
        axis.plot(piece.onset[at] + piece.length[at], piece.pitch[at] + 2.5, marker="|", color="black", markersize=9)
    chords, low = harmony.chords(piece, harmony.halves(piece))
    for number, (chord, pitch) in enumerate(zip(chords, low.tolist(), strict=True)):
        over = f"/{NAMES[pitch % 12]}" if chord and pitch >= 0 and pitch % 12 != chord.root_pc else ""
        text = f"{NAMES[chord.root_pc]}{QUALITIES[chord.quality]}{over}" if chord else "·"
        axis.text(harmony.halves(piece)[number] + 0.05, HIGH + 0.5, text, fontsize=6)
    for number, beat in enumerate(piece.bars[:-1].tolist()):
        axis.axvline(beat, color="black", linewidth=0.8 if number % told.WINDOW_BARS == 0 else 0.2)
        axis.text(beat + 0.05, floor + 0.5, str(number + 1), fontsize=6, color="#777777")
    axis.set_xlim(piece.bars[0], piece.bars[-1])
    axis.set_ylim(floor, HIGH + 5)
    axis.set_xticks([])
    axis.set_yticks(range(36, HIGH + 1, 12))


def main(argv: Sequence[str] | None = None) -> None:
    task, first, *rest = sys.argv[1:] if argv is None else argv
    if task == "compose":
        compose(Path(first), *map(int, rest))
    else:
        draw(Path(first), [Path(folder) for folder in rest])


if __name__ == "__main__":
    main()
