"""Sessions of virtual listeners side by side in one picture, with what they truly felt beside what the box believed.

    python -m hardware.bench.listeners SESSION... --out PICTURE.png

The log never holds the truth. It is lived again from the seed of the session and the bars that were played, a few
seconds off, as the log does not know when the rig began.
"""

from __future__ import annotations

import argparse
import io
import math
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from device.files.outputs import write_whole
from device.sessions.figure import BLUE, GREEN, INK, ORANGE, REST_GREY, VERMILION, our_style
from device.sessions.history import Event, History
from device.sessions.reader import SessionReader
from hardware.twin.mood import Mood
from hardware.twin.profiles import PROFILES

COLUMNS = 2
TEMPO_BPM = (45.0, 105.0)
WISH_HEIGHT, WISH_STEP = -0.92, 0.13
ROWS_OF_WORDS = 3
TITLE_MAX = 66
"""Characters of a line of a title."""


class Life(NamedTuple):
    """What a listener felt second by second since the music began, and whether the headset was on."""

    seconds: np.ndarray
    arousal: np.ndarray
    is_worn: np.ndarray


def relive(history: History, seed: int) -> Life:
    """The listener of the session again, hearing the same bars."""
    mood = Mood(seed, PROFILES[history.listener])
    lead_s = max(0, math.floor(-history.seconds(_first_ns(history))))
    for bar in history.played:
        mood.at(lead_s + max(0, int(history.seconds(bar.t_ns))))
        mood.hear(bar)
    seconds = np.arange(int(history.duration_s))
    arousal = np.array([mood.at(lead_s + second).arousal for second in seconds.tolist()])
    return Life(seconds, arousal, np.array([mood.is_worn(lead_s + second) for second in seconds.tolist()]))


def _first_ns(history: History) -> int:
    """When the first sign of the listener's body came."""
    frames = [lane.quality[0][0] for lane in history.lanes() if lane.quality]
    return min(frames, default=history.began_ns)


def draw(histories: Sequence[tuple[History, Life]], path: Path) -> None:
    """One panel for each listener."""
    rows = math.ceil(len(histories) / COLUMNS)
    with our_style():
        figure = Figure(figsize=(6.4 * COLUMNS, 2.7 * rows), dpi=100, layout="constrained")
        axes = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True).ravel()
        for axis, (history, life) in zip(axes, histories, strict=False):
            _draw_listener(axis, history, life)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        drawn = io.BytesIO()
        figure.savefig(drawn)
    write_whole(path, drawn.getvalue())


def _draw_listener(axis: Axes, history: History, life: Life) -> None:
    axis.set_title(textwrap.fill(f"{history.listener}: {PROFILES[history.listener].about}", TITLE_MAX), fontsize=8.5)
    axis.set_ylim(-1.0, 1.0)
    axis.axhline(0.0, color="#CCCCCC", lw=0.6)
    axis.plot(life.seconds, life.arousal, color=GREEN, lw=1.4, label="arousal as it truly was")
    told = [(history.seconds(item.t_ns), item.arousal, item.arousal_sd) for item in history.affect if item.known]
    if told:
        at_s, mean, sd = np.array(told).T
        axis.fill_between(at_s, mean - sd, mean + sd, color=BLUE, alpha=0.12, lw=0)
        axis.plot(at_s, mean, color=BLUE, lw=1.4, label="as estimated, ± 1 sd")
    asked = history.asked()
    targets = [intent.target_arousal for _, intent in asked]
    axis.step([at_s for at_s, _ in asked], targets, INK, where="post", ls="--", lw=1.0, label="target")
    tempo = axis.twinx()
    tempo.set_ylim(*TEMPO_BPM)
    beside = tempo.step(
        [history.seconds(bar.t_ns) for bar in history.played],
        [bar.tempo_bpm for bar in history.played], ORANGE, where="post", lw=1.2,
    )  # fmt: skip
    axis.plot([], [], color=beside[0].get_color(), label="tempo in bpm (right)")
    _shade(axis, life)
    _tell(axis, [event for event in history.events() if event.text.startswith("patient")])
    axis.set_xlabel("seconds of music")


def _shade(axis: Axes, life: Life) -> None:
    """Grey where the headset was off."""
    axis.fill_between(life.seconds, -1.0, 1.0, where=~life.is_worn, color=REST_GREY, lw=0, label="headset off")


def _tell(axis: Axes, wishes: Sequence[Event]) -> None:
    """Wishes of the listener, in words that do not lie over each other."""
    for number, wish in enumerate(wishes):
        axis.plot(wish.at_s, WISH_HEIGHT - 0.03, "^", color=VERMILION, ms=4)
        height = WISH_HEIGHT + WISH_STEP * (number % ROWS_OF_WORDS)
        words = wish.text.partition(": ")[2]
        axis.text(wish.at_s, height, words, fontsize=6.5, color=VERMILION, ha="center")


def tell(history: History, life: Life) -> str:
    """A row of the report's table: what of the session can be counted."""
    told = [item for item in history.affect if item.known]
    decided = Counter(decision.decided_by for decision in history.decisions)
    wishes = sum(event.text.startswith("patient") for event in history.events())
    cells = (
        f"`{history.listener}`",
        f"{life.arousal[0]:+.2f}, {life.arousal[-1]:+.2f}",
        f"{told[0].arousal:+.2f}, {told[-1].arousal:+.2f}" if told else "unknown",
        f"{100 * len(told) / max(1, len(history.affect)):.0f} %",
        f"{history.played[-1].tempo_bpm:.0f}" if history.played else "",
        str(wishes),
        f"{100 * (1 - life.is_worn.mean()):.0f} %",
        ", ".join(f"{name} {count}" for name, count in sorted(decided.items())),
    )
    return f"| {' | '.join(cells)} |"


HEAD = """| listener | felt at first, at last | told at first, at last | known for | tempo at last | wishes | headset off | bars decided by |
|---|---|---|---|---|---|---|---|"""  # noqa: E501


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m hardware.bench.listeners", description=__doc__.partition("\n")[0])
    parser.add_argument("sessions", type=Path, nargs="+", help="folders of sessions that `isotone demo` played")
    parser.add_argument("--out", type=Path, required=True, help="the picture")
    options = parser.parse_args(argv)
    readers = [SessionReader(folder) for folder in options.sessions]
    lives = [(history := History(reader), relive(history, reader.config.seed)) for reader in readers]
    draw(lives, options.out)
    print("\n".join((HEAD, *(tell(history, life) for history, life in lives))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
