"""How surprised the shipped composer is by a piece: nats, told nothing but the metre."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from device.files.models import ModelFolder
from device.music.decoder import Decoder
from export.music.corpus import Song, song_of
from export.music.data import Part
from export.music.measures import Measure, RawNote
from export.music.midi import Piece
from export.music.textures import quantise
from export.music.windows import NOTHING, Windows

BEATS = (3, 4)


def nats_of(piece: Piece, folder: Path) -> tuple[float, int, int]:
    """Nats of the whole piece, its notes and its predicted tokens; all 0 if it has no bars of three or four beats.

    The piece is brought to the grid, the four voices and the home key of training first.
    """
    song = _song(piece)
    if song is None:
        return 0.0, 0, 0
    part = Part()
    part.add(song, 0, quantise(song))
    windows = Windows(part.arrays("piece"), "piece", len(part.tokens))
    n_tokens = len(windows.tokens) - 1
    conditions = windows.conditions(0, n_tokens, np.random.default_rng(0), NOTHING)
    rows = np.concatenate([windows.tokens[:n_tokens, None], conditions], axis=1)
    targets = windows.targets(0, n_tokens)
    model = ModelFolder(folder.parent, folder.name)
    decoder = Decoder(model.path("model.onnx"), model.card.settings)
    nats = 0.0
    for place, target in enumerate(targets.tolist()):
        if decoder.length == decoder.context:
            decoder.go_on_from([rows[place - decoder.context // 2 : place]])
        logits = decoder.feed(rows[place : place + 1])
        if target >= 0:
            top = float(logits.max())
            nats += top + float(np.log(np.exp(logits - top).sum())) - float(logits[target])
    return nats, windows.count_notes(targets), int((targets >= 0).sum())


def _song(piece: Piece) -> Song | None:
    lengths = np.diff(piece.bars)
    spans = zip(piece.bars[:-1].tolist(), lengths.round().astype(int).tolist(), strict=True)
    measures = tuple(
        Measure(start, beats, 1.0, _tempo_bpm(piece, start, beats)) for start, beats in spans if beats in BEATS
    )
    columns = (piece.onset, piece.length, piece.pitch, piece.velocity, piece.voice)
    notes = [
        RawNote(start, length, pitch, round(velocity), "melody" if voice == "melody" else "accompaniment")
        for start, length, pitch, velocity, voice in zip(*(column.tolist() for column in columns), strict=True)
    ]
    return song_of(f"lieder/{piece.name}", False, measures, notes)


def _tempo_bpm(piece: Piece, start: float, beats: int) -> float:
    begin_s, end_s = piece.seconds(np.array([start, start + beats])).tolist()
    tempo_bpm: float = 60.0 * beats / max(end_s - begin_s, 0.05 * beats)
    return tempo_bpm
