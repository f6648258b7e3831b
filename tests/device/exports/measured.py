"""A made-up session of 20 s with three signals, one with a hole and a clock that is learnt better on the way."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from device import messages as m
from device.config import SessionConfig
from tests.device.sessions.synthetic import BEGAN_NS, Log, S, bar_of

LISTENER = "Zoë 🎵 ليلى"
SESSION_ID = "20261129T101112Z-abcdef"
SECONDS = 20
HOLE = range(2500, 2600)
"""Samples of the EEG that were lost."""
SLOW, LATE_NS = 1.00004, 3_000_000
"""The board's clock beside the box's, and by how much the fit moves after five seconds."""
EEG, MOTION = ("Fp1", "C3"), ("acc_x", "acc_y", "acc_z")
REPORT_NS = BEGAN_NS + 7_123_456_789
FORMULA = '=HYPERLINK("http://example.org")'
LSB = 187_500.0 / (2**23 - 1)


def config(folder: Path) -> SessionConfig:
    return SessionConfig(
        session_id=SESSION_ID, listener=LISTENER, minutes=SECONDS / 60, seed=7, run_dir="/r", session_dir=str(folder),
        models_dir="/m",
    )  # fmt: skip


def eeg() -> np.ndarray:
    """Counts of a converter as microvolts, so large that 16 bits do not hold them."""
    counts = np.random.default_rng(3).integers(-200_000, 200_000, (250 * SECONDS, 2))
    return (counts * LSB).astype("<f4")


def motion() -> np.ndarray:
    return np.random.default_rng(4).normal(0.0, 1.0, (32 * SECONDS, 3)).astype("<f4")


def beats() -> list[tuple[int, float, float]]:
    """Time, rate and interval; a rate is missing."""
    return [(BEGAN_NS + n * 900_000_017, float("nan") if n == 4 else 66.0 + n, 900.0 + n) for n in range(1, 20)]


def eeg_ns(sample: int) -> int:
    """The box's time of a sample, as the chunk that holds it tells."""
    chunk = sample // 25 * 25
    late = LATE_NS if chunk >= 1250 else 0
    return BEGAN_NS + round(chunk * 4e6 * SLOW) + late + (sample - chunk) * 4_000_000


def chunks() -> list[m.SampleChunk]:
    data, moved = eeg(), motion()
    made = [
        _chunk("cyton", "eeg", 250.0, EEG, first, eeg_ns(first), data[first : first + 25], 187_500.0)
        for first in range(0, len(data), 25)
        if first not in HOLE
    ]
    for first in range(0, len(moved), 32):
        t_ns = BEGAN_NS + first * 31_250_000
        made.append(_chunk("wristband", "motion", 32.0, MOTION, first, t_ns, moved[first : first + 32]))
    for index, (t_ns, rate, interval) in enumerate(beats()):
        row = np.array([[rate, interval]], "<f4")
        beat = _chunk("wristband", "heart", 0.0, ("hr_bpm", "rr_ms"), index, t_ns, row)
        made.append(msgspec.structs.replace(beat, times_ns=(t_ns,)))
    return sorted(made, key=lambda chunk: chunk.t_ns)


def _chunk(source, kind, sfreq_hz, ch_names, first, t_ns, data, full_scale=0.0):
    return m.SampleChunk(
        t_ns=t_ns, source=source, kind=kind, sfreq_hz=sfreq_hz, ch_names=ch_names, first_sample=first,
        data=data.tobytes(), full_scale=full_scale,
    )  # fmt: skip


def intent(index: int, **changes: object) -> m.MusicIntent:
    fields = {
        "t_ns": BEGAN_NS + index * 4 * S, "bar_index": index, "phase": "match" if index < 2 else "shift",
        "phase_left_s": 1.0, "session_left_s": 9.0, "target_valence": 0.2, "target_arousal": 0.1 - index / 10,
        "tempo_bpm": 60.0, "density": 0.5, "register_midi": 72.0, "loudness_db": -12.0, "brightness": 0.4,
        "articulation": 0.8, "mode": "major", "tonic_pc": 2, "generator": "rules", "reason": "as planned",
    }  # fmt: skip
    return msgspec.convert(fields | changes, m.MusicIntent)


def played(index: int) -> m.PlayedBar:
    """Four bars of D major, of which the third is in 6/8, and notes that ring on."""
    bar = bar_of(intent(index), BEGAN_NS + index * 4 * S, np.random.default_rng(index))
    ring = m.Note(90, 40, 74, 60, "melody")
    metre = "6/8" if index == 2 else "4/4"
    return msgspec.structs.replace(
        bar, metre=metre, notes=(*bar.notes, ring, m.Note(1, 19, 50, 44, "bass")), tonic_pc=2
    )


def make_measured(folder: Path) -> Path:
    log = Log(folder, config(folder))
    log.write(
        *(m.SensorStatus(t_ns=BEGAN_NS, source=s, state="streaming", sentence="") for s in ("cyton", "wristband"))
    )
    told = [
        *chunks(),
        *(intent(index, final=index == 3) for index in range(4)),
        *(played(index) for index in range(4)),
        m.SelfReport(t_ns=REPORT_NS, author="patient", value=0.5, valence=-0.25),
        m.Marker(t_ns=BEGAN_NS + 8 * S, text=FORMULA),
        m.Lock(t_ns=BEGAN_NS + 9 * S, author="therapist", cue="tempo"),
        *(
            m.AffectEstimate(
                t_ns=BEGAN_NS + n * S, known=n > 4, valence=0.1, valence_sd=0.5, arousal=0.5 - n / 40, arousal_sd=0.3,
                coverage={"cyton": 1.0}, calibrated=True,
            )
            for n in range(SECONDS)
        ),
    ]  # fmt: skip
    log.write(*sorted(told, key=lambda message: message.t_ns))
    return log.close()
