"""Small recordings in every form that playback reads."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from mcap.writer import Writer

from device.messages import SampleChunk


def write_eeg(path: Path, seconds: float = 2.0, ch_names: tuple[str, ...] = ("Fp1", "Fp2"), fs: int = 250) -> Path:
    counts = np.arange(round(seconds * fs)) + 100 * np.arange(len(ch_names))[:, None]
    np.savez(path, eeg=counts.astype(np.int16), scale_uV=0.02, fs=fs, channels=np.array(ch_names))
    return path


def write_wrist(path: Path, side: str = "", seconds: int = 5) -> Path:
    hr, ibi_t = np.full(seconds, 80, np.float32), 1000.0 + np.arange(seconds - 1) + 0.5
    signals = {"hr": hr, "hr_t0": 1000.0, "hr_fs": 1.0, "ibi_t": ibi_t, "ibi": np.full(seconds - 1, 0.75, np.float32)}
    np.savez(path, **{side + name: value for name, value in signals.items()})
    return path


def eeg_chunk(index: int, t_ns: int, n: int = 25, source: str = "cyton", n_lost: int = 0) -> SampleChunk:
    """Samples that hold their own index, in two channels."""
    data = np.repeat(np.arange(index, index + n, dtype="<f4"), 2)
    return SampleChunk(
        t_ns=t_ns,
        source=source,
        kind="eeg",
        sfreq_hz=250.0,
        ch_names=("Fp1", "Fp2"),
        first_sample=index,
        n_lost=n_lost,
        data=data.tobytes(),
    )


def heart_chunk(index: int, times_ns: tuple[int, ...]) -> SampleChunk:
    rows = np.array([[70 + index, 850 + index]] * len(times_ns), "<f4")
    return SampleChunk(
        t_ns=times_ns[0],
        source="band",
        kind="heart",
        sfreq_hz=0.0,
        ch_names=("hr_bpm", "rr_ms"),
        first_sample=index,
        data=rows.tobytes(),
        times_ns=times_ns,
    )


def write_segment(path: Path, payloads: list[tuple[str, bytes]], chunk_size: int = 1024) -> Path:
    with path.open("wb") as file:
        writer = Writer(file, chunk_size=chunk_size)
        writer.start()
        channels = {
            topic: writer.register_channel(topic=topic, message_encoding="msgpack", schema_id=0)
            for topic in dict(payloads)
        }
        for n, (topic, payload) in enumerate(payloads):
            writer.add_message(channels[topic], log_time=n, publish_time=n, sequence=n, data=payload)
        writer.finish()
    return path


def write_session(folder: Path, chunks: list[SampleChunk], n_segments: int = 1) -> Path:
    folder.mkdir()
    payloads = [(f"samples/{chunk.source}", msgspec.msgpack.encode(chunk)) for chunk in chunks]
    payloads.insert(1, ("health/audio", b"\x80"))
    size = -(-len(payloads) // n_segments)
    for n in range(n_segments):
        write_segment(folder / f"log-{n:04d}.mcap", payloads[n * size : (n + 1) * size])
    return folder
