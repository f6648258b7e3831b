"""Labels to stick onto boxes and the protocol of the hand-over, as PDF by typst from one structure."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import segno
import typst

from deploy.batching.record import Batch, Written
from device.files.outputs import write_whole

HERE = Path(__file__).parent
PAPERS = ("labels", "protocol")


def write_papers(folder: Path, batch: Batch) -> None:
    """Writes `labels.pdf` and `protocol.pdf`. Raises OSError where they cannot be written."""
    told = msgspec.to_builtins(batch)
    for card, written in zip(told["cards"], batch.cards, strict=True):
        card["code"] = code_of(written)
    for name in PAPERS:
        pdf = typst.compile(HERE / f"{name}.typ", sys_inputs={"batch": json.dumps(told)}, format="pdf")
        write_whole(folder / f"{name}.pdf", pdf, 0o600)


def words_of(card: Written) -> str:
    """What a camera reads from a label: who the box is, and the beginning of its certificate's fingerprint."""
    return f"ISOTONE:{card.name.upper()}:{card.fingerprint[:16].upper()}"


def code_of(card: Written) -> str:
    """The label's QR code as a drawing (SVG)."""
    drawn = io.BytesIO()
    segno.make(words_of(card), error="q", micro=False).save(drawn, kind="svg", border=2)
    return drawn.getvalue().decode()
