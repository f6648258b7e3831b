"""The stage that answers an intent with a bar, by the generator the intent names; the phrasebook if that one fails."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from device.config import SessionConfig
from device.messages import Bar, Message, MusicIntent, PlayedBar
from device.music import FALLBACK
from device.music.generator import Generator, open_generator
from device.stage import keyed_random

HISTORY_BARS = 64


class Composer:
    """Composes the bar an intent asks for, and again when a revision comes before audio has taken it.

    Later revisions are for the performance layer, which re-renders what is planned.
    """

    reads: tuple[str, ...] = ("intents", "played")
    writes: tuple[str, ...] = ("bars",)
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self._generators: dict[str, Generator] = {}
        for name in (FALLBACK, config.device.music.generator):
            self._generator(name)
        self._bars: dict[int, Bar] = {}
        self._played = -1

    def step(self, message: Message, now_ns: int) -> Sequence[Message]:
        """A MusicIntent for a bar that is open gives that Bar; a PlayedBar closes its own and corrects the history."""
        if isinstance(message, PlayedBar):
            self._remember(message)
        elif isinstance(message, MusicIntent) and self._is_open(message):
            bar = self._compose(message, now_ns)
            self._keep(bar)
            return (bar,)
        return ()

    def _is_open(self, intent: MusicIntent) -> bool:
        composed = self._bars.get(intent.bar_index)
        is_new = composed is None or intent.revision > composed.intent_revision
        return is_new and intent.bar_index > self._played

    def _compose(self, intent: MusicIntent, now_ns: int) -> Bar:
        reason = ""
        try:
            bar = self._write(intent.generator, intent)
        except Exception as error:  # noqa: BLE001 - music must go on, whatever breaks in a generator; the bar says so
            reason = f"{intent.generator} failed ({type(error).__name__}: {error}), so the {FALLBACK} plays."
            bar = self._write(FALLBACK, intent)
        return msgspec.structs.replace(bar, t_ns=now_ns, reason=reason or bar.reason)

    def _write(self, name: str, intent: MusicIntent) -> Bar:
        rng = keyed_random(self.config.seed, "bars", intent.bar_index)
        history = [self._bars[index] for index in sorted(self._bars) if index < intent.bar_index]
        return self._generator(name).generate(intent, history, rng)

    def _generator(self, name: str) -> Generator:
        if name not in self._generators:
            self._generators[name] = open_generator(name, self.config)
        return self._generators[name]

    def _remember(self, played: PlayedBar) -> None:
        """Take over what was really heard: thinned notes, or the phrasebook's bar where ours was late."""
        self._played = max(self._played, played.bar_index)
        asked = self._bars.get(played.bar_index) or self._bars.get(max(self._bars, default=-1))
        if asked is not None:
            bar = msgspec.structs.replace(
                asked,
                bar_index=played.bar_index,
                beats=played.beats,
                tempo_bpm=played.tempo_bpm,
                notes=played.notes,
                generator=played.generator,
                reason=played.fallback,
            )
            self._keep(bar)

    def _keep(self, bar: Bar) -> None:
        self._bars[bar.bar_index] = bar
        for index in [index for index in self._bars if index <= bar.bar_index - HISTORY_BARS]:
            del self._bars[index]
