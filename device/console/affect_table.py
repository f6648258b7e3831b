"""Prints what `isotone affect` shows a person: a line a second, and at the end what it comes to."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from device.console.printing import has_reader
from device.console.terminal import Terminal
from device.messages import AffectEstimate

SECOND_NS = 1_000_000_000
HEADING = "     t   arousal        valence        coverage"


def show(estimates: Iterable[AffectEstimate], console: Terminal) -> None:
    """Print each estimate as it comes, then the summary; coloured on a terminal only."""
    n_lines = n_known = 0
    total, calibrated_s = 0.0, None
    for estimate in estimates:
        if not n_lines:
            console.print(HEADING, style="bold")
        console.print(row(estimate), soft_wrap=True)
        if not has_reader():
            return
        n_lines += 1
        if estimate.known:
            n_known += 1
            total += estimate.arousal
        if estimate.calibrated and calibrated_s is None:
            calibrated_s = estimate.t_ns // SECOND_NS
    mean = f"arousal {total / n_known:+.2f} on average" if n_known else "arousal never known"
    rest = "never calibrated" if calibrated_s is None else f"calibrated after {calibrated_s} s"
    share = n_known / n_lines if n_lines else 0.0
    console.print(f"{n_lines} s, {share:.0%} known, {mean}, {rest}", style="bold", soft_wrap=True, highlight=False)


def row(estimate: AffectEstimate) -> Text:
    """One estimate in words: `unknown` where it is, and why."""
    text = Text(f"{estimate.t_ns // SECOND_NS:6d}   ")
    if estimate.known:
        style = "red" if estimate.arousal > 0 else "green"
        text.append(f"{estimate.arousal:+.2f} ± {estimate.arousal_sd:.2f}", style)
    else:
        text.append("unknown     ", "yellow")
    text.append(f"   {estimate.valence:+.2f} ± {estimate.valence_sd:.2f}   ")
    text.append(", ".join(f"{name} {share:.0%}" for name, share in estimate.coverage.items()))
    if estimate.reasons:
        text.append("   " + "; ".join(estimate.reasons), "dim")
    return text
