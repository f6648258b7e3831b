"""Has the box speak: in a session by the session's own sound, otherwise by an announcer, which plays and goes."""

from __future__ import annotations

from collections.abc import Callable

from device.messages import Hush, Language, Prompt, Spoken, VoiceOrder
from device.runtime.children import Child
from device.voice.prompts import PROMPTS, Urgency
from device.voice.teller import Teller

PAUSE_NS = 200_000_000


class Speaker:
    """`publish` gives the voice of a session its order; `announce` starts the announcer with a prompt.

    A card can be opened by one program at a time: `hush` has the announcer gone when it returns.
    """

    def __init__(
        self, language: Language, publish: Callable[[VoiceOrder], object], announce: Callable[[Prompt], Child | None]
    ) -> None:
        self._teller = Teller(language)
        self._publish, self._announce = publish, announce
        self._announcer: Child | None = None
        self._announced = ""
        self.problem = ""

    def ask(self, name: str, now_ns: int, code: str = "") -> None:
        """Have a prompt said as soon as may be."""
        self._teller.ask(name, now_ns, code)

    def turn(self, now_ns: int, *, in_session: bool) -> None:
        """Say what is due."""
        if self._announcer and (code := self._announcer.exit_code()) is not None:
            self.problem = f"`{self._announced}` could not be said ({code})." if code else ""
            self._announcer = None
            self._over(now_ns)
        if prompt := self._teller.due(now_ns):
            if in_session:
                self._publish(prompt)
            else:
                self._announced = prompt.name
                self._announcer = self._announce(prompt)
                if self._announcer is None:
                    self._over(now_ns)

    def _over(self, now_ns: int) -> None:
        self.heard(Spoken(t_ns=now_ns, name=self._announced, manner="words", length_s=0.0), now_ns)

    def heard(self, spoken: Spoken, now_ns: int) -> None:
        self._teller.heard(spoken, now_ns)

    def hush(self, now_ns: int, *, in_session: bool) -> None:
        """What is being said ends, and what waits is dropped if it is no more urgent."""
        order = self._teller.skip(now_ns)
        if in_session and isinstance(order, Hush):
            self._publish(order)
        if self._announcer:
            self._announcer.kill()
            self._announcer.wait(1.0)

    def forget_courtesies(self) -> None:
        """A session that has ended needs no guidance any more."""
        self._teller.withdraw(*(name for name, row in PROMPTS.items() if row.urgency <= Urgency.GUIDE))
