"""The process `panel`: hears buttons, tells the box of presses, stops the sound by itself, and shows the light."""

from __future__ import annotations

from collections.abc import Callable

from device.clock import Clock
from device.config import PanelConfig
from device.messages import BoxStatus, Fault, Light, Message, Press
from device.panel.direct_stop import DirectStop
from device.panel.fittings import Fittings, Part
from device.panel.gestures import STUCK_NS, Edge, Gestures
from device.panel.lamp import MS_NS, Lamp
from device.panel.source import Gone, Happening, Unused
from device.runtime.resident import ResidentContext
from device.streams import STREAMS

WAIT_MS = 200
"""The longest it waits: its heart must beat."""
SILENT_NS = round(3 * STREAMS["box"].max_age_s * 1e9)
"""A box that has said nothing for so long needs help."""


def main(context: ResidentContext) -> None:
    """Run until the box goes."""
    panel = Panel(context.config.panel, context.clock, context.publish)
    context.wake_on(panel.fileno())
    try:
        while context.beat():
            for received in context.receive(panel.wait_ms()):
                panel.hear(received.message)
            panel.turn()
    finally:
        panel.close()


class Panel:
    """What the panel does at each turn. It publishes presses, and faults that a hand can mend.

    Raises:
        ConfigError: device.toml names a key that is none.
    """

    def __init__(self, config: PanelConfig, clock: Clock, publish: Callable[[Message], object]) -> None:
        self._clock, self._publish = clock, publish
        self._fittings = Fittings(config, clock)
        self._gestures, self._direct_stop = Gestures(), DirectStop(clock)
        has_light = bool(config.led) or config.led_pin is not None
        self._lamp = Lamp(self._fittings.show, clock, dark_music=config.dark_music) if has_light else None
        self._status: BoxStatus | None = None
        self._heard_ns = 0
        """When the box last spoke."""
        self._told: dict[Part, str] = {}
        """Troubles that were told of already."""

    def fileno(self) -> int:
        """Readable when somebody did something."""
        return self._fittings.fileno()

    def hear(self, message: Message) -> None:
        """The box says how it is."""
        if isinstance(message, BoxStatus):
            self._status, self._heard_ns = message, self._clock.now_ns()
            self._gestures.is_eager = message.state in ("ready", "needs_help")

    def wait_ms(self) -> int:
        """How long nothing is to be done, unless something happens."""
        now_ns = self._clock.now_ns()
        dues_ns = [self._gestures.due_ns(), self._lamp.due_ns if self._lamp else None]
        waits_ms = [-((now_ns - due_ns) // MS_NS) for due_ns in dues_ns if due_ns is not None]
        return max(0, min(WAIT_MS, *waits_ms)) if waits_ms else WAIT_MS

    def turn(self) -> None:
        """Take what happened, and show how the box is."""
        for happening in self._fittings.read():
            self._tell(self._understand(happening))
        self._tell(self._gestures.wait(self._clock.now_ns()))
        for run_dir in self._direct_stop.turn():
            sentence = f"The sound of {run_dir.name} took no stop."
            self._complain("stop-unanswered", sentence, "Take off the headphones.")
        self._tell_troubles()
        if self._lamp:
            self._lamp.say(self._light())
            self._lamp.turn()

    def _understand(self, happening: Happening) -> list[Press]:
        match happening:
            case Edge():
                # Whoever presses sees at once that it was felt, also while it may yet become a double press.
                if self._lamp and happening.level != "up":
                    self._lamp.answer()
                return self._gestures.take(happening)
            case Gone(source):
                return self._gestures.forget(source, self._clock.now_ns())
            case Unused():
                return []

    def _tell(self, presses: list[Press]) -> None:
        for press in presses:
            if press.meaning == "stop":
                self._direct_stop.stop()
            self._publish(press)
            if press.kind == "stuck":
                sentence = f"The button `{press.button}` of {press.source} has been down for {STUCK_NS // 10**9} s."
                self._complain("button-stuck", sentence, "Take away what lies on it, or loosen it.")

    def _tell_troubles(self) -> None:
        """Tell of each trouble once, and again where it was mended meanwhile."""
        troubles = self._fittings.troubles
        for part, trouble in troubles.items():
            if self._told.get(part) != trouble.sentence:
                self._complain(f"panel-{part}", trouble.sentence, trouble.action)
        self._told = {part: trouble.sentence for part, trouble in troubles.items()}

    def _complain(self, code: str, sentence: str, action: str) -> None:
        now_ns = self._clock.now_ns()
        self._publish(Fault(t_ns=now_ns, process="panel", code=code, sentence=sentence, action=action))

    def _light(self) -> Light:
        """What the light is to say: a stuck button and a silent box need help whatever was said."""
        if self._status is None:
            return "wait"
        is_silent = self._clock.now_ns() - self._heard_ns > SILENT_NS
        if is_silent or self._gestures.stuck:
            return "help"
        return self._status.light

    def close(self) -> None:
        """Let go of everything, with the light dark."""
        self._direct_stop.close()
        self._fittings.close()
