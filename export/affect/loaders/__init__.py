"""Sets that users may hold and we may not ship, read in the file formats their publishers give them."""

from __future__ import annotations

LOADERS: dict[str, str] = {
    "deap": "export.affect.loaders.deap:load",
    "dreamer": "export.affect.loaders.dreamer:load",
    "kemocon": "export.affect.loaders.kemocon:load",
    "seed": "export.affect.loaders.seed:load",
    "wesad": "export.affect.loaders.wesad:load",
}
"""load(folder: Path) -> Iterator[LabelledRecording], by the set's name."""
