"""Says one prompt while no session plays, and ends: it has the sound card for as long as it speaks, and no longer.

The prompt goes the same way as in a session: through the voice's track, and behind it the PCM guard and the hearing
guard. It is as loud as over a session's usual music. What it adds to the week is told to whoever asked for it, and who
keeps the account; the account cannot silence it, for who has used the week up must still be told so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from device.audio.engine import fade_fast, open_sink
from device.audio.player import Sink
from device.audio.safety.hearing import HearingGuard
from device.audio.safety.limits import FADE_IN_S, START_DB
from device.audio.safety.pcm_guard import DELAY_FRAMES, PcmGuard
from device.audio.samples import Samples
from device.audio.speech_loader import SpeechLoader
from device.audio.tracks.voice import VoiceTrack
from device.clock import Clock
from device.config import DeviceConfig, Limits, Prescription, SessionConfig
from device.errors import SoundError
from device.messages import Exposure, Prompt, Spoken

POLL_S = 0.005
GAIN = 10.0 ** (START_DB / 20.0)
"""The PCM guard lets no sound begin louder; the voice is louder by as much before it."""
USUAL_DB = -6.0
"""Level of a session's music, relative to the prescribed loudness."""
MUSIC_LUFS = Prescription().loudness_lufs + USUAL_DB
MINUTES = 0.25
"""No announcement is longer."""


class Announced(NamedTuple):
    """How it went, and what ears have had of it."""

    spoken: Spoken
    heard: Exposure


class Announcement:
    """One prompt, as blocks of 16-bit stereo behind the guard."""

    def __init__(self, device: DeviceConfig, prompt: Prompt) -> None:
        self._audio = device.audio
        clip = SpeechLoader(device.voice, device.audio.sfreq_hz).load(prompt)
        self.spoken = Spoken(t_ns=0, name=prompt.name, manner=clip.manner, length_s=0.0, remark=clip.remark)
        """How it went, as far as it has."""
        self._track = VoiceTrack(device.voice, device.audio, MUSIC_LUFS - START_DB)
        self._guard = PcmGuard(device.audio, Limits(), seed=0)
        self._hearing = HearingGuard(
            SessionConfig(session_id="", run_dir="", session_dir="", models_dir="", minutes=MINUTES, device=device)
        )  # fmt: skip
        self.is_silent = not len(clip.sound)
        if not self.is_silent:
            self._track.play(clip)

    def blocks(self) -> Iterator[bytes]:
        """From a second of silence, in which the guard opens, to the last of what it holds back."""
        n_frames = self._audio.block_frames
        for _ in range(round(FADE_IN_S * self._audio.sfreq_hz / n_frames) + 1):
            yield self._pass_on(np.zeros((n_frames, 2), np.float32))
        while self._track.is_speaking:
            block = np.zeros((n_frames, 2), np.float32)
            self._track.speak_into(block)
            yield self._pass_on(block)
        for spoken in self._track.take_spoken(0):
            self.spoken = spoken
        for _ in range(DELAY_FRAMES // n_frames + 1):
            yield self._pass_on(np.zeros((n_frames, 2), np.float32))

    def exposure(self, t_ns: int) -> Exposure:
        """What ears have had of it until now."""
        return self._hearing.exposure(t_ns)

    def _pass_on(self, block: Samples) -> bytes:
        pcm = self._guard.pass_on(block, GAIN * self._hearing.level())
        self._hearing.hear(0, pcm)
        return pcm


def announce(device: DeviceConfig, prompt: Prompt, clock: Clock, is_stopped: Callable[[], bool]) -> Announced:
    """Have a prompt heard; `is_stopped` silences it within 100 ms.

    Raises:
        SoundError: there is no sound card, or it stopped taking sound.
    """
    announcement = Announcement(device, prompt)
    if announcement.is_silent:
        return Announced(announcement.spoken, announcement.exposure(clock.now_ns()))
    sink = open_sink(device.audio, clock)
    try:
        is_whole = _play(announcement.blocks(), sink, clock, is_stopped)
        if not is_whole:
            fade_fast(sink, device.audio)
        _drain(sink, device.audio.periods, clock)
    finally:
        sink.close()
    now_ns = clock.now_ns()
    spoken = msgspec.structs.replace(announcement.spoken, t_ns=now_ns, is_whole=is_whole)
    return Announced(spoken, announcement.exposure(now_ns))


def _play(blocks: Iterator[bytes], sink: Sink, clock: Clock, is_stopped: Callable[[], bool]) -> bool:
    """Send the blocks to the card as it takes them; whether all were sent."""
    for block in blocks:
        while not (is_to_end := is_stopped()) and not sink.room():
            _check(sink)
            clock.sleep(POLL_S)
        if is_to_end:
            return False
        sink.push(block)
    return True


def _drain(sink: Sink, periods: int, clock: Clock) -> None:
    """Wait until the card has had all."""
    while sink.room() < periods:
        _check(sink)
        clock.sleep(POLL_S)


def _check(sink: Sink) -> None:
    if not sink.is_alive():
        raise SoundError(f"The sound card {sink.name} stopped taking sound.", "Plug it in again.")
