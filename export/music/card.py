"""The model card of the composer: card.toml for the runtime, card.md for people."""

from __future__ import annotations

import hashlib
from pathlib import Path

from device.music import tokens as t
from device.music.reference import N_CONDITIONS, UNTOLD
from export.music.model import Shape

VERSION = "0.2.0"
CARD_MD = """# composer {version}

Writes the next bar of music in four voices (melody, inner, bass, pad) from the bars before it. A decoder-only
Transformer: {layers} layers x {width}, {heads} heads, rotary positions, {context} tokens of context (about 25 bars),
{parameters:,.0f} parameters, int8 weights per channel ({file_mb:.1f} MB). It thinks in C major and A minor; the key is
applied afterwards.

Beside every token stand, as a sum of embeddings, the bar's controls (metre, mode, clarity of the key, brightness and
rhythm of the harmony, tempo, density, register, loudness, leaps, dissonance, voices, style, texture, close, place in
the phrase), where in the bar it is, and what the bar it takes up again had there. So themes return by plan, from any
distance, also a melody that the listener brought.

![learning curve and four corners](card.png)

## Data and licences

| set | licence | used |
|---|---|---|
| POP909, (c) 2020 Music X Lab | MIT (transcriptions; the compositions are in copyright) | all tracks, beats |
| OpenScore Lieder Corpus | CC0 1.0 | voice and piano |

Each song in three textures: as written, thinned, and laid out calmly with pads, because no openly licensed calm corpus
was found. Held out: about 6 % of the POP909 songs and of the Lieder composers. All controls are measured in the notes.
No ratings of emotion, no cue weights and no judge had a part in training.

## Numbers

Means over all three textures, of which the calm one is the easiest to predict.

| what | value |
|---|---|
| tokens seen in training | {trained_tokens:,.0f} |
| held-out loss, nats per note, told nothing | {nats_per_note_nothing:.3f} |
| the same, told the bar's controls | {nats_per_note_controls:.3f} |
| the same, told also which bar returns and how closely | {nats_per_note_everything:.3f} |
| nats per token, told nothing | {nats_per_token_nothing:.3f} |
| the best n-gram of the same songs, told nothing, nats per note | {ngram_nats_per_note:.3f} |
| loss of int8 minus float, nats per token | {int8_minus_torch_nats:+.4f} |
| largest error of a logit, int8 against torch | {largest_logit_error:.3f} |
| same most likely token, int8 and torch | {argmax_agreement:.4f} |

Steering, speed, likeness to people's music and copying are measured by `isotone bench music`; its report stands in
hardware/bench. The learning curve is in curve.json; golden.npz holds tokens, conditions and the logits of this file.

## Made by

    python -m export.music.build --data DIR/open --work FOLDER --out models_onnx/composer-{version}

## What it cannot do

- Whether a bar that closes a phrase, a theme that returns or a dark harmony is heard as such, no person was asked.
  Perceived emotion is steered by cues; nothing is claimed about felt emotion.
- Form beyond a phrase is the plan's (`device.music.form`), not the model's: five forms of eight sections, again and
  again. Movements share no theme unless the listener brings one.
- Asked for 4/4, 3/4 and 6/8; the last it knows as four beats in triplets. It is told that beats are four, not that they
  swing: what falls between them is held by the grammar. No velocity of single notes: performing shapes them.
- Pop songs and art songs of the 19th century are all it knows: Western, tonal, metrical.
- Steered by its density alone it writes fewer notes than asked where more than about four a beat are asked for, and its
  accompaniment has half as many sixteenths as people's.
- Asked for what people wrote, its melodies leap less (4 % of steps go beyond a fifth, people's 5 %).
- It copies itself: what is new by plan has to be kept from looping by the sampler (`device.music.sampling`).
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
        "conditions": N_CONDITIONS,
        "condition_rows": UNTOLD[-1] + 1,
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
