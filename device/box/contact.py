"""How well each electrode touches: from the quality of its signal, with hysteresis, and what troubles it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from device.messages import FeatureFrame

SMOOTH_NS = 1.5e9
STALE_NS = 3_000_000_000
"""EEG that was not heard for so long is none."""
GOOD, BAD = 0.65, 0.4
"""An electrode counts as good from the one and as bad below the other; in between it stays what it was."""
COMMON = 0.5
"""Share of the poor electrodes that tells of a cause which no pressing mends."""
CAUSES = {"muscle on": "fit-still", "blinks or movement on": "fit-still", "Hz hum on": "fit-hum"}
"""How `dsp.quality` begins to tell such a cause -> what to ask for."""
ALL = "all channels"


class Electrode:
    def __init__(self) -> None:
        self.quality = 0.0
        self.is_good = False
        self._heard_ns: int | None = None

    def hear(self, quality: float, now_ns: int) -> None:
        quality = min(1.0, max(0.0, quality)) if math.isfinite(quality) else 0.0
        share = 1.0 if self._heard_ns is None else 1.0 - math.exp(-max(0, now_ns - self._heard_ns) / SMOOTH_NS)
        self._heard_ns = now_ns
        self.quality += share * (quality - self.quality)
        self.is_good = self.quality >= (BAD if self.is_good else GOOD)


class Contact:
    """The electrodes of the headset that was heard last."""

    def __init__(self) -> None:
        self._electrodes: dict[str, Electrode] = {}
        self._reasons: tuple[str, ...] = ()
        self._heard_ns = -STALE_NS

    def hear(self, frame: FeatureFrame, now_ns: int) -> None:
        """Take a frame of EEG; other channels than before are another headset."""
        if set(frame.ch_names) != set(self._electrodes):
            self._electrodes = {name: Electrode() for name in frame.ch_names}
        for name, quality in zip(frame.ch_names, frame.quality, strict=False):
            self._electrodes[name].hear(quality, now_ns)
        self._reasons, self._heard_ns = frame.reasons, now_ns

    @property
    def n_electrodes(self) -> int:
        return len(self._electrodes)

    def is_heard(self, now_ns: int) -> bool:
        return bool(self._electrodes) and now_ns - self._heard_ns < STALE_NS

    def good(self, now_ns: int) -> list[str]:
        """Electrodes that touch well now."""
        return [name for name, each in self._electrodes.items() if each.is_good] if self.is_heard(now_ns) else []

    def poor(self, now_ns: int) -> list[str]:
        """Electrodes that do not touch well now, the worst first."""
        if not self.is_heard(now_ns):
            return []
        found = [name for name, each in self._electrodes.items() if not each.is_good]
        return sorted(found, key=lambda name: self._electrodes[name].quality)

    def common_causes(self) -> Iterator[str]:
        """What to ask for where most poor electrodes suffer from something that no pressing mends."""
        poor = {name for name, each in self._electrodes.items() if not each.is_good}
        for words, remedy in CAUSES.items():
            named = {name for reason in self._reasons for name in self._named(reason, words)}
            if len(named & poor) > COMMON * len(poor):
                yield remedy

    def _named(self, reason: str, words: str) -> set[str]:
        """The electrodes that a reason names, where it tells of that trouble."""
        _, found, names = reason.partition(words)
        if not found:
            return set()
        return set(self._electrodes) if names.strip() == ALL else {name.strip() for name in names.split(",")}

    def sentence(self, now_ns: int) -> str:
        """How the headset sits, in words."""
        if not self.is_heard(now_ns):
            return "No EEG is heard."
        return f"{len(self.good(now_ns))} of {self.n_electrodes} electrodes touch well."
