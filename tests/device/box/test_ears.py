"""What a session says becomes the few events that the box answers; the fitting is tried with the real judge."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from device.box.ears import Ears
from device.box.machine import Event
from device.config import SourceConfig
from device.dsp.features import EegExtractor
from device.messages import (
    AudioReport,
    Exposure,
    Fault,
    FeatureFrame,
    HoldPhase,
    Message,
    MusicIntent,
    ResumePhase,
    SensorStatus,
    SkipPhase,
    Spoken,
)
from device.runtime.bus import Received
from device.streams import topic_of
from tests.device.audio.rig import intent
from tests.device.dsp.signals import SFREQ_HZ, chunks, pink

S = 1_000_000_000
SOURCES = {"cyton": SourceConfig(type="cyton"), "wrist": SourceConfig(type="hrs")}
PLAYING = AudioReport(t_ns=0, sink="card", frame=0, peak_dbfs=-20, rms_dbfs=-30, underruns=0,
                      late_bars=0, limiter_db=0, state="playing")  # fmt: skip
BAND = "C0:FF:EE:15:07:0E"


def hear(ears: Ears, message: Message, now_s: float = 0.0) -> list[Event]:
    received = Received(topic_of(message), "other", 0, 1, 0, msgspec.msgpack.encode(message))
    return ears.hear(received, round(now_s * S))


def status(state: str, source: str = "wrist", device: str = BAND, battery: int = -1) -> SensorStatus:
    return SensorStatus(t_ns=0, source=source, state=state, sentence="", device=device, battery_percent=battery)


def fitted() -> Ears:
    """Somebody who has been guided already."""
    ears = Ears(SOURCES, 0)
    hear(ears, PLAYING)
    assert ears.wait(100 * S)[-1].kind == "fitted"
    return ears


def names(events: Sequence[Event]) -> list[str]:
    return [event.what for event in events]


def test_the_first_sound_is_noticed_once() -> None:
    ears = Ears(SOURCES, 0)
    assert hear(ears, PLAYING) == [Event("sounding")]
    assert hear(ears, PLAYING) == []
    lost = msgspec.structs.replace(PLAYING, sink="none")
    assert [event.kind for event in hear(ears, lost)] == ["unheard"]
    assert hear(ears, lost) == []
    assert hear(ears, PLAYING) == [Event("heard")]
    assert hear(ears, PLAYING) == []


@pytest.mark.parametrize("ends", [ResumePhase, SkipPhase])
def test_a_therapist_s_hold_is_known_until_somebody_ends_it(ends: type[ResumePhase | SkipPhase]) -> None:
    ears = fitted()
    hear(ears, HoldPhase(t_ns=0, author="patient"))
    assert not ears.is_held_by_therapist
    hear(ears, HoldPhase(t_ns=0, author="therapist"))
    assert ears.is_held_by_therapist
    hear(ears, ends(t_ns=0, author="patient"))
    assert not ears.is_held_by_therapist


def test_a_fitting_that_is_over_before_the_first_sound_ends_with_it() -> None:
    ears = Ears({}, 0)
    assert [*ears.wait(0), *ears.wait(4 * S), *ears.wait(8 * S)] == [], "nothing plays yet"
    assert [event.kind for event in hear(ears, PLAYING, 9.0)] == ["sounding", "fitted"]


@pytest.mark.parametrize("code", ["card-lost", "headphones-out"])
def test_why_nobody_hears_the_music_is_told_at_once_and_once(code: str) -> None:
    ears = Ears(SOURCES, 0)
    hear(ears, PLAYING)
    fault = Fault(t_ns=0, process="audio", code=code, sentence="The headphones were unplugged.", action="Plug in.")
    (event,) = hear(ears, fault)
    assert (event.kind, event.sentence.startswith("The headphones were unplugged.")) == ("unheard", True)
    assert hear(ears, msgspec.structs.replace(PLAYING, sink="none")) == []
    assert hear(ears, PLAYING) == [Event("heard")]


def test_a_wristband_that_is_lost_for_long_and_found_again_is_told_once_each() -> None:
    ears = fitted()
    said = []
    for now_s in range(110, 200):
        state = "streaming" if now_s < 120 or now_s > 150 else "lost" if now_s % 2 else "connecting"
        said += [(now_s, name) for name in names([*hear(ears, status(state), now_s), *ears.wait(now_s * S)])]
    assert [name for _, name in said] == ["wristband-lost", "wristband-found"]
    assert 130 <= said[0][0] <= 132


def test_a_link_that_breaks_for_a_moment_is_not_worth_a_word() -> None:
    ears = fitted()
    for now_s in range(110, 200):
        state = "lost" if now_s % 9 < 5 else "streaming"
        assert names([*hear(ears, status(state), now_s), *ears.wait(now_s * S)]) == []


def test_a_low_battery_is_told_once() -> None:
    ears = fitted()
    told = [names(hear(ears, status("streaming", battery=charge))) for charge in (40, 15, 14)]
    assert told == [[], ["battery-low"], []]


def test_a_session_says_a_minute_before_its_end_that_it_ends() -> None:
    ears = fitted()
    left = [names(hear(ears, msgspec.structs.replace(_intent(), session_left_s=left_s))) for left_s in (600, 59, 40)]
    assert left == [[], ["session-ends-soon"], []]


@pytest.mark.parametrize(
    ("limit_db", "dose_percent", "told"),
    [(-6.0, 70.0, ["sound-limited"]), (-6.0, 10.0, []), (-1.0, 90.0, []), (-6.0, -1.0, [])],
)
def test_a_sound_that_the_dose_makes_softer_is_told_once(limit_db: float, dose_percent: float, told: list[str]) -> None:
    ears = fitted()
    exposure = Exposure(t_ns=0, session_pa2h=0.1, heard_s=60, dose_percent=dose_percent, limit_db=limit_db,
                        headphones="unknown")  # fmt: skip
    assert names(hear(ears, exposure)) == told
    assert hear(ears, exposure) == []


def test_a_session_that_ends_because_the_week_is_used_up_is_no_fault() -> None:
    ears = fitted()
    fault = Fault(t_ns=0, process="audio", code="dose-reached", sentence="Enough.", action="", fatal=True)
    assert hear(ears, fault) == []
    assert ears.has_used_dose


def test_another_wristband_than_before_is_told_while_it_is_put_on() -> None:
    ears = Ears(SOURCES, 0)
    ears.know({"wrist": BAND})
    hear(ears, status("streaming", device="AA:BB:CC:DD:EE:FF"), 13.0)
    said = [event.what for now_s in range(13, 90) for event in ears.wait(now_s * S)]
    assert "wristband-other" in said


def test_an_electrode_that_is_loose_is_heard_from_the_samples_and_pressed_until_it_sits() -> None:
    """The samples go through the judge of the loop, so its window and its thresholds are part of what is tried."""
    data = pink(60.0)
    loose = slice(0, round(25 * SFREQ_HZ))
    data[loose, 2] = 187_000.0
    ears, said = Ears({"cyton": SOURCES["cyton"]}, 0), list[tuple[float, str]]()
    hear(ears, PLAYING)
    extractor = None
    for chunk in chunks(data):
        extractor = extractor or EegExtractor(chunk)
        now_s = (chunk.first_sample + 25) / SFREQ_HZ
        heard: list[Message] = list(extractor.frames(chunk))
        heard += [Spoken(t_ns=0, name=name, manner="words", length_s=6) for at_s, name in said if at_s + 6 == now_s]
        assert all(isinstance(each, FeatureFrame | Spoken) for each in heard)
        events = [event for message in heard for event in hear(ears, message, now_s)]
        said += [(now_s, event.what) for event in [*events, *ears.wait(round(now_s * S))] if event.what]
        if not ears.is_fitting:
            break
    assert said[0][1] == "fit-top-left"
    assert said[-1][1] == "headset-good"
    assert 25 < said[-1][0] < 40


def _intent() -> MusicIntent:
    return intent(0)
