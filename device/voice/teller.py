"""Decides which prompt is told next: the most urgent first, one at a time, no prompt twice within a minute.

What has waited until it is no longer true is dropped, and a press of the listener ends what is being said. Pure: the
box feeds it, and sends on what it gives out.
"""

from __future__ import annotations

from typing import NamedTuple

from device.messages import Hush, Language, Prompt, Spoken, VoiceOrder
from device.voice.prompts import PROMPTS

AGAIN_NS = 60_000_000_000
"""The same prompt, with the same digits, is not said again within this time."""
BREATH_NS = 600_000_000
"""Pause between two prompts."""
LONGEST_NS = 20_000_000_000
"""A prompt whose end was never heard is taken for over after this time: whoever said it has gone."""
WAITING_MAX = 16
RETRY_NS = 5_000_000_000
"""What no sound card took is tried again after this time, as long as it is true."""


class Waiting(NamedTuple):
    name: str
    digits: str
    since_ns: int
    was_unheard: bool = False
    """Nobody could hear it yet."""

    @property
    def rank(self) -> tuple[int, int]:
        """The most urgent comes first, and of those the one that waits longest."""
        return (-PROMPTS[self.name].urgency, self.since_ns)

    def is_true_at(self, now_ns: int) -> bool:
        return now_ns - self.since_ns <= PROMPTS[self.name].true_for_s * 1e9


class Teller:
    """`ask` for what is to be said, and send on what `due` gives out, at least a few times a second."""

    def __init__(self, language: Language = "en") -> None:
        self.language: Language = language
        self._waiting: list[Waiting] = []
        self._said_ns: dict[tuple[str, str], int] = {}
        self._saying: tuple[Waiting, int] | None = None
        """What is being said, and since when."""
        self._free_ns = 0
        """Time from which the next may be said."""

    def ask(self, name: str, now_ns: int, digits: str = "") -> bool:
        """Have a row of `PROMPTS` said as soon as may be; false where it was said within the minute, or waits already.

        Raises:
            KeyError: there is no such prompt.
        """
        if name not in PROMPTS:
            raise KeyError(name)
        said_ns = self._said_ns.get((name, digits))
        is_known = any((each.name, each.digits) == (name, digits) for each in self._waiting)
        if is_known or (said_ns is not None and now_ns - said_ns < AGAIN_NS):
            return False
        self._waiting.append(Waiting(name, digits, now_ns))
        self._waiting.sort(key=lambda each: each.rank)
        del self._waiting[WAITING_MAX:]
        return True

    def withdraw(self, *names: str) -> None:
        """What waits under these names is not true any more."""
        self._waiting = [each for each in self._waiting if each.name not in names]

    def due(self, now_ns: int) -> Prompt | None:
        """What is to be said now; the caller has it said."""
        if self._saying and now_ns - self._saying[1] > LONGEST_NS:
            self._end(now_ns)
        self._waiting = [each for each in self._waiting if each.is_true_at(now_ns)]
        if self._saying or now_ns < self._free_ns or not self._waiting:
            return None
        chosen = self._waiting.pop(0)
        self._saying = (chosen, now_ns)
        self._said_ns = {key: at_ns for key, at_ns in self._said_ns.items() if now_ns - at_ns < AGAIN_NS}
        self._said_ns[chosen.name, chosen.digits] = now_ns
        return Prompt(t_ns=now_ns, name=chosen.name, digits=chosen.digits, language=self.language)

    def heard(self, spoken: Spoken, now_ns: int) -> None:
        """A prompt has come to its end."""
        if self._saying and self._saying[0].name == spoken.name:
            self._end(now_ns)

    def unheard(self, now_ns: int) -> None:
        """What is being said finds no sound card: it waits for one as long as it is true."""
        if self._saying:
            lost, _ = self._saying
            self._end(now_ns)
            self._free_ns = now_ns + RETRY_NS
            self._said_ns.pop((lost.name, lost.digits), None)
            self._waiting = sorted((*self._waiting, lost._replace(was_unheard=True)), key=lambda each: each.rank)

    def skip(self, now_ns: int) -> VoiceOrder | None:
        """The listener pressed a button: what is being said ends, and what waits is dropped if no more urgent."""
        self._waiting = [each for each in self._waiting if not each.was_unheard]
        if self._saying is None:
            return None
        urgency = PROMPTS[self._saying[0].name].urgency
        self._waiting = [each for each in self._waiting if PROMPTS[each.name].urgency > urgency]
        return Hush(t_ns=now_ns)

    @property
    def is_saying(self) -> bool:
        return self._saying is not None

    def _end(self, now_ns: int) -> None:
        self._saying = None
        self._free_ns = now_ns + BREATH_NS
