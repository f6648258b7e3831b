"""Frames the tests of this room are made of: a resting person, a person under load, a bad electrode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from device.dsp import eeg, hrv
from device.messages import FeatureFrame

EIGHT = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")
REST = {"delta": -1.0, "theta": -1.8, "alpha_low": -1.7, "alpha_high": -2.2, "beta_low": -2.5, "beta_high": -3.0}
LOAD = REST | {"theta": -1.9, "alpha_low": -2.5, "alpha_high": -2.9, "beta_low": -2.3, "beta_high": -2.5}
S = 1_000_000_000


def eeg_frame(
    t_s: float,
    state: dict[str, float],
    *,
    ch_names: Sequence[str] = EIGHT,
    quality: Sequence[float] | None = None,
    source: str = "cyton",
    rng: np.random.Generator | None = None,
) -> FeatureFrame:
    means = np.array([state.get(feature, 4.5 if feature == "total" else 0.0) for feature in eeg.FEATURES])
    noise = rng.normal(0, 0.3, (len(ch_names), len(means))) if rng else 0.0
    return FeatureFrame(
        t_ns=round(t_s * S),
        source=source,
        kind="eeg",
        window_s=4.0,
        names=tuple(f"{channel}.{feature}" for channel in ch_names for feature in eeg.FEATURES),
        values=tuple((np.tile(means, (len(ch_names), 1)) + noise).ravel().tolist()),
        ch_names=tuple(ch_names),
        quality=tuple(quality or [1.0] * len(ch_names)),
        reasons=() if quality is None else ("C3 railed",),
    )


def heart_frame(t_s: float, hr_bpm: float, *, quality: float = 1.0) -> FeatureFrame:
    known = {"hr_bpm.mean": hr_bpm, "rr_ms.mean": 60_000 / hr_bpm, "rr_ms.sdnn": 40.0, "rr_ms.rmssd": 35.0}
    return FeatureFrame(
        t_ns=round(t_s * S),
        source="band",
        kind="wrist",
        window_s=min(60.0, t_s),
        names=hrv.FEATURES,
        values=tuple(known.get(name, 0.0) for name in hrv.FEATURES),
        ch_names=hrv.CHANNELS,
        quality=(quality, quality),
    )


def eeg_frames(
    begin_s: float, end_s: float, state: dict[str, float], seed: int = 0, **more: object
) -> Iterator[FeatureFrame]:
    rng = np.random.default_rng((seed, round(begin_s)))
    return (eeg_frame(t_s, state, rng=rng, **more) for t_s in np.arange(begin_s, end_s, 0.25).tolist())  # type: ignore[arg-type]
