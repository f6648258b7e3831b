"""Composing: one interface for every generator, `generate(intent, history, rng) -> Bar`.

`GENERATORS` names what there is as `module:Class`, imported only when an intent asks for it: the phrasebook runs inside
the small audio process and must not bring the transformer's runtime with it. A new generator is one file and one line.
"""

from __future__ import annotations

GENERATORS: dict[str, str] = {
    "transformer": "device.music.transformer:Transformer",
    "rules": "device.music.rules:Rules",
    "phrasebook": "device.music.phrasebook:Phrasebook",
}
FALLBACK = "phrasebook"
"""Composed, always there, and with nothing that can fail to load."""
