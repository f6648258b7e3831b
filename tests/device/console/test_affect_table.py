from __future__ import annotations

import io

from rich.console import Console

from device.console.affect_table import show
from device.messages import AffectEstimate


def estimate(second: int, arousal: float | None, *, reasons: tuple[str, ...] = ()) -> AffectEstimate:
    return AffectEstimate(
        t_ns=second * 1_000_000_000,
        known=arousal is not None,
        valence=0.0,
        valence_sd=1.0,
        arousal=arousal or 0.0,
        arousal_sd=0.8 if arousal is not None else 1.0,
        coverage={"eeg": 0.5, "wrist": 0.0},
        calibrated=second > 1,
        reasons=reasons,
    )


LINES = [estimate(1, None, reasons=("eeg: calibrating: 1 s of 60 s",)), estimate(2, -0.5), estimate(3, 0.1)]


def shown(lines: list[AffectEstimate], *, terminal: bool = False) -> str:
    file = io.StringIO()
    show(lines, Console(file=file, force_terminal=terminal, color_system="standard" if terminal else None, width=60))
    return file.getvalue()


def test_each_second_is_a_line_and_the_end_a_summary() -> None:
    heading, first, second, third, summary = shown(LINES).splitlines()
    assert "arousal" in heading
    assert "unknown" in first
    assert "calibrating: 1 s of 60 s" in first
    assert "-0.50 ± 0.80" in second
    assert "eeg 50%, wrist 0%" in second
    assert "+0.10" in third
    assert summary == "3 s, 67% known, arousal -0.20 on average, calibrated after 2 s"


def test_what_was_never_known_is_said() -> None:
    summary = shown(LINES[:1]).splitlines()[-1]
    assert summary == "1 s, 0% known, arousal never known, never calibrated"
    assert "0 s" in shown([])


def test_only_a_terminal_is_coloured() -> None:
    assert "\x1b[" not in shown(LINES)
    assert "\x1b[" in shown(LINES, terminal=True)
