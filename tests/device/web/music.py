"""A session as the bus tells it, in one moment of its shift."""

from __future__ import annotations

from pathlib import Path

import msgspec

from device import messages as m
from device.config import SessionConfig
from device.runtime.life import session_path

LISTENER = "Ada"


def begin_session(folder: Path, listener: str = LISTENER) -> Path:
    """A run folder as a session leaves it for others."""
    run_dir = folder / "20261129T120000Z-abcdef"
    run_dir.mkdir(exist_ok=True)
    config = SessionConfig(
        session_id=run_dir.name, listener=listener, run_dir=str(run_dir), session_dir=str(run_dir), models_dir=""
    )
    session_path(run_dir).write_bytes(msgspec.json.encode(config))
    return run_dir


def status(now_ns: int, state: m.BoxState = "session", light: m.Light = "playing") -> m.BoxStatus:
    return m.BoxStatus(t_ns=now_ns, state=state, sentence="The session plays.", light=light)


def estimate(now_ns: int, arousal: float = 0.5, *, known: bool = True) -> m.AffectEstimate:
    return m.AffectEstimate(
        t_ns=now_ns, known=known, valence=0.1, valence_sd=0.5, arousal=arousal, arousal_sd=0.3,
        coverage={"cyton": 0.9}, calibrated=True,
    )  # fmt: skip


def intent(now_ns: int, **changes: object) -> m.MusicIntent:
    plain = m.MusicIntent(
        t_ns=now_ns, bar_index=7, phase="shift", phase_left_s=300.0, session_left_s=600.0, target_valence=0.2,
        target_arousal=0.2, tempo_bpm=72.0, density=0.4, register_midi=64.0, loudness_db=-8.0, brightness=0.4,
        articulation=0.9, mode="major", tonic_pc=5, generator="transformer", reason="on the way to calm: slower",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def decision(now_ns: int, by: m.Decider = "plan", **changes: object) -> m.Decision:
    context = m.Context(
        since_s=3.0, phase="shift", phase_left_s=300.0, session_left_s=600.0, target_valence=0.2, target_arousal=0.2,
        estimate=None, moves=m.Moves(),
    )  # fmt: skip
    plain = m.Decision(
        t_ns=now_ns, bar_index=7, context=context, policy="learned", policy_version="1", proposal=m.Moves(),
        propensity=1.0, taken=m.Moves(), decided_by=by, reason="on the way to calm: slower",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def played(now_ns: int) -> m.PlayedBar:
    notes = tuple(m.Note(tick, 20, 60 + tick // 8, 70, voice) for tick in (0, 24, 48) for voice in m.VOICES)
    return m.PlayedBar(
        t_ns=now_ns, bar_index=7, start_frame=0, n_frames=160_000, beats=4, tempo_bpm=72.0, tempo_from_bpm=72.0,
        tempo_to_bpm=72.0, loudness_db=-8.0, brightness=0.4, programs={"melody": 0}, notes=notes,
        generator="transformer",
    )  # fmt: skip


def report(now_ns: int) -> m.AudioReport:
    return m.AudioReport(
        t_ns=now_ns, sink="card", frame=1, peak_dbfs=-20.0, rms_dbfs=-30.0, underruns=0, late_bars=0, limiter_db=0.0,
        state="playing",
    )  # fmt: skip


def sensors(now_ns: int) -> tuple[m.Message, ...]:
    frame = m.FeatureFrame(
        t_ns=now_ns, source="cyton", kind="eeg", window_s=4.0, names=(), values=(), ch_names=("Fp1", "C3", "O1"),
        quality=(0.9, 0.5, 0.1), reasons=("O1 railed",),
    )  # fmt: skip
    told = m.SensorStatus(t_ns=now_ns, source="cyton", state="streaming", sentence="It streams.", battery_percent=80)
    return told, frame


def whole(now_ns: int, by: m.Decider = "plan") -> tuple[m.Message, ...]:
    """All that a page shows of a session."""
    return (
        status(now_ns), played(now_ns), report(now_ns), intent(now_ns), decision(now_ns, by), *sensors(now_ns),
        estimate(now_ns),
    )  # fmt: skip
