"""Guides somebody who puts on the headset alone, by what the sensors say: one thing at a time, the worst first.

Pure. Each remedy is asked for once at most, so nobody is nagged; when all sits well it says thank you, and when there
is nothing new to ask, or the time is over, it says that it goes on with what there is. Music plays meanwhile.

Contact is told from signal quality alone: a Cyton could measure impedance, but its commands for that disturb the stream
that the first estimate needs (OpenBCI_Cyton_Library issue 68, OpenBCI_GUI issue 297).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from device.box.contact import Contact
from device.config import SourceConfig
from device.messages import FeatureFrame, Message, SensorStatus, Spoken
from device.voice.places import place_of

S = 1_000_000_000
LONGEST_NS = 82 * S
"""After this time it is over; what it says last ends within 90 s."""
SPEECH_NS = 9 * S
"""A prompt whose end is not heard is taken for said after this time: none lasts longer than 8 s."""
REACT_NS = 8 * S
"""From the end of a prompt until hands have done it and the window of 4 s that is judged has seen it."""
PUT_ON_NS = 12 * S
"""Putting the headset on takes so long, after the welcome that asks for it."""
SWITCH_ON_NS = 30 * S
"""Somebody who was asked for a headset or wristband that is not heard may look for its switch for so long."""
FIND_NS = 15 * S
"""A wristband is looked for for so long before anybody is asked about it."""
HELD_NS = 3 * S
"""All is well once it was for so long."""
MANY = 0.75
"""Share of electrodes that tells of a cause they have in common."""
HEADSETS = ("cyton",)
"""Types of source that send EEG; of others it is known once EEG comes."""


class Progress(NamedTuple):
    """What is to be done now."""

    say: str = ""
    """A row of `voice.prompts.PROMPTS`; empty: nothing."""
    is_done: bool = False
    sentence: str = ""
    """How it stands, in words: for the log and for whoever looks on."""


class Fitting:
    """Give `step` what sensors and voice say, and a tick several times a second, until it is done."""

    def __init__(self, sources: Mapping[str, SourceConfig], now_ns: int) -> None:
        self._has_headset = any(source.type in HEADSETS for source in sources.values())
        self._wristbands = {name for name, source in sources.items() if source.type not in HEADSETS}
        self.known_devices: Mapping[str, str] = {}
        """Which device the listener wore before, by source; set as soon as it is known."""
        self._began_ns = now_ns
        self._contact = Contact()
        self._statuses: dict[str, SensorStatus] = {}
        self._asked_ns: dict[str, int] = {}
        """What was asked for, and when."""
        self._next_ns = now_ns
        """Time from which something more may be asked: somebody is still busy with what was said before."""
        self._well_ns: int | None = None
        self._is_done = False

    def step(self, message: Message, now_ns: int) -> Progress:
        """Take a status, a frame, the end of a prompt or a tick."""
        if self._is_done:
            return Progress(is_done=True)
        if isinstance(message, FeatureFrame) and message.kind == "eeg":
            self._has_headset = True
            self._wristbands.discard(message.source)
            self._contact.hear(message, now_ns)
        elif isinstance(message, SensorStatus):
            self._statuses[message.source] = message
        elif isinstance(message, Spoken) and message.name in self._asked_ns:
            self._next_ns = min(self._next_ns, now_ns + REACT_NS)
        return self._judge(now_ns)

    def _judge(self, now_ns: int) -> Progress:
        is_well = self._headset_is_well(now_ns) and not self._misses_wristband(now_ns) and not self._is_to_tell_other
        self._well_ns = (now_ns if self._well_ns is None else self._well_ns) if is_well else None
        held = self._well_ns is not None and now_ns - self._well_ns >= HELD_NS
        if held or now_ns - self._began_ns >= LONGEST_NS:
            return self._end(now_ns)
        # What cannot be said and done in time is not begun.
        may_ask = self._next_ns <= now_ns <= self._began_ns + LONGEST_NS - SPEECH_NS
        if is_well or not may_ask:
            return Progress(sentence=self._contact.sentence(now_ns))
        remedies = list(self._remedies(now_ns))
        new = [name for name in remedies if name and name not in self._asked_ns]
        if new:
            return self._ask(new[0], now_ns)
        return Progress(sentence=self._contact.sentence(now_ns)) if "" in remedies else self._end(now_ns)

    # -- what might help

    def _remedies(self, now_ns: int) -> Iterator[str]:
        """What might help, the most likely first; "" stands for waiting a while longer."""
        if self._has_headset and not self._headset_is_well(now_ns):
            if not self._contact.good(now_ns) and now_ns - self._began_ns < PUT_ON_NS:
                yield ""
            elif self._contact.is_heard(now_ns):
                yield from self._for_electrodes(now_ns)
            else:
                yield "fit-headset"
                yield from self._wait_after("fit-headset", now_ns)
        if self._is_to_tell_other:
            yield "wristband-other"
        if self._misses_wristband(now_ns):
            yield "wristband-missing" if now_ns - self._began_ns >= FIND_NS else ""
            yield from self._wait_after("wristband-missing", now_ns)

    def _wait_after(self, name: str, now_ns: int) -> Iterator[str]:
        if now_ns - self._asked_ns.get(name, now_ns) < SWITCH_ON_NS:
            yield ""

    def _for_electrodes(self, now_ns: int) -> Iterator[str]:
        contact = self._contact
        poor = contact.poor(now_ns)
        if not contact.good(now_ns):
            yield "fit-headset"
        if len(poor) >= MANY * contact.n_electrodes:
            yield "fit-clips"
        yield from contact.common_causes()
        for name in poor:
            place = place_of(name)
            if place is not None:
                yield f"fit-{place}"
        yield "fit-sensor"

    # -- the state of things

    def _headset_is_well(self, now_ns: int) -> bool:
        return not self._has_headset or (self._contact.is_heard(now_ns) and not self._contact.poor(now_ns))

    def _misses_wristband(self, now_ns: int) -> bool:
        """Whether a wristband is still to be waited for."""
        asked_ns = self._asked_ns.get("wristband-missing")
        if asked_ns is not None and now_ns - asked_ns >= SWITCH_ON_NS:
            return False
        statuses = [self._statuses.get(name) for name in self._wristbands]
        return any(status is None or status.state != "streaming" for status in statuses)

    @property
    def _is_to_tell_other(self) -> bool:
        """Whether a wristband answered that this listener never wore, and they were not told: it may be another's."""
        return "wristband-other" not in self._asked_ns and any(
            status.state == "streaming" and status.device not in ("", self.known_devices.get(name, status.device))
            for name, status in self._statuses.items()
            if name in self._wristbands
        )

    # -- what is said

    def _ask(self, name: str, now_ns: int) -> Progress:
        self._asked_ns[name] = now_ns
        self._next_ns = now_ns + SPEECH_NS + REACT_NS
        return Progress(name, sentence=self._contact.sentence(now_ns))

    def _end(self, now_ns: int) -> Progress:
        self._is_done = True
        return Progress(self._last_words(now_ns), is_done=True, sentence=self._contact.sentence(now_ns))

    def _last_words(self, now_ns: int) -> str:
        if not self._has_headset:
            return ""
        if self._headset_is_well(now_ns):
            return "headset-good"
        return "fit-goes-on" if self._contact.good(now_ns) else "fit-without"
