"""Composes a piece for the way over the valence-arousal plane that it is given, as fast as this machine can.

The box's own composer and conductor in virtual time, with a steersman in the controller's place: the same cues, slopes,
guards and fallbacks, and, where sound is wanted, the same synthesiser.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from device.audio.conductor import Conductor
from device.audio.renderer import Renderer
from device.audio.safety.limits import allowed_programs
from device.audio.synth import Synth
from device.config import SessionConfig
from device.control.bounds import settle
from device.control.cues import Cues, as_numbers, cues_of, mode_of, within
from device.control.plan.journey import Journey
from device.control.story import Story
from device.messages import Bar, Message, Metre, Mode, MusicIntent, PlayedBar, Start, Tick, Transport
from device.music.composer import Composer
from device.music.form import MOVEMENT_BARS, SECTION_BARS
from device.music.keys import allowed_mode
from device.music.metre import LAYOUTS, metre_at
from device.sessions.wav import WavWriter

SECOND_NS = 1_000_000_000


class Wish(NamedTuple):
    """What is asked of a piece."""

    journey: Journey
    n_bars: int
    tempo_bpm: float | None = None
    """A tempo in place of the one that valence and arousal have."""


class Piece(NamedTuple):
    """A composed piece, bar by bar; all three have the same length."""

    intents: tuple[MusicIntent, ...]
    bars: tuple[Bar, ...]
    played: tuple[PlayedBar, ...]

    @property
    def seconds(self) -> float:
        return sum(bar.beats * 60.0 / bar.tempo_bpm for bar in self.played)

    def fallbacks(self) -> list[str]:
        """The bars that another generator than the asked one composed, or that were replaced, and why."""
        return [
            f"bar {intent.bar_index}: {played.generator} plays. {played.fallback or bar.reason}".strip()
            for intent, bar, played in zip(self.intents, self.bars, self.played, strict=True)
            if (played.generator != intent.generator and not played.silent) or played.fallback
        ]


class Steersman:
    """Answers a transport with an intent: the journey's cues, as near to the last bar's as the controller keeps."""

    def __init__(self, config: SessionConfig, wish: Wish) -> None:
        self._config, self._wish = config, wish
        self._limits = config.prescription.limits
        valence, arousal = wish.journey.at(0, 0.0)
        self._metre: Metre = metre_at(config, 0, arousal)
        self._mode: Mode = "major" if valence >= 0 else "minor"
        self._cues: Cues | None = None
        self._story = Story(config)
        self.time_s = 0.0
        """Time at which the next bar begins."""

    @property
    def _beats(self) -> int:
        return LAYOUTS[self._metre].beats

    def answer(self, transport: Transport) -> MusicIntent:
        index = transport.bar_index
        state = self._wish.journey.at(index, self.time_s)
        cues = self._steer(cues_of(state, self._limits))
        chapter = self._story.tell(index, "hold", 0.0, state.arousal)
        preference = self._config.prescription.preference
        following = allowed_mode(mode_of(state.valence, self._mode), preference.never_keys)
        if index % MOVEMENT_BARS == 0:
            self._metre = metre_at(self._config, index, state.arousal)
        if index % SECTION_BARS == 0:
            self._mode = following
        bar_s = self._beats * 60.0 / cues.tempo_bpm
        self.time_s += bar_s
        # Counted to the middle of the bar, so that the last but one knows that it is.
        ends = index >= self._wish.n_bars - 1
        left_s = max(0.0, self._wish.n_bars - index - 0.5) * bar_s
        return MusicIntent(
            t_ns=transport.t_ns,
            bar_index=index,
            phase="hold",
            phase_left_s=left_s,
            session_left_s=left_s,
            target_valence=state.valence,
            target_arousal=state.arousal,
            **as_numbers(cues),
            **self._story.keys(index, self._mode, following),
            metre=self._metre,
            story_db=chapter.level_db,
            voice_levels=chapter.voices_with({}, preference.voices),
            silent=chapter.silent and not ends,
            pause=chapter.silent and not ends,
            generator=self._config.device.music.generator,
            final=ends,
            reason=f"asked: valence {state.valence:+.2f}, arousal {state.arousal:+.2f}",
        )

    def _steer(self, wanted: Cues) -> Cues:
        if self._wish.tempo_bpm is not None:
            wanted = within(wanted._replace(tempo_bpm=self._wish.tempo_bpm), self._limits)
        if self._cues is None:
            self._cues = wanted
        else:
            self._cues = settle(self._cues, wanted, self._limits, (), self._beats * 60.0 / self._cues.tempo_bpm)
        return self._cues


def length_of(config: SessionConfig, wish: Wish) -> int:
    """Bars that the journey of a wish takes, and one to close; at most those wished for."""
    starts_s = enumerate(itertools.islice(_starts_s(config, wish), wish.n_bars))
    return next((bar + 1 for bar, start_s in starts_s if wish.journey.is_over(bar, start_s)), wish.n_bars)


def seconds_of(config: SessionConfig, wish: Wish) -> float:
    """Seconds that the bars of a wish last."""
    return max(_starts_s(config, wish))


def _starts_s(config: SessionConfig, wish: Wish) -> Iterator[float]:
    """The times at which the bars begin, and the end of the piece as the last."""
    steersman = Steersman(config, wish)
    for index in range(wish.n_bars):
        yield steersman.time_s
        steersman.answer(Transport(t_ns=0, bar_index=index, start_frame=0, starts_ns=0, deadline_ns=0))
    yield steersman.time_s


class Sound:
    """Renders what the conductor plays into a WAV file, as the engine does for the card.

    Raises:
        SystemMissingError, SoundError: no synthesiser or sound font.
        OSError: the file cannot be written.
    """

    def __init__(self, config: SessionConfig, path: Path) -> None:
        audio = config.device.audio
        self._synth = Synth(audio, allowed_programs(config.prescription))
        self._wav = WavWriter(path, audio.sfreq_hz)
        self.renderer = Renderer(self._synth, config)

    def render(self, conductor: Conductor) -> None:
        """The next block, as loud and bright as the conductor says."""
        self._wav.write(self.renderer.render(conductor))

    def close(self) -> None:
        self._wav.close()
        self._synth.close()


class Studio:
    """Conductor, composer and steersman in one room where nobody waits."""

    def __init__(
        self,
        config: SessionConfig,
        wish: Wish,
        sound: Sound | None,
        told: Callable[[int], None],
        steersman: Steersman | None = None,
        kept: Sequence[Bar] = (),
        until: int | None = None,
    ) -> None:
        """`kept` are the first bars, composed before; `until` ends the work so many bars after the first."""
        self._conductor, self._composer = Conductor(config), Composer(config)
        self._steersman = steersman or Steersman(config, wish)
        self._sound, self._told = sound, told
        self._sfreq_hz = config.device.audio.sfreq_hz
        self._intents: list[MusicIntent] = []
        self._bars: list[Bar] = []
        self._played: list[PlayedBar] = []
        self._kept, self._until = kept, until
        self._composer.go_on_from(kept)

    @property
    def _is_over(self) -> bool:
        return self._conductor.state == "ended" or len(self._played) == self._until

    def compose(self) -> Piece:
        self._give(Start(t_ns=0, author="manager"))
        frame = 0
        while not self._is_over:
            next_tick = self._conductor.next_tick_frame or 0
            end = self._sound.renderer.end_frame if self._sound else max(frame, next_tick) + 1
            while (due := self._conductor.next_tick_frame) is not None and due < end:
                now = max(due, frame)
                self._give(Tick(t_ns=now * SECOND_NS // self._sfreq_hz, frame=now))
            if self._sound:
                self._sound.render(self._conductor)
            frame = end
        n_bars = len(self._played)
        return Piece(tuple(self._intents[:n_bars]), tuple(self._bars[:n_bars]), tuple(self._played))

    def _give(self, message: Message) -> None:
        for emitted in self._conductor.step(message, message.t_ns):
            if self._sound:
                self._sound.renderer.take(emitted)
            if isinstance(emitted, Transport):
                self._ask(emitted)
            elif isinstance(emitted, PlayedBar):
                self._played.append(emitted)
                self._composer.step(emitted, emitted.t_ns)
                self._told(len(self._played))

    def _ask(self, transport: Transport) -> None:
        intent = self._steersman.answer(transport)
        self._intents.append(intent)
        self._conductor.step(intent, intent.t_ns)
        kept = self._kept[transport.bar_index : transport.bar_index + 1]
        for bar in kept or self._composer.step(intent, intent.t_ns):
            assert isinstance(bar, Bar)
            self._bars.append(bar)
            self._conductor.step(bar, bar.t_ns)
