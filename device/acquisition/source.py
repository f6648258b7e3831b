"""What all sensors share: the protocol, how a sensor tells its state, and how long it waits before it tries again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

import msgspec

from device.clock import Clock
from device.config import Config, EntryError, SourceConfig
from device.errors import SensorError
from device.messages import Message, SensorStatus, SourceState

Emit = Callable[[Message], object]
"""Takes each message a source has, in the order of its samples."""


class Check(NamedTuple):
    """Something that must be in order: `examine` says what it found, or raises the refusal that is due."""

    name: str
    examine: Callable[[], str]
    is_needed: bool = True
    """Whether a session cannot go on without; else a refusal is only a warning."""


class Source(Protocol):
    """One sensor. Built as `Class(name, config: SourceConfig, bluetooth: BluetoothConfig, clock)`.

    The constructor touches no hardware; it raises ConfigError for a configuration that can never work.
    """

    def checks(self) -> Sequence[Check]:
        """What the sensor needs of the machine, apart from being there itself."""
        ...

    async def run(self, emit: Emit) -> None:
        """Deliver samples until cancelled: connects, reconnects for ever, and tells every change of state."""
        ...

    async def probe(self) -> None:
        """Find out whether the sensor can work now.

        Raises:
            SensorError: the sensor is not there, in use, or does not answer.
            SystemMissingError: something of the machine that it needs is missing.
            RecordingError: the recording cannot be read.
        """
        ...


@runtime_checkable
class PersonalSource(Protocol):
    """A source that must not be confused with its like on another person; its SensorStatus names the device."""

    def keep_to(self, device: str) -> None:
        """Be this device and no other: the session began with it."""
        ...

    def prefer(self, device: str) -> None:
        """Be this device if it is near: the listener wore it before."""
        ...


Keys = TypeVar("Keys", bound=Config)
GIVEN_ALWAYS = ("type", "options")


def own_keys(name: str, config: SourceConfig, kind: type[Keys]) -> Keys:
    """The entry of source `name` as the keys that its kind of sensor has.

    Raises:
        EntryError: a key that it does not have, one that is missing, or a value that it cannot take.
    """
    usual = msgspec.to_builtins(SourceConfig(type=config.type))
    given = {key: value for key, value in msgspec.to_builtins(config).items() if value != usual[key]}
    given = {key: value for key, value in given.items() if key not in GIVEN_ALWAYS}
    try:
        return msgspec.convert({**given, **config.options}, kind)
    except msgspec.ValidationError as error:
        raise _explain(name, config, kind, str(error)) from error


def _explain(name: str, config: SourceConfig, kind: type[Config], message: str) -> EntryError:
    named = re.search(r"field `([^`]+)`|`\$\.?([^`.\[]*)", message)
    key = (named[1] or named[2] or "") if named else ""
    tables = ["sources", name, *(["options"] if key in config.options else [])]
    if "unknown field" in message:
        has = ", ".join(kind.__struct_fields__) or "none"
        return EntryError(
            tables, key, f"is no key of a sensor of type `{config.type}`", f"Remove it; its keys are: {has}."
        )
    if "missing required" in message:
        return EntryError(tables, key, "is missing", f"Add it: a sensor of type `{config.type}` needs it.")
    return EntryError(tables, key, f"cannot be used: {message.partition(' - at ')[0]}", "Mend the value.")


class InterruptionError(SensorError):
    """A sensor that should deliver does not at the moment; `state` is what the view shows while it is tried again."""

    def __init__(self, state: SourceState, sentence: str, action: str = "") -> None:
        super().__init__(sentence, action)
        self.state: SourceState = state


class StatusReporter:
    """Emits a SensorStatus at every change of state, sentence, battery or device, and only then."""

    def __init__(self, source: str, clock: Clock, emit: Emit) -> None:
        self._source, self._clock, self._emit = source, clock, emit
        self._told: tuple[SourceState, str, int, str] | None = None
        self.device = ""
        """What tells the device from others of its kind, once it was heard."""

    @property
    def state(self) -> SourceState:
        """What was told last; `connecting` before."""
        return self._told[0] if self._told else "connecting"

    def tell(self, state: SourceState, sentence: str, battery_percent: int = -1) -> None:
        """Tell this, unless it was told last; `battery_percent` below 0 is not known."""
        if self._told == (state, sentence, battery_percent, self.device):
            return
        self._told = (state, sentence, battery_percent, self.device)
        self._emit(
            SensorStatus(
                t_ns=self._clock.now_ns(),
                source=self._source,
                state=state,
                sentence=sentence,
                battery_percent=battery_percent,
                device=self.device,
            )
        )


class Backoff:
    """Pauses between attempts: quick at first, then patient, never giving up."""

    def __init__(self, first_s: float = 0.25, longest_s: float = 5.0) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._next_s = first_s

    def next_s(self) -> float:
        """The pause that is due in seconds; the next one is twice as long."""
        pause_s = self._next_s
        self._next_s = min(self._longest_s, 2 * pause_s)
        return pause_s

    def reset(self) -> None:
        """Begin again with the shortest pause, after something worked."""
        self._next_s = self._first_s
