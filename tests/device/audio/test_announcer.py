"""A prompt without a session: as loud as over music, on the card only while it is heard, silent soon when stopped."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np
import pytest

from device.audio import announcer
from device.audio.announcer import MUSIC_LUFS, Announcement, announce
from device.audio.player import ClockSink
from device.audio.speech import loudest_lufs
from device.clock import VirtualClock
from device.config import AudioConfig, DeviceConfig, HeadphonesConfig, VoiceConfig
from device.errors import SoundError
from device.messages import Prompt
from tests.device.audio.voices import give_voice

DEVICE = DeviceConfig(
    audio=AudioConfig(sink="wav"), headphones=HeadphonesConfig(sensitivity_db_v=100.0, full_scale_v=0.5)
)
WELCOME = Prompt(t_ns=0, name="welcome")
SFREQ_HZ = DEVICE.audio.sfreq_hz


class Card(ClockSink):
    """A card that keeps what was heard, and may die."""

    made: ClassVar[list[Card]] = []
    dies_after: int | None = None

    def __init__(self, config: AudioConfig, clock: VirtualClock) -> None:
        super().__init__(config, clock)
        self.kept: list[bytes] = []
        self.is_closed = False
        Card.made.append(self)

    def take(self, t_ns: int) -> bytes:
        pcm = super().take(t_ns)
        self.kept.append(pcm)
        return pcm

    def is_alive(self) -> bool:
        return Card.dies_after is None or len(self.kept) < Card.dies_after

    def close(self) -> None:
        self.is_closed = True

    @property
    def pcm(self) -> np.ndarray:
        return np.frombuffer(b"".join(self.kept), "<i2").reshape(-1, 2)


@pytest.fixture(autouse=True)
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Card]:
    give_voice(tmp_path, monkeypatch)
    monkeypatch.setattr(Card, "made", [])
    monkeypatch.setattr(Card, "dies_after", None)
    monkeypatch.setattr(announcer, "open_sink", Card)
    return Card.made


def test_it_is_heard_whole_and_gives_the_card_back(cards: list[Card]) -> None:
    clock = VirtualClock(0)
    spoken, heard = announce(DEVICE, WELCOME, clock, lambda: False)
    assert (spoken.manner, spoken.is_whole) == ("words", True)
    assert spoken.length_s == pytest.approx(1.15, abs=0.05)
    assert cards[0].is_closed
    assert 1.0 <= heard.heard_s < 3.0
    assert heard.session_pa2h > 0.0
    assert clock.now_ns() / 1e9 < 3.0
    assert np.abs(cards[0].pcm[-64:].astype(int)).max() <= 1


@pytest.mark.parametrize("below_db", [10.0, 20.0])
def test_it_is_ten_decibels_softer_than_the_music_would_be(below_db: float) -> None:
    device = msgspec.structs.replace(DEVICE, voice=VoiceConfig(below_music_db=below_db))
    data = b"".join(Announcement(device, WELCOME).blocks())
    heard = np.frombuffer(data, "<i2").reshape(-1, 2)[:, 0].astype(np.float32) / np.float32(32768)
    assert MUSIC_LUFS - below_db - 2.0 <= loudest_lufs(heard, SFREQ_HZ) <= MUSIC_LUFS - below_db


def test_a_stop_is_silent_within_100_ms_without_a_click(cards: list[Card]) -> None:
    clock = VirtualClock(0)
    stopped_ns = round(2.0 * 1e9)
    spoken, heard = announce(DEVICE, WELCOME, clock, lambda: clock.now_ns() >= stopped_ns)
    assert heard.session_pa2h > 0.0
    assert not spoken.is_whole
    assert clock.now_ns() - stopped_ns <= 0.1e9
    tail = cards[0].pcm[-4800:, 0].astype(int)
    assert tail[-1] == 0
    assert np.abs(np.diff(tail, 2)).max() < 0.1 * np.abs(tail).max() + 4


def test_without_a_voice_the_card_is_not_touched(cards: list[Card]) -> None:
    device = msgspec.structs.replace(DEVICE, voice=VoiceConfig(speak="nothing"))
    spoken, heard = announce(device, WELCOME, VirtualClock(0), lambda: False)
    assert (spoken.manner, heard.session_pa2h) == ("nothing", 0.0)
    assert cards == []


def test_a_card_that_dies_is_given_back_and_told(cards: list[Card], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Card, "dies_after", 20)
    with pytest.raises(SoundError, match="stopped taking sound"):
        announce(DEVICE, WELCOME, VirtualClock(0), lambda: False)
    assert cards[0].is_closed
