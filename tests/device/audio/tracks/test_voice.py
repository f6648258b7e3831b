"""Prompts sound softer than the music, which makes way; they can be cut short, and no disk holds the sound up."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.audio import speech_loader
from device.audio.conductor import Conductor
from device.audio.mixer import Mixer
from device.audio.samples import Samples
from device.audio.speech import loudest_lufs
from device.audio.speech_loader import WAITING_MAX
from device.audio.tracks.voice import CLEAR_DB, LEAD_S, QUIET_LU, VoiceTrack
from device.config import AudioConfig, SessionConfig, VoiceConfig
from device.messages import Hush, Message, Prompt, Spoken
from tests.device.audio.voices import give_voice, load_at_once, write_words

AUDIO = AudioConfig()
SFREQ_HZ, BLOCK = AUDIO.sfreq_hz, AUDIO.block_frames
PRESCRIBED_LUFS = -27.0
CONDUCTOR = Conductor(SessionConfig(session_id="s", run_dir="/tmp/s", session_dir="/tmp/s", models_dir=""))
WELCOME = Prompt(t_ns=0, name="welcome")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    give_voice(tmp_path / "own", monkeypatch)
    load_at_once(monkeypatch)
    return tmp_path / "own"


def voice(**config: object) -> VoiceTrack:
    return VoiceTrack(VoiceConfig(**config), AUDIO, PRESCRIBED_LUFS)


def spoken_by(track: VoiceTrack, seconds: float) -> Samples:
    blocks = []
    for _ in range(round(seconds * SFREQ_HZ / BLOCK)):
        block = np.zeros((BLOCK, 2), np.float32)
        track.speak_into(block)
        blocks.append(block)
    return np.concatenate(blocks)


def said(track: VoiceTrack) -> list[Spoken]:
    return track.take_spoken(7)


def test_words_are_heard_on_both_ears_and_their_end_is_told(own: Path) -> None:
    track = voice()
    track.take(WELCOME)
    sound = spoken_by(track, 2.0)
    assert (sound[:, 0] == sound[:, 1]).all()
    assert not sound[: round(LEAD_S * SFREQ_HZ)].any()
    middle = sound[round(0.6 * SFREQ_HZ) : round(1.1 * SFREQ_HZ), 0]
    assert np.argmax(np.abs(np.fft.rfft(middle))) * SFREQ_HZ / len(middle) == pytest.approx(440, abs=3)
    [told] = said(track)
    assert told == Spoken(t_ns=7, name="welcome", manner="words", length_s=told.length_s)
    assert told.length_s == pytest.approx(1.15, abs=0.05)


@pytest.mark.parametrize("music_lufs", [-45.0, -36.0, -27.0, -20.0, -14.0])
@pytest.mark.parametrize("below_db", [10.0, 16.0])
@pytest.mark.parametrize("speak", ["words", "signs"])
def test_no_moment_is_louder_than_the_music_less_ten_decibels(
    own: Path, music_lufs: float, below_db: float, speak: str
) -> None:
    track = voice(below_music_db=below_db, speak=speak)
    track.music_lufs = music_lufs
    for name in ("welcome", "needs-help"):
        track.take(Prompt(t_ns=0, name=name))
    loudest = loudest_lufs(spoken_by(track, 9.0)[:, 0], SFREQ_HZ)
    reference = max(music_lufs, PRESCRIBED_LUFS - QUIET_LU)
    assert reference - below_db - 2.0 <= loudest <= reference - below_db


def test_the_music_makes_way_before_the_first_word_until_the_last_without_a_click(own: Path) -> None:
    class Music:
        def take(self, message: Message) -> None: ...

        def ducks_db(self) -> float:
            return 0.0

        def add_to(self, block: Samples, frame: int, conductor: Conductor) -> None:
            block += 0.1 * np.sin(2 * np.pi * 100 * (frame + np.arange(len(block))) / SFREQ_HZ)[:, None].astype("f4")

    track = voice()
    mixer = Mixer((Music(), track), AUDIO)
    mixer.take(WELCOME)
    blocks = [mixer.mix(number * BLOCK, CONDUCTOR).copy() for number in range(round(5 * SFREQ_HZ / BLOCK))]
    sound = np.concatenate(blocks)[:, 0].astype(float)

    def level_db(pitch_hz: float, from_s: float, to_s: float) -> float:
        part = sound[round(from_s * SFREQ_HZ) : round(to_s * SFREQ_HZ)]
        t_s = np.arange(len(part)) / SFREQ_HZ
        return 20 * np.log10(np.abs(np.mean(part * np.exp(-2j * np.pi * pitch_hz * t_s))) + 1e-9)

    assert level_db(100, 0.6, 1.2) - level_db(100, 4.2, 4.8) == pytest.approx(-10.0 - CLEAR_DB, abs=1.0)
    assert level_db(440, 0.6, 1.2) > level_db(100, 0.6, 1.2)
    assert np.abs(np.diff(sound, 2)).max() < 0.01


def test_a_press_cuts_it_short_softly_and_drops_what_waits(own: Path) -> None:
    track = voice()
    for name in ("welcome", "ready", "reminder"):
        track.take(Prompt(t_ns=0, name=name))
    spoken_by(track, 0.8)
    track.take(Hush(t_ns=0))
    sound = spoken_by(track, 1.0)[:, 0]
    assert not sound[round(0.1 * SFREQ_HZ) :].any()
    assert np.abs(np.diff(sound, 2)).max() < 0.001
    assert [(told.name, told.is_whole) for told in said(track)] == [
        ("welcome", False), ("ready", False), ("reminder", False),
    ]  # fmt: skip
    track.take(WELCOME)
    assert spoken_by(track, 2.0).any()


def test_where_there_are_no_words_a_sign_is_heard_and_the_reason_is_told(own: Path) -> None:
    (own / "en" / "welcome.wav").write_bytes(b"RIFF, but no more")
    track = voice()
    track.take(WELCOME)
    assert spoken_by(track, 3.0).any()
    [told] = said(track)
    assert told.manner == "sign"
    assert "welcome.wav" in told.remark


def test_a_clinics_own_recording_is_heard_instead(own: Path, tmp_path: Path) -> None:
    write_words(tmp_path / "clinic" / "en" / "welcome.wav", pitch_hz=700)
    track = voice(folder=str(tmp_path / "clinic"))
    track.take(WELCOME)
    middle = spoken_by(track, 2.0)[round(0.6 * SFREQ_HZ) : round(1.1 * SFREQ_HZ), 0]
    assert np.argmax(np.abs(np.fft.rfft(middle))) * SFREQ_HZ / len(middle) == pytest.approx(700, abs=3)


def test_a_prompt_in_another_language_than_the_boxs(own: Path) -> None:
    write_words(own / "es" / "welcome.wav", length_s=2.0)
    track = voice()
    track.take(msgspec.structs.replace(WELCOME, language="es"))
    spoken_by(track, 4.0)
    assert said(track)[0].length_s == pytest.approx(2.15, abs=0.05)


def test_a_number_is_spoken_digit_by_digit(own: Path) -> None:
    track = voice()
    track.take(Prompt(t_ns=0, name="needs-help-code", digits="407"))
    spoken_by(track, 7.0)
    assert said(track)[0].length_s == pytest.approx(4 * 1.15, abs=0.1)


@pytest.mark.parametrize(("speak", "manner"), [("signs", "sign"), ("nothing", "nothing")])
def test_whoever_wants_no_words_gets_none(own: Path, speak: str, manner: str) -> None:
    track = voice(speak=speak)
    track.take(WELCOME)
    assert spoken_by(track, 3.0).any() == (speak == "signs")
    assert [(told.manner, told.remark) for told in said(track)] == [(manner, "")]


def test_an_unknown_prompt_is_told_and_not_heard(own: Path) -> None:
    track = voice()
    track.take(Prompt(t_ns=0, name="no such"))
    assert not spoken_by(track, 0.5).any()
    [told] = said(track)
    assert told.manner == "nothing"
    assert "no such" in told.remark


def test_a_disk_that_hangs_holds_nothing_up_and_a_sign_is_heard_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(speech_loader, "read_speech", lambda *_: release.wait(60) and np.zeros(48_000, np.float32))
    track = voice()
    for _ in range(20):
        track.take(WELCOME)
    assert not spoken_by(track, 1.0).any()
    told = said(track)
    assert len(told) == 20 - WAITING_MAX
    assert all("Too many" in each.remark for each in told)
    spoken_by(track, 1.0)
    deadline = time.monotonic() + 30
    while not spoken_by(track, 0.1).any():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    while len(told) < 20:
        spoken_by(track, 0.5)
        told += said(track)
    assert {(each.manner, each.remark) for each in told[-WAITING_MAX:]} == {
        ("sign", "The disk with the spoken prompts does not answer.")
    }
    release.set()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(st.sampled_from(["welcome", "ready", "hush", "wait", "nonsense"]), max_size=12),
    music_lufs=st.floats(-120, 20),
)
def test_every_prompt_ends_exactly_once_whatever_comes(own: Path, events: list[str], music_lufs: float) -> None:
    track = voice(speak="signs")
    track.music_lufs = music_lufs
    for event in events:
        if event == "hush":
            track.take(Hush(t_ns=0))
        elif event == "wait":
            assert np.isfinite(spoken_by(track, 0.7)).all()
        else:
            track.take(Prompt(t_ns=0, name=event))
    while track.is_speaking or track._n_waiting:
        spoken_by(track, 0.5)
    names = sorted(event for event in events if event not in ("hush", "wait"))
    assert sorted(told.name for told in said(track)) == names
    assert track.ducks_db() == 0.0
