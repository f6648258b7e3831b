"""Spoken prompts and musical signs, over the music and softer than it.

The loudest moment of a prompt stays `[voice] below_music_db` below the loudness that the music had just before, so
nobody is ever startled by words; the music makes way by more than that, so they are understood. Where there is hardly
any music, words are as loud as if the music were `QUIET_LU` below what is prescribed.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from device.audio.conductor import Conductor
from device.audio.samples import Samples
from device.audio.speech_loader import MATCHED_LUFS, Clip, SpeechLoader
from device.config import AudioConfig, VoiceConfig
from device.messages import Hush, Message, Prompt, Spoken

MARGIN_DB = 1.0
"""The music's loudness moves while a prompt is spoken."""
CLEAR_DB = 11.0
"""So far the music goes below the words' loudest moment: 6 to 7 LU below their mean (measured), as with a speaker in
radio."""
LEAD_S = 0.35
"""The music begins to make way so long before the first word."""
HUSH_S = 0.06
"""Length of the fade of what is cut short."""
QUIET_LU = 10.0
LATE_S = 1.5
"""Words that were not read by then are not waited for: a card that is wearing out may hang for ever."""


class VoiceTrack:
    """Plays one prompt after the other, as they were asked for; what it told stands in `take_spoken`."""

    def __init__(self, voice: VoiceConfig, audio: AudioConfig, prescribed_lufs: float) -> None:
        self.music_lufs = prescribed_lufs
        """Loudness of the music of late, before the others' gains: set by whoever measures it."""
        self._below_db, self._prescribed_lufs = voice.below_music_db, prescribed_lufs
        self._sfreq_hz = audio.sfreq_hz
        self._loader = SpeechLoader(voice, audio.sfreq_hz)
        self._clip: Clip | None = None
        self._at = 0
        """The next frame of the clip; below 0 while the music makes way."""
        self._gain = 0.0
        self._fade: int | None = None
        """Frames that are left of the fade of what is cut short."""
        self._n_waiting = self._n_hushed = 0
        """Prompts that were asked for and have not begun, and how many of them are not wanted any more."""
        self._waited = 0
        """Frames since somebody waits for words that are not ready."""
        self._spoken: list[Spoken] = []

    def take(self, message: Message) -> None:
        if isinstance(message, Prompt):
            if self._loader.ask(message):
                self._n_waiting += 1
            else:
                self._tell(message, "nothing", 0.0, is_whole=False, remark="Too many prompts wait already.")
        elif isinstance(message, Hush):
            self._n_hushed = self._n_waiting
            if self._clip is not None and self._fade is None:
                self._fade = round(HUSH_S * self._sfreq_hz)

    def add_to(self, block: Samples, frame: int, conductor: Conductor) -> None:
        del frame, conductor
        self.speak_into(block)

    def ducks_db(self) -> float:
        """How far the others are to be softer: from shortly before the first word to the last."""
        return self._below_db + CLEAR_DB if self._clip is not None else 0.0

    @property
    def is_speaking(self) -> bool:
        return self._clip is not None

    def take_spoken(self, now_ns: int) -> list[Spoken]:
        """What came to an end since the last call."""
        spoken, self._spoken = self._spoken, []
        return [msgspec.structs.replace(each, t_ns=now_ns) for each in spoken]

    def speak_into(self, block: Samples) -> None:
        """Add what is to be heard now, the same on both ears."""
        if self._clip is None and not self._begin():
            self._wait(len(block))
            return
        assert self._clip is not None
        sound = self._clip.sound[max(0, self._at) : max(0, self._at + len(block))]
        begins = max(0, -self._at)
        own = np.zeros(len(block), np.float32)
        own[begins : begins + len(sound)] = sound * np.float32(self._gain)
        own *= self._fading(len(block))
        block += own[:, None]
        self._at += len(block)
        if self._at >= len(self._clip.sound) or self._fade == 0:
            self._end()

    def _begin(self) -> bool:
        """Take the next prompt that is ready, is still wanted and has a sound."""
        while (clip := self._loader.ready()) is not None:
            self._n_waiting -= 1
            is_wanted = not self._n_hushed
            self._n_hushed = max(0, self._n_hushed - 1)
            if is_wanted and len(clip.sound):
                self.play(clip)
                return True
            self._tell(clip.prompt, "nothing", 0.0, is_whole=is_wanted, remark=clip.remark)
        return False

    def _wait(self, n_frames: int) -> None:
        self._waited = self._waited + n_frames if self._n_waiting else 0
        if self._waited > LATE_S * self._sfreq_hz:
            self._loader.give_up_words()

    def play(self, clip: Clip) -> None:
        """Begin with a prompt that is ready, after the time in which music makes way."""
        self._clip, self._at, self._fade = clip, -round(LEAD_S * self._sfreq_hz), None
        self._waited = 0
        loudest = max(self.music_lufs, self._prescribed_lufs - QUIET_LU) - self._below_db - MARGIN_DB
        self._gain = 10.0 ** ((loudest - MATCHED_LUFS) / 20.0)

    def _fading(self, n_frames: int) -> Samples:
        """Gain of each frame: 1, or the fade of what is cut short."""
        if self._fade is None:
            return np.ones(n_frames, np.float32)
        length = round(HUSH_S * self._sfreq_hz)
        left = np.clip(self._fade - 1 - np.arange(n_frames), 0, length) / length
        self._fade = max(0, self._fade - n_frames)
        return np.asarray(0.5 - 0.5 * np.cos(np.pi * left), np.float32)

    def _end(self) -> None:
        clip, self._clip = self._clip, None
        assert clip is not None
        heard_s = max(0, min(self._at, len(clip.sound))) / self._sfreq_hz
        self._tell(clip.prompt, clip.manner, heard_s, is_whole=self._fade is None, remark=clip.remark)

    def _tell(
        self,
        prompt: Prompt,
        manner: Literal["words", "sign", "nothing"],
        length_s: float,
        *,
        is_whole: bool,
        remark: str,
    ) -> None:
        self._spoken.append(
            Spoken(t_ns=0, name=prompt.name, manner=manner, length_s=length_s, is_whole=is_whole,
                   remark=remark)
        )  # fmt: skip
