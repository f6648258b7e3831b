"""A made-up session on disk: two sensors of which one drops out, a listener who calms down, bars with one fallback."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np

from device import messages as m
from device.config import SessionConfig
from device.control.controller import Controller
from device.runtime.bus import Received
from device.sessions.store import Store, write_config
from device.streams import topic_of

S = 1_000_000_000
BEGAN_NS = 1000 * S
FALLBACK_BAR = 5
WRITERS = {m.MusicIntent: "loop", m.AffectEstimate: "loop", m.FeatureFrame: "loop", m.PlayedBar: "audio"}


class Log:
    """Writes messages as the recorder would."""

    def __init__(self, folder: Path, config: SessionConfig) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_config(folder, config, {})
        self.folder, self.store = folder, Store(folder, BEGAN_NS)
        self._seq: dict[str, int] = {}

    def write(self, *messages: m.Message) -> None:
        for message in messages:
            topic = topic_of(message)
            seq = self._seq.get(topic, 0)
            self._seq[topic] = seq + 1
            process = WRITERS.get(type(message), "x")
            payload = msgspec.msgpack.encode(message)
            self.store.write(Received(topic, process, 0, seq, message.t_ns, payload), message.t_ns)

    def close(self) -> Path:
        self.store.write(
            Received("digest", "recorder", 0, 0, BEGAN_NS, msgspec.msgpack.encode(self.store.digest(BEGAN_NS))),
            BEGAN_NS,
        )
        self.store.close()
        return self.folder


def bar_of(intent: m.MusicIntent, t_ns: int, rng: np.random.Generator) -> m.PlayedBar:
    chord = [(0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14)][intent.bar_index % 4]
    root = 48 + intent.tonic_pc
    notes = [
        m.Note(0, 96, root - 12 + chord[0], 60, "bass"),
        *(m.Note(0, 96, root + tone, 45, "pad") for tone in chord),
    ]
    notes += [m.Note(tick, 12, root + 12 + chord[tick // 24 % 3], 50, "inner") for tick in range(0, 96, 24)]
    for tick in range(0, 96, 12):
        if rng.random() < intent.density:
            pitch = round(intent.register_midi) + int(rng.choice([-5, -3, 0, 2, 4, 7]))
            notes.append(m.Note(tick, 12, pitch, 70, "melody"))
    return m.PlayedBar(
        t_ns=t_ns,
        bar_index=intent.bar_index,
        start_frame=0,
        n_frames=round(240 / intent.tempo_bpm * 48_000),
        beats=4,
        tempo_bpm=intent.tempo_bpm,
        tempo_from_bpm=intent.tempo_bpm,
        tempo_to_bpm=intent.tempo_bpm,
        loudness_db=intent.loudness_db,
        brightness=intent.brightness,
        programs={"melody": 0, "inner": 0, "bass": 32, "pad": 89},
        notes=tuple(notes),
        generator=intent.generator,
        fallback="bar 5 was not there 300 ms before it was to sound" if intent.bar_index == FALLBACK_BAR else "",
    )


def make_session(folder: Path, config: SessionConfig) -> Path:
    """The folder of a whole session, without what `summary` adds."""
    rng = np.random.default_rng(1)
    log, controller = Log(folder, config), Controller(config)
    length_s = config.minutes * 60
    log.write(m.Start(t_ns=BEGAN_NS - S, author="manager"))
    log.write(*(m.SensorStatus(t_ns=BEGAN_NS, source=name, state="streaming", sentence="") for name in SOURCES))
    starts_ns, final, second = BEGAN_NS, False, 0
    bar_index = 0
    while not final:
        while BEGAN_NS + second * S <= starts_ns:
            write_second(log, controller, second, length_s, rng)
            second += 1
        asked = m.Transport(
            t_ns=starts_ns - 4 * S, bar_index=bar_index, start_frame=0, starts_ns=starts_ns, deadline_ns=starts_ns
        )
        *_, decision, intent = controller.step(asked, starts_ns)
        assert isinstance(intent, m.MusicIntent)
        played = bar_of(intent, starts_ns, rng)
        controller.step(played, starts_ns)
        log.write(asked, decision, intent, played)
        starts_ns, final, bar_index = starts_ns + round(240e9 / intent.tempo_bpm), intent.final, bar_index + 1
    log.write(report(starts_ns, "ended"))
    return log.close()


SOURCES = ("cyton", "wristband")


def report(t_ns: int, state: str) -> m.AudioReport:
    fields = {"sink": "wav", "frame": 0, "peak_dbfs": -8.0, "rms_dbfs": -22.0, "underruns": 0, "late_bars": 1}
    return msgspec.convert({"t_ns": t_ns, "limiter_db": -0.5, "state": state, **fields}, m.AudioReport)


def write_second(log: Log, controller: Controller, second: int, length_s: float, rng: np.random.Generator) -> None:
    t_ns, share = BEGAN_NS + second * S, second / length_s
    is_gone = 0.55 < share < 0.65
    if is_gone and not 0.55 < (second - 1) / length_s < 0.65:
        log.write(m.SensorStatus(t_ns=t_ns, source="wristband", state="lost", sentence="The wristband is gone."))
    if share >= 0.65 > (second - 1) / length_s:
        log.write(m.SensorStatus(t_ns=t_ns, source="wristband", state="streaming", sentence="It is back."))
    known = share > 0.2
    estimate = m.AffectEstimate(
        t_ns=t_ns,
        known=known,
        valence=0.0,
        valence_sd=1.0,
        arousal=0.6 - 1.1 * max(0.0, share - 0.2) + 0.08 * math.sin(second / 3) if known else 0.0,
        arousal_sd=(0.45 if is_gone else 0.3) if known else 1.0,
        coverage={"cyton": 0.9, "wristband": 0.0 if is_gone else 1.0},
        calibrated=known,
    )
    controller.step(estimate, t_ns)
    log.write(estimate, report(t_ns, "playing"))
    for name in SOURCES:
        if name == "cyton" or not is_gone:
            log.write(chunk(name, t_ns, second), frame(name, t_ns, rng))
    if second == round(0.7 * length_s):
        log.write(m.Softer(t_ns=t_ns, author="patient"), m.Marker(t_ns=t_ns, text="restart composer"))
    if second == 3:
        log.write(m.Fault(t_ns=t_ns, process="sensors", code="noise", sentence="50 Hz hum on C3.", action="Fix it."))


def chunk(name: str, t_ns: int, second: int) -> m.SampleChunk:
    data = np.zeros((250, 8), "<f4").tobytes()
    ch_names = tuple(f"ch{index}" for index in range(8))
    return m.SampleChunk(
        t_ns=t_ns, source=name, kind="eeg", sfreq_hz=250, ch_names=ch_names, first_sample=250 * second,
        n_lost=3 if second == 10 else 0, data=data,
    )  # fmt: skip


def frame(name: str, t_ns: int, rng: np.random.Generator) -> m.FeatureFrame:
    quality = (float(rng.uniform(0.7, 1.0)), 1.0)
    return m.FeatureFrame(
        t_ns=t_ns, source=name, kind="eeg", window_s=2.0, names=("x",), values=(0.0, 0.0), ch_names=("a", "b"),
        quality=quality,
    )  # fmt: skip
