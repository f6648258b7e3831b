"""Two networks that other people trained hear WAV files, in an interpreter of its own (`witnesses.py` asks it).

    PEERS_PYTHON -P hardware/bench/hearing.py < paths.txt    # a line of JSON for each path

It needs numpy, scipy and onnxruntime, and two packages installed without their dependencies for their weights alone
(`pip install --no-deps vibenet==0.1.0 musicnn==0.1.0`). No line of theirs runs: VibeNet's network is an ONNX file (of a
GPL-3 package, so it is a peer and never part of ours), musicnn's (ISC) are TensorFlow checkpoints, read and computed
here after its `models.py` (Pons and Serra 2019). All is brought to one level first: VibeNet hears level as energy.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

SFREQ_HZ = 16_000
LEVEL_DB = -18.0
FADED_DB = 12.0
"""What is so much softer than the loudest half second, at the ends, is no music any more."""
PATCH = 187
"""Frames, three seconds."""
HEARD_PATCHES = 4
"""So many, spread evenly over the piece, does musicnn hear: each costs as much as VibeNet does for a whole piece."""
EPSILON = 1e-3
VIBENET = ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness", "valence")
MSD, MTT = ("Mellow", "chill", "party", "sad", "happy"), ("slow", "fast", "soft", "loud", "quiet")
"""Tags that are told of those of the Million Song Dataset and of MagnaTagATune."""
Array = np.ndarray[Any, Any]
Weights = dict[str, Array]
Told = dict[str, float]


def read(path: Path) -> Array:
    """Mono at 16 kHz, at the common level."""
    wavfile, signal = importlib.import_module("scipy.io.wavfile"), importlib.import_module("scipy.signal")
    sfreq_hz, samples = wavfile.read(path)
    scale = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)
    mono = samples.reshape(len(samples), -1).mean(1) / scale
    sound = _sounding(signal.resample_poly(mono, SFREQ_HZ, sfreq_hz))
    return np.asarray(sound * 10 ** (LEVEL_DB / 20) / max(1e-9, float(np.sqrt(np.mean(sound**2)))), np.float32)


def _sounding(sound: Array) -> Array:
    """The sound without its fades: from the first to the last half second near its loudest."""
    halves = np.array([np.mean(half**2) for half in np.array_split(sound, max(1, 2 * len(sound) // SFREQ_HZ))])
    loud = np.flatnonzero(halves >= halves.max() * 10 ** (-FADED_DB / 10))
    size = len(sound) / len(halves)
    return sound[int(loud[0] * size) : int((loud[-1] + 1) * size)]


def mel_bank(n_fft: int, n_mels: int) -> Array:
    """Slaney's triangles of equal area, 0 to 8 kHz; shape (n_mels, n_fft // 2 + 1)."""
    top = 15.0 + 27.0 * np.log(SFREQ_HZ / 2 / 1000.0) / np.log(6.4)
    mels = np.linspace(0.0, top, n_mels + 2)
    edges = np.where(mels < 15.0, mels * 200.0 / 3.0, 1000.0 * np.exp(np.log(6.4) / 27.0 * (mels - 15.0)))
    bins = np.linspace(0.0, SFREQ_HZ / 2, n_fft // 2 + 1)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None])


def mel_power(sound: Array, n_fft: int, width: int, hop: int, n_mels: int) -> Array:
    """Power in mel bands, shape (frames, n_mels)."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)
    frames = sliding_window_view(sound, width)[::hop] * window
    return np.asarray(np.abs(np.fft.rfft(frames, n_fft)) ** 2 @ mel_bank(n_fft, n_mels).T)


# -- VibeNet


def vibenet() -> Any:
    """A function from sound to VibeNet's answers."""
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(str(folder("vibenet") / "artifacts" / "efficientnet_model.onnx"), options)

    def hear(sound: Array) -> dict[str, float]:
        decibels = 10 * np.log10(np.maximum(1e-10, mel_power(sound, 1024, 640, 320, 128).T))
        decibels = np.maximum(decibels, decibels.max() - 80.0).astype(np.float32)
        told = session.run(None, {"x": decibels[None]})[0][0]
        return dict(zip(VIBENET, map(float, told), strict=True))

    return hear


def folder(package: str) -> Path:
    """Where a package lies; it is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"There is no package {package} here.")
    return Path(spec.origin).parent


# -- musicnn


def labels(package: Path, name: str) -> list[str]:
    """The tags of a network in the order of its last layer, as the package's own `configuration.py` names them."""
    for statement in ast.parse((package / "configuration.py").read_text("utf-8")).body:
        if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == name:
            return list(ast.literal_eval(statement.value))
    raise SystemExit(f"There is no {name} in {package}.")


def _number(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte, place = data[place], place + 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and byte strings of a protocol buffer, by their tags."""
    place = 0
    while place < len(data):
        key, place = _number(data, place)
        if key & 7 == 0:
            value, place = _number(data, place)
            yield key >> 3, value
        elif key & 7 == 2:
            size, place = _number(data, place)
            yield key >> 3, data[place : place + size]
            place += size
        else:
            place += 4 if key & 7 == 5 else 8


def _block(data: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block of a table (LevelDB's format)."""
    offset, place = _number(handle, 0)
    size, _ = _number(handle, place)
    block = data[offset : offset + size]
    end = size - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    place, key = 0, b""
    while place < end:
        shared, place = _number(block, place)
        own, place = _number(block, place)
        length, place = _number(block, place)
        key = key[:shared] + block[place : place + own]
        place += own
        yield key, block[place : place + length]
        place += length


def checkpoint(path: Path) -> Weights:
    """The weights of a TensorFlow checkpoint (V2: a table of contents beside one file of numbers)."""
    index, numbers = (path / ".index").read_bytes(), (path / ".data-00000-of-00001").read_bytes()
    _, place = _number(index[-48:], 0)
    _, place = _number(index[-48:], place)
    weights: Weights = {}
    for _, handle in _block(index, index[-48:][place:]):
        for key, entry in _block(index, handle):
            told = dict(_fields(entry))
            if key and b"Adam" not in key and told.get(5, 0):
                shape = [dict(_fields(size)).get(1, 1) for tag, size in _fields(told[2]) if tag == 2]
                offset = told.get(4, 0)
                weights[key.decode()] = np.frombuffer(numbers[offset : offset + told[5]], "<f4").reshape(shape)
    return weights


def _norm(weights: Weights, number: int, x: Array) -> Array:
    name = "batch_normalization" + (f"_{number}" if number else "")
    gamma, beta, mean, variance = (
        weights[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    return np.asarray((x - mean) * (gamma / np.sqrt(variance + np.float32(EPSILON))) + beta)


def _conv(weights: Weights, name: str, x: Array) -> Array:
    """Where the kernel lies whole, then rectified; x: (time, frequency, channels)."""
    kernel = weights[f"{name}/kernel"]
    windows = sliding_window_view(x, kernel.shape[:2], axis=(0, 1))
    added = np.tensordot(windows, kernel.transpose(2, 0, 1, 3), 3) + weights[f"{name}/bias"]
    return np.asarray(np.maximum(added, np.float32(0.0)))


def _pad(x: Array, before: int, after: int) -> Array:
    return np.pad(x, ((before, after), (0, 0), (0, 0)))


def musicnn(weights: Weights, patch: Array) -> Array:
    """Logits of the tags for one patch, shape (frames, 96)."""
    x = _norm(weights, 0, patch[..., None])
    fronts = [_norm(weights, 1 + n, _conv(weights, _layer(n), _pad(x, 3, 3))).max(1) for n in (0, 1)]
    for n in (2, 3, 4):
        size = weights[f"{_layer(n)}/kernel"].shape[0]
        padded = _pad(x, (size - 1) // 2, size // 2)
        fronts.append(_norm(weights, 1 + n, _conv(weights, _layer(n), padded)).max(1))
    layers = [np.concatenate(fronts, 1)]
    for n in (5, 6, 7):
        made = _norm(weights, 1 + n, _conv(weights, _layer(n), _pad(layers[-1][..., None], 3, 3)))[:, 0]
        layers.append(made if n == 5 else made + layers[-1])
    every = np.concatenate(layers, 1)
    pooled = _norm(weights, 9, np.stack((every.max(0), every.mean(0)), 1).reshape(-1))
    hidden = _norm(weights, 10, np.maximum(pooled @ weights["dense/kernel"] + weights["dense/bias"], 0.0))
    return np.asarray(hidden @ weights["dense_1/kernel"] + weights["dense_1/bias"])


def _layer(number: int) -> str:
    return "conv2d" + (f"_{number}" if number else "")


def patches(sound: Array) -> list[Array]:
    """The sound as musicnn's networks read it, three seconds each."""
    power = mel_power(np.pad(sound, 256), 512, 512, 256, 96)
    rows = np.log10(10_000 * power + 1).astype(np.float32)
    starts = np.linspace(0, len(rows) - PATCH, HEARD_PATCHES).astype(int)
    return [rows[start : start + PATCH] for start in starts]


def tags(network: Any, weights: Weights, heard: list[Array], names: list[str], wanted: Sequence[str]) -> Told:
    """Mean logits of some tags over the patches."""
    logits = np.mean([network(weights, patch) for patch in heard], 0)
    return {tag: float(logits[names.index(tag)]) for tag in wanted}


def main() -> None:
    home = folder("musicnn")
    msd, mtt = (checkpoint(home / name) for name in ("MSD_musicnn", "MTT_musicnn"))
    songs, magnatagatune = labels(home, "MSD_LABELS"), labels(home, "MTT_LABELS")
    vibes = vibenet()
    for line in sys.stdin:
        sound = read(Path(line.strip()))
        heard = patches(sound)
        told = {f"vibenet {name}": value for name, value in vibes(sound).items()}
        told |= {f"musicnn {tag}": value for tag, value in tags(musicnn, msd, heard, songs, MSD).items()}
        told |= {f"musicnn {tag}": value for tag, value in tags(musicnn, mtt, heard, magnatagatune, MTT).items()}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
