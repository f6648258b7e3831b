"""The model card of the composer: card.toml for the runtime, card.md for people."""

from __future__ import annotations

import hashlib
from pathlib import Path

from device.music import tokens as t
from export.music.model import Shape

VERSION = "0.1.0"
CARD_MD = """# composer {version}

Writes the next bar of calm music in four voices (melody, inner, bass, pad) from the bars before it and from controls
per bar: metre, mode, tempo class, density, register, loudness, valence and arousal. A decoder-only Transformer:
{layers} layers x {width}, {heads} heads, rotary positions, {context} tokens of context, {parameters:,.0f} parameters,
int8 weights per channel ({file_mb:.1f} MB). It thinks in C major and A minor; the key is applied afterwards.

## Data and licences

| set | licence | used |
|---|---|---|
| POP909, (c) 2020 Music X Lab | MIT (transcriptions; the compositions are in copyright) | all tracks, beats |
| OpenScore Lieder Corpus | CC0 1.0 | voice and piano |

Each song in three textures: as written, thinned, and laid out calmly with pads, because no openly licensed calm corpus
was found. Held out: about 6 % of the POP909 songs and of the Lieder composers. Valence and arousal are not ratings:
they are computed from the bar's own cues with published weights (Eerola, Friberg and Bresin 2013).

## Numbers

| what | value |
|---|---|
| tokens seen in training | {trained_tokens:,.0f} |
| held-out loss, nats per predicted token (float, controls told) | {held_out_nats_per_token:.3f} |
| the same for an interpolated 6-gram model trained on the same songs | {ngram_nats_per_token:.3f} |
| loss of int8 minus float, nats per token | {int8_minus_torch_nats:+.4f} |
| largest error of a logit, int8 against torch | {largest_logit_error:.3f} |
| same most likely token, int8 and torch | {argmax_agreement:.4f} |
| longest run of (interval, rhythm) shared with any training melody, 16 pieces of 32 bars | {longest_shared_run:.0f} |
| the same, median piece | {median_shared_run:.1f} |
| the same, median of unseen human songs | {median_shared_run_of_unseen_songs:.1f} |

Losses are means over all three textures, of which the calm one is the easiest to predict. Made in one run with the
corpus of that day; a rebuilt corpus differs a little. The learning curve is in curve.json; golden.npz holds tokens and
the logits this file gave for them.

## Made by

    python -m export.music.data --data DIR/open --out corpus.npz
    python -m export.music.train --data corpus.npz --out run
    python -m export.music.export --run run --data corpus.npz --out models_onnx/composer-{version}

## What it cannot do

- It was trained for about an hour on two shared processor cores and had not stopped improving.
- It has no plan beyond its context (about ten bars): no sections, no return of a theme. Phrases close by the harmony
  that decoding asks for, not by design of the model.
- Only 4/4 is asked for by the runtime; 3/4 is learned but unused. No velocity of single notes: playing shapes dynamics.
- Perceived emotion is steered by cues. Nobody has listened to it in a study, and it says nothing about felt emotion.
- Copying was looked for only in melodies written from nothing at one calm setting, by exact interval and rhythm.
"""


def write_text(folder: Path, shape: Shape, numbers: dict[str, float]) -> None:
    """card.md, for people."""
    (folder / "card.md").write_text(CARD_MD.format(version=VERSION, **shape._asdict(), **numbers), "utf-8")


def write_settings(folder: Path, shape: Shape, numbers: dict[str, float]) -> None:
    """card.toml, without which the runtime does not open the model."""
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    settings = {
        "context": shape.context,
        "layers": shape.layers,
        "heads": shape.heads,
        "head_width": shape.head_width,
        "vocabulary_size": len(t.VOCABULARY),
        "vocabulary_crc": t.VOCABULARY_CRC,
    }
    lines = [
        'name = "composer"',
        f'version = "{VERSION}"',
        'purpose = "Composes the next bar from the bars before it and the controls asked for."',
        'licence = "Apache-2.0; trained on POP909 (MIT) and OpenScore Lieder (CC0 1.0)"',
        "",
        "[files]",
        f'"model.onnx" = "{digest}"',
        "",
        "[settings]",
        *(f"{key} = {value}" for key, value in settings.items()),
        "",
        "[numbers]",
        *(f"{key} = {round(value, 6)}" for key, value in numbers.items()),
    ]
    (folder / "card.toml").write_text("\n".join(lines) + "\n", "utf-8")
