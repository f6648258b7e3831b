"""Which pieces of the open corpora the composer is trained on, by what `export.music.corpus` keeps from it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from export.music.corpus import held_out
from export.music.midi import ANNOTATIONS

Split = Literal["held-out", "training", "unknown"]
MANIFEST = "manifest_music.csv"


def splits(paths: Sequence[Path]) -> list[Split]:
    """The split of POP909 (held out by song) and of OpenScore Lieder (by composer); other pieces are unknown."""
    composers: dict[Path, dict[str, str]] = {}
    found: list[Split] = []
    for path in paths:
        folder = path.resolve().parent
        if folder not in composers:
            composers[folder] = _composers(folder)
        group = composers[folder].get(path.name) or (path.stem if _is_annotated(folder) else "")
        found.append("unknown" if not group else "held-out" if held_out(group) else "training")
    return found


def _is_annotated(folder: Path) -> bool:
    return folder.with_name(folder.name + ANNOTATIONS).is_dir()


def _composers(folder: Path) -> dict[str, str]:
    manifest = folder.parent.parent / MANIFEST
    if not manifest.is_file():
        return {}
    with manifest.open(newline="", encoding="utf-8") as rows:
        return {Path(row["file"]).name: row["composer"] for row in csv.DictReader(rows) if row["composer"]}
