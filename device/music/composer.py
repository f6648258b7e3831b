"""The stage that answers an intent with a bar, by the generator the intent names; by the next in line if that fails."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from device.config import SessionConfig
from device.messages import Bar, Message, MusicIntent, Note, PlayedBar
from device.music import FALLBACK
from device.music.generator import Generator, open_generator
from device.music.likeness import keep_out
from device.music.playing import balanced, rest_bar
from device.music.standby import SUBSTITUTES, Standby
from device.stage import keyed_random

HISTORY_BARS = 64


class Composer:
    """Composes the bar an intent asks for, and again when a revision comes before audio has taken it.

    Later revisions are for the performance layer, which re-renders what is planned. What the listener never wants to
    hear is held here for every generator.
    """

    reads: tuple[str, ...] = ("intents", "played")
    writes: tuple[str, ...] = ("bars",)
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self._generators: dict[str, Generator] = {}
        for name in (FALLBACK, config.device.music.generator):
            self._generator(name)
        self._standby = Standby()
        self._restarted = config.started_ns > 0
        """Whether it was begun in mid-session: the generator of before may have taken the process with it."""
        self._news = ""
        """What the next bar has to say."""
        self._bars: dict[int, Bar] = {}
        self._played = -1

    def step(self, message: Message, now_ns: int) -> Sequence[Message]:
        """A MusicIntent for a bar that is open gives that Bar; a PlayedBar closes its own and corrects the history."""
        if isinstance(message, PlayedBar):
            self._judge(message)
            self._remember(message)
        elif isinstance(message, MusicIntent) and self._is_open(message):
            bar = self._rest(message, now_ns) if message.silent else self._compose(message, now_ns)
            self._keep(bar)
            return (bar,)
        return ()

    def go_on_from(self, bars: Sequence[Bar]) -> None:
        """Take over bars that are there already; what is asked for them again is not composed again."""
        for bar in bars:
            self._keep(bar)

    def _is_open(self, intent: MusicIntent) -> bool:
        composed = self._bars.get(intent.bar_index)
        is_new = composed is None or intent.revision > composed.intent_revision
        return is_new and intent.bar_index > self._played

    def _rest(self, intent: MusicIntent, now_ns: int) -> Bar:
        return msgspec.structs.replace(rest_bar(intent, self.config), t_ns=now_ns)

    def _compose(self, intent: MusicIntent, now_ns: int) -> Bar:
        self._rest_after_restart(intent)
        for name in self._standby.candidates(intent.generator, intent.bar_index):
            try:
                rng = keyed_random(self.config.seed, f"take-{intent.take}" if intent.take else "bars", intent.bar_index)
                written = self._generator(name).generate(intent, self._history(intent.bar_index), rng)
                bar = self._heed(written, intent)
                break
            except Exception as error:
                # Music must go on, whatever breaks in a generator; the bar says so.
                if name == FALLBACK:
                    raise
                self._miss(name, intent.bar_index, f"{name} failed ({type(error).__name__}: {error}).")
        reason, self._news = " ".join(filter(None, (self._news, bar.reason))), ""
        return msgspec.structs.replace(bar, t_ns=now_ns, reason=reason)

    def _rest_after_restart(self, intent: MusicIntent) -> None:
        if self._restarted and intent.generator not in SUBSTITUTES:
            self._standby.rest(intent.generator, intent.bar_index)
            self._news = f"The composer was started again; {intent.generator} is given a rest."
        self._restarted = False

    def _miss(self, name: str, bar_index: int, sentence: str) -> None:
        self._news = " ".join(filter(None, (self._news, sentence, self._standby.miss(name, bar_index))))

    def _history(self, bar_index: int) -> list[Bar]:
        """What was composed before: rests are no music to go on from."""
        bars = (self._bars[index] for index in sorted(self._bars) if index < bar_index)
        return [bar for bar in bars if not bar.silent]

    def _heed(self, bar: Bar, intent: MusicIntent) -> Bar:
        """The bar without voices that are not to play, or less strongly, and without melodies that may never sound."""
        voices = self.config.prescription.preference.voices
        heard: list[Note] = [note for note in bar.notes if note.voice in voices]
        if bar.notes and not heard:
            raise ValueError(f"nothing for {', '.join(voices)} in bar {bar.bar_index}")
        heard = balanced(heard, intent.voice_levels)
        notes = keep_out(self.config.never, heard, self._history(intent.bar_index))
        return msgspec.structs.replace(bar, notes=tuple(notes))

    def _generator(self, name: str) -> Generator:
        if name not in self._generators:
            self._generators[name] = open_generator(name, self.config)
        return self._generators[name]

    def _judge(self, played: PlayedBar) -> None:
        """Whether our bar was there in time and could be used."""
        ours = self._bars.get(played.bar_index)
        if ours is None or ours.bar_index <= self._played or played.silent:
            return
        if played.fallback:
            self._miss(ours.generator, played.bar_index, "")
        elif played.generator == ours.generator:
            self._standby.hit(ours.generator)

    def _remember(self, played: PlayedBar) -> None:
        """Take over what was really heard: thinned notes, or the phrasebook's bar where ours was late."""
        self._played = max(self._played, played.bar_index)
        if played.silent:
            self._bars.pop(played.bar_index, None)
            return
        asked = self._bars.get(played.bar_index) or self._bars.get(max(self._bars, default=-1))
        if asked is not None:
            bar = msgspec.structs.replace(
                asked,
                bar_index=played.bar_index,
                beats=played.beats,
                metre=played.metre,
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
