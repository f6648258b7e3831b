"""Has the box speak: in a session by the session's own sound, otherwise by an announcer, which speaks and goes."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from device.errors import Exit
from device.messages import UNDECODABLE, Hush, Language, Prompt, Spoken, VoiceOrder
from device.runtime.interpreter import HOUSE, environment, interpreter
from device.voice.prompts import PROMPTS, Urgency
from device.voice.teller import Teller

PROGRAM = "device.commands.announcement"
FADE_NS = 1_000_000_000
"""An announcer that was told to be silent and is still there after this time is ended by force."""


class Announcer:
    """A process that says one prompt. `folder` is where the box left its configuration.

    Raises:
        OSError: the system starts no process.
    """

    def __init__(self, folder: Path, prompt: Prompt) -> None:
        self.name = prompt.name
        self._hushed_ns: int | None = None
        self._process = subprocess.Popen(
            interpreter("-m", PROGRAM, str(folder), msgspec.json.encode(prompt).decode()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=environment(),
            cwd=HOUSE,
            start_new_session=True,
        )

    def hush(self, now_ns: int) -> None:
        self._hushed_ns = now_ns
        self._process.terminate()

    def end(self) -> None:
        """End it by force."""
        self._process.kill()
        self._process.communicate()

    def is_over(self, now_ns: int) -> bool:
        if self._hushed_ns is not None and now_ns - self._hushed_ns > FADE_NS:
            self._process.kill()
        return self._process.poll() is not None

    def said(self, now_ns: int) -> Spoken:
        """How it went, once it is over."""
        assert self._process.stdout
        with self._process.stdout as line, contextlib.suppress(*UNDECODABLE):
            return msgspec.json.decode(line.read(), type=Spoken)
        return Spoken(t_ns=now_ns, name=self.name, manner="nothing", length_s=0.0, is_whole=False)

    @property
    def found_no_card(self) -> bool:
        """Whether nobody could hear it, as no sound card took it."""
        return self._process.returncode == Exit.SOUND


class Speaker:
    """`publish` gives the voice of a session its order, `tell` is for the log. Call `turn` several times a second."""

    def __init__(
        self,
        language: Language,
        folder: Path,
        publish: Callable[[VoiceOrder], object],
        tell: Callable[[str], None],
    ) -> None:
        self._teller = Teller(language)
        self._folder, self._publish, self._tell = folder, publish, tell
        self._remarks: set[str] = set()
        """What was told of the voice already: what is missing for all prompts is told once."""
        self._announcer: Announcer | None = None

    def ask(self, name: str, now_ns: int, code: str = "") -> None:
        """Have a prompt said as soon as may be."""
        self._teller.ask(name, now_ns, code)

    def turn(self, now_ns: int, *, in_session: bool, is_heard: bool = True) -> None:
        """Say what is due, where somebody can say it: between a press and the first sound nobody can."""
        if self._announcer and self._announcer.is_over(now_ns):
            if self._announcer.found_no_card:
                self._teller.unheard(now_ns)
            self.heard(self._announcer.said(now_ns), now_ns)
            self._announcer = None
        if is_heard and (prompt := self._teller.due(now_ns)):
            if in_session:
                self._publish(prompt)
                return
            with contextlib.suppress(OSError):
                self._announcer = Announcer(self._folder, prompt)
            if self._announcer is None:
                self._teller.unheard(now_ns)

    def heard(self, spoken: Spoken, now_ns: int) -> None:
        """A prompt is over; what there is to say of its words is told once."""
        self._teller.heard(spoken, now_ns)
        if spoken.remark and spoken.remark not in self._remarks:
            self._remarks.add(spoken.remark)
            self._tell(spoken.remark)

    def hush(self, now_ns: int, *, in_session: bool) -> None:
        """What is being said ends, and what waits is dropped if it is no more urgent.

        A card can be opened by one program at a time: the announcer has given it back before a session wants it.
        """
        order = self._teller.skip(now_ns)
        if in_session and isinstance(order, Hush):
            self._publish(order)
        if self._announcer:
            self._announcer.hush(now_ns)

    def forget_guidance(self) -> None:
        """A session that has ended needs no guidance any more."""
        self._teller.withdraw(*(name for name, row in PROMPTS.items() if row.urgency <= Urgency.GUIDE))

    def close(self) -> None:
        if self._announcer:
            self._announcer.end()
