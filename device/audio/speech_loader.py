"""Gets what a prompt sounds like ready beside the audio loop, which never waits for a disk.

A thread reads the words, or plays the prompt's musical sign instead where there are none, and says why. All are brought
to one loudness: that of their loudest 400 ms is `MATCHED_LUFS` (momentary loudness, EBU Tech 3341).
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Literal, NamedTuple

import numpy as np

from device.audio.samples import Samples
from device.audio.speech import find_speech, loudest_lufs, read_speech
from device.config import VoiceConfig
from device.errors import IsotoneError
from device.messages import Prompt
from device.voice.prompts import PROMPTS, parts_of
from device.voice.signs import render_sign

MATCHED_LUFS = -24.0
GAP_S = 0.15
"""Pause between two parts of a prompt, such as digits."""
WAITING_MAX = 4
LONGEST_S = 18.0
"""What would be longer, by many digits, ends here."""


class Clip(NamedTuple):
    """A prompt that is ready to be played."""

    prompt: Prompt
    manner: Literal["words", "sign", "nothing"]
    sound: Samples
    """Mono, matched in loudness; empty where nothing is to be heard."""
    remark: str = ""
    """Why it is no words although it should be."""


class SpeechLoader:
    """`ask` for prompts, and take what `ready` has, in the same order."""

    def __init__(self, config: VoiceConfig, sfreq_hz: int) -> None:
        self._config, self._sfreq_hz = config, sfreq_hz
        self._pending: deque[Prompt] = deque()
        self._asked: queue.SimpleQueue[Prompt] | None = None
        """None: there is no thread yet, for whoever is never told anything needs none."""
        self._ready: queue.SimpleQueue[Clip] = queue.SimpleQueue()
        self._trouble = ""
        """Why there are only signs from now on."""

    def ask(self, prompt: Prompt) -> bool:
        """Have a prompt made ready; false where too many wait already."""
        if len(self._pending) >= WAITING_MAX:
            return False
        self._pending.append(prompt)
        (self._asked or self._begin()).put(prompt)
        return True

    def ready(self) -> Clip | None:
        """The next prompt that is ready; never waits."""
        try:
            clip = self._ready.get_nowait()
        except queue.Empty:
            return None
        self._pending.popleft()
        return clip

    def give_up_words(self) -> None:
        """The disk does not answer: have what waits told by signs, and all that follows."""
        if not self._trouble:
            self._trouble = "The disk with the spoken prompts does not answer."
            asked = self._begin()
            for prompt in self._pending:
                asked.put(prompt)

    def _begin(self) -> queue.SimpleQueue[Prompt]:
        """Start a thread; one that hangs is left behind with its queues."""
        self._asked, self._ready = asked, ready = queue.SimpleQueue[Prompt](), queue.SimpleQueue[Clip]()
        threading.Thread(target=self._work, args=(asked, ready), name="speech", daemon=True).start()
        return asked

    def _work(self, asked: queue.SimpleQueue[Prompt], ready: queue.SimpleQueue[Clip]) -> None:
        while True:
            ready.put(self.load(asked.get()))

    def load(self, prompt: Prompt) -> Clip:
        """What a prompt sounds like; for programs that may wait, too."""
        if self._config.speak == "nothing" or prompt.name not in PROMPTS:
            remark = "" if prompt.name in PROMPTS else f"There is no prompt `{prompt.name[:40]}`."
            return Clip(prompt, "nothing", np.zeros(0, np.float32), remark)
        if self._config.speak == "words" and not self._trouble:
            try:
                return Clip(prompt, "words", self._matched(self._words(prompt)))
            except IsotoneError as error:
                return Clip(prompt, "sign", self._matched(self._signs(prompt)), str(error))
        return Clip(prompt, "sign", self._matched(self._signs(prompt)), self._trouble)

    def _words(self, prompt: Prompt) -> Samples:
        """Raises SoundError, ConfigError."""
        language = prompt.language or self._config.language
        parts = [find_speech(self._config, language, name) for name in parts_of(prompt.name, prompt.digits)]
        return self._joined([read_speech(part, self._sfreq_hz) for part in parts])

    def _signs(self, prompt: Prompt) -> Samples:
        names = parts_of(prompt.name, prompt.digits)
        return self._joined([render_sign(PROMPTS[name].sign, self._sfreq_hz) for name in names])

    def _joined(self, parts: list[Samples]) -> Samples:
        gap = np.zeros(round(GAP_S * self._sfreq_hz), np.float32)
        return np.concatenate([piece for part in parts for piece in (part, gap)])[: round(LONGEST_S * self._sfreq_hz)]

    def _matched(self, sound: Samples) -> Samples:
        gain = 10.0 ** ((MATCHED_LUFS - loudest_lufs(sound, self._sfreq_hz)) / 20.0)
        return sound * np.float32(gain)
