"""Owns musical time: asks for each bar while the one before sounds, takes it at its deadline, or plays the phrasebook.

A pure stage whose time is the audio frame it is ticked with (`Tick.t_ns` is when that frame is heard), so a replay of
its inputs gives the same bars bit for bit. Whatever else dies, it goes on: with the last intent, later with a calm
neutral one, until it is told to stop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from device.audio.guard import Before, Ramp, guard_bar, guard_intent, guard_loudness
from device.config import SessionConfig
from device.messages import Bar, Command, Message, MusicIntent, PlayedBar, Tick, Transport
from device.music.keys import allowed_tonic
from device.music.phrasebook import Phrasebook
from device.stage import keyed_random

GRID_FRAMES = 64
"""FluidSynth starts notes on this grid (measured for 2.3.1); so do our bars, and what is asked is what sounds."""
FIRST_BAR_S = 1.5
MARGIN_S = 0.3
"""A bar is taken this long before it sounds, at the latest."""
CARD_S = 0.1
"""What a card may hold back itself, so what rendering is ahead of hearing at most beside our own blocks."""
INTENT_LASTS_BARS = 8
"""Without a new intent for so many bars the music turns to neutral calm."""
STEP_DB = 3.0
"""What one `softer` or `louder` asks for."""
START_DB = -12.0
"""The music never begins louder."""
BRIGHTNESS_PER_S = 0.5
FADE_IN_S = 1.0
RING_OUT_S = 4.0
HISTORY_BARS = 8

CALM = MusicIntent(
    t_ns=0,
    bar_index=-1,
    phase="baseline",
    phase_left_s=0.0,
    session_left_s=0.0,
    target_valence=0.2,
    target_arousal=-0.4,
    tempo_bpm=66.0,
    density=0.3,
    register_midi=62.0,
    loudness_db=-12.0,
    brightness=0.4,
    articulation=0.9,
    mode="major",
    tonic_pc=0,
    generator="phrasebook",
    reason="nobody says what to play: neutral and calm",
)
State = Literal["idle", "playing", "fading", "ended"]


class Asked(NamedTuple):
    """A bar that was asked for; `deadline_frame` is when it is taken."""

    bar_index: int
    start_frame: int
    deadline_frame: int


class Conductor:
    """See the module. The engine also asks it for `next_tick_frame`, and how loud and bright a frame is to be."""

    reads: tuple[str, ...] = ("intents", "bars", "commands")
    writes: tuple[str, ...] = ("transport", "played")
    tick_hz = 0.0

    def __init__(self, config: SessionConfig) -> None:
        audio = config.device.audio
        self._config, self._sfreq_hz = config, audio.sfreq_hz
        self._limits = config.prescription.limits
        self._ahead_frames = audio.block_frames * (audio.periods + 1) + self._frames(CARD_S)
        self._phrasebook = Phrasebook(config)
        self.state: State = "idle"
        self.late_bars = 0
        self._frame = self._frame_ns = 0
        self._asked: Asked | None = None
        self._taken: PlayedBar | None = None
        """The bar that sounds next."""
        self._sounding = -1
        self._before: Before | None = None
        self._calm = guard_intent(self._neutral(), self._limits)
        self._intent = self._calm
        self._bars: dict[int, Bar] = {}
        self._history: deque[Bar] = deque(maxlen=HISTORY_BARS)
        self._final = False
        self._offset_db = 0.0
        self._first_frame = self._fade_frame = 0
        start_db = guard_loudness(START_DB, self._limits)
        self._loudness = Ramp(0, start_db, start_db, self._limits.loudness_slope_db_s / self._sfreq_hz)
        self._brightness = Ramp(0, CALM.brightness, CALM.brightness, BRIGHTNESS_PER_S / self._sfreq_hz)

    def _neutral(self) -> MusicIntent:
        tonic_pc = allowed_tonic(CALM.tonic_pc, CALM.mode, self._config.prescription.preference.never_keys)
        return msgspec.structs.replace(CALM, tonic_pc=tonic_pc)

    # -- what the engine asks between messages

    @property
    def next_tick_frame(self) -> int | None:
        """The frame at which it wants its next tick; None: none before something comes in."""
        if self.state == "idle":
            return 0 if self._config.started_ns else None
        if self.state == "fading":
            return self._fade_frame + self._frames(RING_OUT_S)
        if self.state == "ended":
            return None
        if self._taken:
            return self._taken.start_frame
        return self._asked.deadline_frame if self._asked else self._fade_frame

    def loudness_db_at(self, frame: int) -> float:
        """Relative to the prescription's ceiling."""
        return self._loudness.at(frame)

    def brightness_at(self, frame: int) -> float:
        return self._brightness.at(frame)

    def envelope_at(self, frame: int) -> float:
        """Amplitude, 0 to 1: rises with the first bar and falls while the last notes ring out."""
        level = (frame - self._first_frame) / self._frames(FADE_IN_S)
        if self.state in ("fading", "ended"):
            level = min(level, 1.0 - (frame - self._fade_frame) / self._frames(RING_OUT_S))
        return min(max(level, 0.0), 1.0)

    # -- the stage

    def step(self, message: Message, now_ns: int) -> Sequence[Message]:  # noqa: ARG002 - its time is the frame
        match message:
            case Tick():
                self._frame, self._frame_ns = message.frame, message.t_ns
                return self._advance()
            case Command():
                return self._obey(message)
            case MusicIntent():
                self._take_intent(message)
            case Bar():
                known = self._bars.get(message.bar_index)
                if known is None or message.intent_revision >= known.intent_revision:
                    self._bars[message.bar_index] = message
        return []

    def _obey(self, command: Command) -> list[Message]:
        if command.kind == "start" and self.state == "idle":
            return [self._begin(0)]
        if command.kind == "stop":
            self.state = "ended"
        elif command.kind in ("softer", "louder"):
            self._offset_db += STEP_DB if command.kind == "louder" else -STEP_DB
            self._aim_loudness()
        return []

    def _take_intent(self, intent: MusicIntent) -> None:
        if (intent.bar_index, intent.revision) < (self._intent.bar_index, self._intent.revision):
            return
        self._intent = guard_intent(intent, self._limits)
        # A revision is somebody's wish about what is heard now; a first intent is about its own bar.
        if intent.revision or intent.bar_index <= self._sounding:
            self._aim()

    def _aim(self) -> None:
        self._aim_loudness()
        self._brightness = self._brightness.towards(self._intent.brightness, self._frame)

    def _aim_loudness(self) -> None:
        wanted = self._intent.loudness_db + self._offset_db
        allowed = guard_loudness(wanted, self._limits)
        # What cannot be had is not remembered: the next wish in the other direction is heard at once.
        self._offset_db += allowed - wanted
        self._loudness = self._loudness.towards(allowed, self._frame)

    # -- musical time

    def _advance(self) -> list[Message]:
        emitted: list[Message] = []
        while (due := self.next_tick_frame) is not None and due <= self._frame:
            emitted.extend(self._pass_event())
        return emitted

    def _pass_event(self) -> list[Message]:
        if self.state == "idle":
            return [self._begin(self._index_after_restart())]
        if self.state == "fading":
            self.state = "ended"
        elif self._taken:
            return self._sound(self._taken)
        elif self._asked:
            self._taken = self._take(self._asked)
            return [self._taken]
        else:
            self.state = "fading"
        return []

    def _index_after_restart(self) -> int:
        # Every bar lasts longer than a second, so this is beyond all that were played before.
        return max(0, self._frame_ns - self._config.started_ns) // 1_000_000_000 + 1

    def _begin(self, bar_index: int) -> Transport:
        self.state = "playing"
        self._first_frame = self._on_grid(self._frame + self._frames(FIRST_BAR_S))
        return self._ask(bar_index, self._first_frame)

    def _ask(self, bar_index: int, start_frame: int) -> Transport:
        margin = self._on_grid(self._frames(MARGIN_S))
        self._asked = Asked(bar_index, start_frame, max(self._frame, start_frame - margin))
        ahead_ns = self._ahead_frames * 1_000_000_000 // self._sfreq_hz
        return Transport(
            t_ns=self._frame_ns,
            bar_index=bar_index,
            start_frame=start_frame,
            starts_ns=self._heard_ns(start_frame),
            deadline_ns=self._heard_ns(self._asked.deadline_frame) - ahead_ns,
        )

    def _sound(self, played: PlayedBar) -> list[Message]:
        """The taken bar begins: its intent counts from now, and the next bar is asked for."""
        self._taken, self._sounding = None, played.bar_index
        self._aim()
        end_frame = played.start_frame + played.n_frames
        if self._final:
            self._fade_frame = end_frame
            return []
        return [self._ask(played.bar_index + 1, end_frame)]

    def _take(self, asked: Asked) -> PlayedBar:
        """The composed bar as the guard lets it through, or the phrasebook's, and why."""
        self._asked = None
        self._drift(asked.bar_index)
        composed = self._bars.pop(asked.bar_index, None)
        self._bars = {index: bar for index, bar in self._bars.items() if index > asked.bar_index}
        fallback = ""
        if composed is None:
            fallback = f"bar {asked.bar_index} was not there {MARGIN_S * 1000:.0f} ms before it was to sound"
        elif not self._guard(composed)[0].notes:
            fallback = f"nothing of bar {asked.bar_index} by {composed.generator} may sound"
        if composed is None or fallback:
            self.late_bars += composed is None
            composed = self._improvise(asked.bar_index)
        bar, changes = self._guard(composed)
        self._final = self._intent.final
        return self._played(asked, bar, fallback, changes)

    def _guard(self, bar: Bar) -> tuple[Bar, tuple[str, ...]]:
        is_newer = self._intent.bar_index == bar.bar_index and self._intent.revision > bar.intent_revision
        tempo_bpm = self._intent.tempo_bpm if is_newer else bar.tempo_bpm
        return guard_bar(bar, tempo_bpm, self._before, self._config.prescription)

    def _drift(self, bar_index: int) -> None:
        if self._intent is not self._calm and bar_index - self._intent.bar_index > INTENT_LASTS_BARS:
            self._intent = self._calm

    def _improvise(self, bar_index: int) -> Bar:
        intent = msgspec.structs.replace(self._intent, bar_index=bar_index)
        rng = keyed_random(self._config.seed, "phrasebook", bar_index)
        return self._phrasebook.generate(intent, tuple(self._history), rng)

    def _played(self, asked: Asked, bar: Bar, fallback: str, changes: tuple[str, ...]) -> PlayedBar:
        n_frames = self._on_grid(self._frames(bar.beats * 60.0 / bar.tempo_bpm))
        self._before = Before(bar.tempo_bpm, n_frames / self._sfreq_hz)
        self._history.append(bar)
        return PlayedBar(
            t_ns=self._heard_ns(asked.start_frame),
            bar_index=asked.bar_index,
            start_frame=asked.start_frame,
            n_frames=n_frames,
            beats=bar.beats,
            tempo_bpm=bar.tempo_bpm,
            loudness_db=self._loudness.at(asked.start_frame),
            brightness=self._brightness.at(asked.start_frame),
            programs=bar.programs,
            notes=bar.notes,
            generator=bar.generator,
            fallback=fallback,
            guarded=changes,
        )

    # -- frames and nanoseconds

    def _frames(self, seconds: float) -> int:
        return round(seconds * self._sfreq_hz)

    def _on_grid(self, frame: int) -> int:
        return -(-frame // GRID_FRAMES) * GRID_FRAMES

    def _heard_ns(self, frame: int) -> int:
        return self._frame_ns + (frame - self._frame) * 1_000_000_000 // self._sfreq_hz
