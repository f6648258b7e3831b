"""A simulated person who puts on a headset with the guidance that is to be tested, on a clock that runs at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from device.box.fitting import Fitting, Progress
from device.config import SourceConfig
from device.messages import FeatureFrame, SensorStatus, SourceState, Spoken, Tick
from device.voice.places import place_of

S = 1_000_000_000
STEP_NS = S // 4
SPOKEN_S = 5.0
CYTON, BAND = SourceConfig(type="cyton"), SourceConfig(type="hrs")
MONTAGE = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")


@dataclass
class Wearer:
    """Quality of each electrode now, and what the person does about a prompt, some seconds after it was said."""

    quality: dict[str, float]
    reasons: tuple[str, ...] = ()
    headset_from_s: float = 0.0
    headset_until_s: float = 1e9
    band: SourceState | None = None
    band_from_s: float = 0.0
    band_address: str = ""
    does: Mapping[str, dict[str, float]] = field(default_factory=dict)
    """Prompt -> what the electrodes are like afterwards."""
    after_s: float = 4.0
    says_when_spoken: bool = True


@dataclass
class Course:
    said: list[tuple[float, str]]
    done_s: float | None
    sentences: list[str]

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.said]


def fit(wearer: Wearer, known: Mapping[str, str] | None = None, longest_s: float = 120.0) -> Course:
    """The whole fitting of one person."""
    sources = {"head": CYTON} | ({"wrist": BAND} if wearer.band else {})
    fitting, course = Fitting(sources, 0), Course([], None, [])
    fitting.known_devices = known or {}
    quality, due = dict(wearer.quality), list[tuple[float, object]]()
    for now_ns in range(0, round(longest_s * S), STEP_NS):
        now_s = now_ns / S
        for at_s, change in [each for each in due if each[0] <= now_s]:
            due.remove((at_s, change))
            if isinstance(change, dict):
                quality |= change
            else:
                _note(course, fitting.step(change, now_ns), now_s)
        for message in _heard(wearer, quality, now_ns):
            progress = fitting.step(message, now_ns)
            _note(course, progress, now_s)
            if progress.say:
                if wearer.says_when_spoken:
                    due.append((now_s + SPOKEN_S, Spoken(t_ns=now_ns, name=progress.say, manner="words", length_s=5)))
                due.append((now_s + SPOKEN_S + wearer.after_s, wearer.does.get(progress.say, {})))
        if course.done_s is not None:
            break
    return course


def _heard(wearer: Wearer, quality: dict[str, float], now_ns: int) -> list[FeatureFrame | SensorStatus | Tick]:
    now_s, heard = now_ns / S, list[FeatureFrame | SensorStatus | Tick]()
    if wearer.headset_from_s <= now_s < wearer.headset_until_s:
        heard.append(
            FeatureFrame(t_ns=now_ns, source="head", kind="eeg", window_s=4.0, names=(), values=(),
                         ch_names=tuple(quality), quality=tuple(quality.values()), reasons=wearer.reasons)
        )  # fmt: skip
    if wearer.band and now_s >= wearer.band_from_s:
        heard.append(
            SensorStatus(t_ns=now_ns, source="wrist", state=wearer.band, sentence="", device=wearer.band_address)
        )
    return [*heard, Tick(t_ns=now_ns)]


def _note(course: Course, progress: Progress, now_s: float) -> None:
    course.sentences.append(progress.sentence)
    if progress.is_done and course.done_s is None:
        course.done_s = now_s
    if progress.say:
        course.said.append((now_s, progress.say))


def pressing(*electrodes: str) -> dict[str, dict[str, float]]:
    """What helps when each is pressed as asked."""
    return {f"fit-{place_of(name)}": {name: 0.95} for name in electrodes}
