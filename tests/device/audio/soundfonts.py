"""The smallest SoundFont: one sample as program 0 (SoundFont 2.04; SF3 keeps its samples as Ogg Vorbis)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

SAMPLE_ID, KEY_RANGE, INSTRUMENT, SAMPLE_MODES = 53, 43, 41, 54
MONO, MONO_VORBIS = 0x01, 0x11
SFREQ_HZ = 22_050


def soundfont(samples: bytes, *, is_sf3: bool = False, keys: tuple[int, int] = (0, 127)) -> bytes:
    """A font of `samples` (16-bit PCM, or for SF3 an Ogg file) that sounds on `keys`."""
    # SF3 counts bytes; SF2 counts frames and wants 46 of silence behind each sample.
    end = len(samples) if is_sf3 else len(samples) // 2
    info = _list(
        b"INFO", [(b"ifil", struct.pack("<HH", 3 if is_sf3 else 2, 1)), (b"isng", b"EMU8000\0"), (b"INAM", b"test\0\0")]
    )
    smpl = _list(b"sdta", [(b"smpl", samples + (b"" if is_sf3 else bytes(92)))])
    header = struct.pack(
        "<20sIIIIIBbHH", b"tone", 0, end, 8, end - 8, SFREQ_HZ, 60, 0, 0, MONO_VORBIS if is_sf3 else MONO
    )
    last_header = struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    generators = [(KEY_RANGE, keys[0] | keys[1] << 8), (SAMPLE_MODES, 1), (SAMPLE_ID, 0)]
    pdta = _list(
        b"pdta",
        [
            (
                b"phdr",
                struct.pack("<20sHHHIII", b"tone", 0, 0, 0, 0, 0, 0)
                + struct.pack("<20sHHHIII", b"EOP", 0, 0, 1, 0, 0, 0),
            ),
            (b"pbag", struct.pack("<HHHH", 0, 0, 1, 0)),
            (b"pmod", bytes(10)),
            (b"pgen", struct.pack("<HHHH", INSTRUMENT, 0, 0, 0)),
            (b"inst", struct.pack("<20sH20sH", b"tone", 0, b"EOI", 1)),
            (b"ibag", struct.pack("<HHHH", 0, 0, len(generators), 0)),
            (b"imod", bytes(10)),
            (b"igen", b"".join(struct.pack("<HH", *generator) for generator in (*generators, (0, 0)))),
            (b"shdr", header + last_header),
        ],
    )
    body = b"sfbk" + info + smpl + pdta
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _list(kind: bytes, chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    body = kind + b"".join(_chunk(name, data) for name, data in chunks)
    return b"LIST" + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def tone(n_frames: int = 4000, level: int = 20_000) -> bytes:
    """A square wave of 16-bit PCM."""
    return struct.pack(f"<{n_frames}h", *((level if frame // 50 % 2 else -level) for frame in range(n_frames)))
