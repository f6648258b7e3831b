"""The live view: signal quality, affect with its uncertainty, phase, what plays and why, time left."""

from __future__ import annotations

import math
import textwrap

from rich.align import Align
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from device import messages as m
from device.runtime.board import Board

AXIS_CELLS_MAX = 41
AXIS_CELLS_MIN = 9
AXIS_BESIDE = 28
"""Columns of half a terminal that frames, names and figures beside an axis take."""
STATE_STYLE = {"streaming": "green", "connecting": "yellow", "silent": "yellow", "lost": "red", "failed": "red"}
PITCH_NAMES = ("C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B")
BLOCKS = " ▁▂▃▄▅▆▇█"
TALL_LINES = 34
"""On a terminal with fewer lines a sensor that is well has no sentence and the header no frame: what is left is for the
music and who decides."""


def render(board: Board, title: str, keys: str, n_columns: int, n_lines: int) -> RenderableType:
    """The view on a terminal of that size: what has no room is cut above the keys, never the keys."""
    told = [row for line in keys.splitlines() for row in textwrap.wrap(line, n_columns)]
    is_terse = n_lines < TALL_LINES
    body = Table.grid(expand=True, padding=(0, 1))
    body.add_column(ratio=1)
    body.add_column(ratio=1)
    body.add_row(_signals(board, terse=is_terse), _feeling(board, n_columns))
    body.add_row(_music(board), _sound(board))
    view = Layout()
    panels = Layout(Group(_header(board, title, terse=is_terse), body, _events(board)))
    view.split_column(panels, Layout(Text("\n".join(told), style="dim"), size=len(told)))
    return view


def minutes(seconds: float) -> str:
    seconds = max(0, round(seconds))
    return f"{seconds // 60}:{seconds % 60:02d}"


def _header(board: Board, title: str, *, terse: bool) -> RenderableType:
    intent = board.intent
    left_s = 0.0
    if intent:
        left_s = max(0.0, intent.session_left_s - max(0.0, (board.now_ns - intent.t_ns) / 1e9))
    total_s = board.elapsed_s() + left_s
    row = Table.grid(expand=True)
    row.add_column()
    row.add_column(justify="center", ratio=1)
    row.add_column(justify="right")
    phase = Text(intent.phase.upper() if intent else "STARTING", style="bold cyan")
    row.add_row(Text(title, style="bold"), phase, Text(f"{minutes(left_s)} left" if intent else "", style="bold"))
    lines = Table.grid(expand=True)
    lines.add_row(row)
    lines.add_row(ProgressBar(total=max(1.0, total_s), completed=board.elapsed_s()))
    return lines if terse else Panel(lines, padding=(0, 1))


def _signals(board: Board, *, terse: bool) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for name in sorted(board.sources):
        status = board.sources[name]
        battery = f" · battery {status.battery_percent} %" if status.battery_percent >= 0 else ""
        told = Text("" if terse and status.state == "streaming" else status.sentence + battery, overflow="fold")
        table.add_row(Text(f"● {name}", style=STATE_STYLE[status.state]), told or Text(_samples(board, name)))
        if not terse:
            table.add_row("", Text(_samples(board, name), style="dim"))
        for (source, _), frame in sorted(board.features.items()):
            if source == name and board.is_fresh("features", frame):
                table.add_row("", _quality(frame))
    return Panel(table, title="Signals", title_align="left", padding=(0, 1))


def _samples(board: Board, source: str) -> str:
    """What came of each of its signals: `eeg 2500, ppg 640 samples, 3 lost`."""
    came = {kind: got for (name, kind), (got, _) in board.samples.items() if name == source}
    told = ", ".join(f"{kind} {got}" if len(came) > 1 else str(got) for kind, got in came.items()) or "0"
    return f"{told} samples, {board.lost_of(source)} lost"


def _quality(frame: m.FeatureFrame) -> Text:
    text = Text()
    for channel, quality in zip(frame.ch_names, frame.quality, strict=True):
        style = "green" if quality > 0.7 else "yellow" if quality > 0.3 else "red"
        text.append(f"{channel} ", style="dim")
        text.append(BLOCKS[min(8, round(quality * 8))] + " ", style=style)
    if frame.reasons:
        text.append("\n" + "; ".join(frame.reasons[:2]), style="yellow")
    return text


def _axis(mean: float, deviation: float, target: float | None, n_cells: int, *, known: bool) -> Text:
    """An axis from -1 to 1 as a line: the band is mean ± one deviation, `┃` the mean, `◆` the target."""

    def cell(value: float) -> int:
        return round((min(1.0, max(-1.0, value)) + 1) / 2 * (n_cells - 1))

    cells = ["·"] * n_cells
    styles = ["dim"] * n_cells
    if known:
        for index in range(cell(mean - deviation), cell(mean + deviation) + 1):
            cells[index], styles[index] = "━", "cyan"
        cells[cell(mean)], styles[cell(mean)] = "┃", "bold cyan"
    if target is not None and math.isfinite(target):
        cells[cell(target)], styles[cell(target)] = "◆", "bold magenta"
    text = Text()
    for character, style in zip(cells, styles, strict=True):
        text.append(character, style=style)
    return text


def _feeling(board: Board, n_columns: int) -> RenderableType:
    affect = board.affect
    fresh = board.is_fresh("affect", affect)
    n_cells = min(AXIS_CELLS_MAX, max(AXIS_CELLS_MIN, n_columns // 2 - AXIS_BESIDE))
    table = Table.grid(padding=(0, 1))
    for name in ("arousal", "valence"):
        mean = getattr(affect, name) if affect else 0.0
        deviation = getattr(affect, f"{name}_sd") if affect else 1.0
        target = board.target(name)
        known = bool(affect and fresh and affect.known)
        figure = f"{mean:+.2f} ± {deviation:.2f}" if known else "unknown"
        table.add_row(name, _axis(mean, deviation, target, n_cells, known=known), figure)
    reasons = "; ".join(affect.reasons) if affect else "no estimate yet"
    legend = (
        Text("calm ← 0 → load   ", style="dim").append("┃ estimate ", style="cyan").append("◆ goal", style="magenta")
    )
    return Panel(
        Group(table, legend, Text(reasons, style="yellow", overflow="fold")),
        title="Listener",
        title_align="left",
        padding=(0, 1),
    )


def _music(board: Board) -> RenderableType:
    played, intent = board.played, board.intent
    lines: list[RenderableType] = []
    if played and intent:
        key = f"{PITCH_NAMES[intent.tonic_pc % 12]} {intent.mode}"
        lines.append(Text(f"bar {played.bar_index} · {played.generator} · {key} · {played.tempo_bpm:.0f} bpm"))
        lines.extend(_people(board))
        who = f"{board.decided_by} decides" if board.decided_by else "why"
        lines.append(Text(f"{who}: {board.why}", overflow="fold"))
        lines.append(
            Text(
                f"density {intent.density:.2f} · register {intent.register_midi:.0f} · "
                f"loudness {played.loudness_db:+.1f} dB · brightness {played.brightness:.2f}",
                style="dim",
            )
        )
        roll = Text("rest", style="bold magenta") if played.silent else Text(_roll(played), style="green")
        roll.no_wrap, roll.overflow = True, "crop"
        lines.append(roll)
        lines.extend(Text(f"guard: {reason}", style="yellow") for reason in played.guarded[:2])
    else:
        lines.append(Align.center(Text("the first bar is being prepared", style="dim")))
    return Panel(Group(*lines), title="Music", title_align="left", padding=(0, 1))


def _people(board: Board) -> list[RenderableType]:
    """What people hold, and what waits for their word."""
    decision, lines = board.decision, list[RenderableType]()
    if decision is None:
        return lines
    if decision.by_hand:
        lines.append(Text("the therapist leads by hand (t hands back)", style="bold yellow"))
    if decision.context.locks:
        lines.append(Text(f"held: {', '.join(decision.context.locks)}", style="yellow"))
    if pending := decision.pending:
        left_s = max(0.0, pending.left_s - (board.now_ns - decision.t_ns) / 1e9)
        words = f"proposal {pending.id}: {pending.words} · {left_s:.0f} s left · a approve  j reject"
        lines.append(Text(words, style="bold yellow"))
    elif decision.approve_first:
        lines.append(Text("proposals wait for approval; none is pending", style="yellow"))
    return lines


def _roll(played: m.PlayedBar, cells: int = 48) -> str:
    """The bar in one line: height is pitch."""
    top: list[int] = [0] * cells
    length = played.beats * m.TICKS_PER_BEAT
    for note in played.notes:
        if note.voice == "melody" or not any(top):
            first = min(cells - 1, note.onset_tick * cells // length)
            last = min(cells, first + max(1, note.duration_tick * cells // length))
            top[first:last] = [max(1, min(8, (note.pitch - 40) // 6))] * (last - first)
    return "".join(BLOCKS[height] for height in top)


def _sound(board: Board) -> RenderableType:
    audio = board.audio
    table = Table.grid(padding=(0, 1))
    if audio:
        level = round((max(-60.0, min(0.0, audio.rms_dbfs)) + 60) / 60 * 24)
        table.add_row("level", Text("█" * level + "░" * (24 - level), style="green"), f"{audio.rms_dbfs:.0f} dBFS")
        table.add_row("peak", f"{audio.peak_dbfs:.1f} dBFS, limiter {audio.limiter_db:.1f} dB", "")
        table.add_row("out", f"{audio.sink} · {audio.state}", "")
        table.add_row("faults", f"{audio.underruns} underruns · {audio.late_bars} late bars", "")
    memory = sum(health.rss_mb for health in board.health.values())
    table.add_row("system", f"{len(board.health)} processes, {memory:.0f} MB", "")
    return Panel(table, title="Sound", title_align="left", padding=(0, 1))


def _events(board: Board) -> RenderableType:
    lines = [
        Text(f"{minutes((t_ns - board.began_ns) / 1e9) if board.began_ns else '0:00':>6}  {text}", overflow="ellipsis")
        for t_ns, text in list(board.events)[-6:]
    ]
    return Panel(Group(*lines) if lines else Text("-"), title="Events", title_align="left", padding=(0, 1))
