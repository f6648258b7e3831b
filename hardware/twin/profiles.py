"""The named listeners of the virtual patient: who they are, and how much music moves them.

Most people are moved a little, some not at all: trials find d of 0.5 to 0.8 on somatic anxiety over a group, so
a set of listeners without a non-responder would flatter every controller.
"""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    """One listener; arousal runs from -1 (calm) to 1 (strained)."""

    arousal: float
    """The arousal in which the session finds them."""
    resting_arousal: float
    """The arousal to which they drift by themselves."""
    music_gain: float
    """How far music at the end of all cues pulls arousal; 0: not at all."""
    settling_s: float
    """Time constant of that pull."""
    restlessness: float
    """Standard deviation of the arousal that comes and goes by itself."""
    resting_hr_bpm: float = 64.0
    rmssd_ms: float = 42.0
    """Heart rate at arousal -0.4, the level of quiet rest."""
    alpha_hz: float = 10.0
    blinks_per_min: float = 6.0
    """Few: listeners mostly close their eyes."""


PROFILES: dict[str, Profile] = {
    "guest": Profile(arousal=0.3, resting_arousal=0.1, music_gain=0.6, settling_s=120.0, restlessness=0.08),
    "responder": Profile(
        arousal=0.5, resting_arousal=0.3, music_gain=1.0, settling_s=75.0, restlessness=0.05, rmssd_ms=50.0
    ),
    "non-responder": Profile(arousal=0.3, resting_arousal=0.2, music_gain=0.0, settling_s=120.0, restlessness=0.08),
    "restless": Profile(
        arousal=0.6,
        resting_arousal=0.5,
        music_gain=0.35,
        settling_s=180.0,
        restlessness=0.25,
        resting_hr_bpm=72.0,
        rmssd_ms=28.0,
        blinks_per_min=14.0,
    ),
}
