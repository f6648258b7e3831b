"""Owns musical time: asks for each bar while the one before sounds, and takes it, or the phrasebook's, when it begins.

It has two speeds of change: what is composed changes with the next bar, how the sounding one is played changes at once.
It is a pure stage whose time is the audio frame it is ticked with (`Tick.t_ns` is when that frame is heard), so a
replay of its inputs gives the same bars bit for bit. Whatever else dies, it goes on: with the last intent, later with
a calm neutral one, until it is told to stop.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from device.audio.pace import Pace
from device.audio.safety.bar_guard import guard_bar
from device.audio.safety.limits import (
    FADE_IN_S,
    START_DB,
    Ramp,
    guard_intent,
    guard_loudness,
    guard_rubato,
    guard_share,
    guard_tempo,
)
from device.audio.swell import Swell
from device.config import SessionConfig
from device.messages import (
    TICKS_PER_BEAT,
    Bar,
    Command,
    CommandAnswer,
    Decision,
    DirectStop,
    Lock,
    Louder,
    Manner,
    Message,
    MusicIntent,
    Performance,
    PlayedBar,
    SetCue,
    Softer,
    Start,
    Stop,
    Tick,
    Transport,
)
from device.music.keys import allowed_mode, allowed_tonic
from device.music.metre import metre_at
from device.music.phrasebook import Phrasebook
from device.music.playing import balanced, rest_bar
from device.stage import keyed_random

PROCESS = "audio"
"""Its row of TABLE 2, in whose name it answers."""
GRID_FRAMES = 64
"""FluidSynth starts notes on this grid (measured for 2.3.1); so do our bars, and what is asked is what sounds."""
FIRST_BAR_S = 0.6
"""Somebody who pressed a button waits for it; a composer on a quarter of a desktop's core needs 0.12 s (measured)."""
CARD_S = 0.1
"""Time that a card may hold back by itself: rendering is ahead of hearing by at most this and our own blocks."""
INTENT_LASTS_BARS = 8
"""The music turns to neutral calm after this many bars without a new intent."""
STEP_DB = 3.0
"""What one `softer` or `louder` asks for."""
SOFTER_THOUGH_LOCKED = "The therapist's lock holds for what is composed; the sound is softer all the same."
UNHEARD_DB = 1e-6
"""A wish that changes less than this was not obeyed."""
TOUCH_DB = 0.55
"""Change in the level of the notes that comes with each dB: they are struck as hard as fits the loudness."""
SWELL_SHARE = 0.5
"""Share of the prescribed slope of loudness that swells take where there are any."""
SWELL_BRIGHTNESS_PER_DB = 0.15
WISH_BRIGHTNESS_PER_DB = 1 / 30
"""Music that is wished softer gets duller too: loudness and brightness go together in played music."""
WISH_BRIGHTNESS_MAX = 0.3
BRIGHTNESS_PER_S = 0.5
LEVEL_SHARE = 0.65
"""Share of an intent's loudness that is heard as level; all of it is heard in how notes are struck. So the prescribed
loudness is that of the liveliest music, and calm moods lie 6 to 8 LU below lively ones: a change that is felt. With all
of it, whoever turned up calm music would get 15 LU more when it turns lively (measured)."""
RING_OUT_S = 9.0
REST_DB = -24.0
"""How far the loudness sinks in a rest."""
REST_BRIGHTNESS = 0.1
"""What still rings in a rest gets dull as it sinks."""
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
    """A bar that was asked for; it is taken when it begins."""

    bar_index: int
    start_frame: int


class Sounding(NamedTuple):
    """The bar that sounds, how it is played, and where it ends."""

    bar: PlayedBar
    pace: Pace
    manner: Manner | None
    end_frame: int
    rubato: float


class Conductor:
    """The stage of this module. The engine also asks it for `next_tick_frame`, and for loudness and brightness."""

    reads: tuple[str, ...] = ("intents", "decisions", "bars", "commands", "stops")
    writes: tuple[str, ...] = ("transport", "played", "performance", "answers")
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
        self._sounding: Sounding | None = None
        self._calm = guard_intent(self._neutral(), self._limits)
        self._intent = self._calm
        self._lacking: tuple[str, ...] = ()
        """What of the newest intent was no number, in words."""
        self._bars: dict[int, Bar] = {}
        self._history: deque[Bar] = deque(maxlen=HISTORY_BARS)
        self._final = False
        self._offset_db = self.volume_db = config.volume_db
        """What softer and louder ask for now, as far as it can be had; and as it was left by the last wish."""
        self._is_locked = False
        """Whether a therapist holds the loudness: locked as it is, or set by hand."""
        self._first_frame = self._fade_frame = 0
        start_db = guard_loudness(START_DB + self.volume_db, self._limits)
        self._gain_slope_db_s = self._limits.loudness_slope_db_s / (1.0 + TOUCH_DB)
        self._loudness = self._level = Ramp(0, start_db, start_db, self._gain_slope_db_s / self._sfreq_hz)
        self._swell = Swell.silent(SWELL_SHARE * self._gain_slope_db_s, self._sfreq_hz)
        self._brightness = Ramp(0, CALM.brightness, CALM.brightness, BRIGHTNESS_PER_S / self._sfreq_hz)

    def _neutral(self) -> MusicIntent:
        never = self._config.prescription.preference.never_keys
        mode = allowed_mode(CALM.mode, never)
        metre = metre_at(self._config, 0, CALM.target_arousal)
        tonic_pc = allowed_tonic(CALM.tonic_pc, mode, never)
        return msgspec.structs.replace(CALM, mode=mode, metre=metre, tonic_pc=tonic_pc)

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
        return self._asked.start_frame if self._asked else self._fade_frame

    def loudness_db_at(self, frame: int) -> float:
        """Loudness of the playing in dB relative to the box's loudest: notes are struck as fits it."""
        return self._loudness.at(frame) + self._swell.at(frame)

    def level_db_at(self, frame: int) -> float:
        """Level in dB relative to the prescribed loudness; it moves less than the playing does."""
        return self._level.at(frame) + self._swell.at(frame)

    def brightness_at(self, frame: int) -> float:
        return max(0.0, self._brightness.at(frame) + SWELL_BRIGHTNESS_PER_DB * self._swell.at(frame))

    @property
    def target_arousal(self) -> float:
        """What the newest intent aims at, -1 to 1."""
        return self._intent.target_arousal

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
            case DirectStop():
                self.state = "ended"
            case MusicIntent():
                return self._take_intent(message)
            case Decision():
                self._is_locked = "loudness" in message.context.locks
            case Bar():
                known = self._bars.get(message.bar_index)
                if known is None or message.intent_revision >= known.intent_revision:
                    self._bars[message.bar_index] = message
        return []

    def _obey(self, command: Command) -> list[Message]:
        match command:
            case Start() if self.state == "idle":
                return [self._begin(0)]
            case Stop():
                self.state = "ended"
                return [*command.answered(self._frame_ns, PROCESS, "taken")]
            case Softer() | Louder():
                return [*self._shift_loudness(command)]
            case SetCue(cue="loudness") if not self._is_locked:
                self._offset_db = min(self._offset_db, 0.0)  # no louder than it is set
                self._is_locked = True
            case Lock(cue="loudness"):
                self._is_locked = True
        return []

    def _shift_loudness(self, command: Softer | Louder) -> tuple[CommandAnswer, ...]:
        """Less is always the listener's to have, also where the therapist locked the loudness; more is not."""
        if self._is_locked and isinstance(command, Louder):
            return command.answered(self._frame_ns, PROCESS, "refused", "The loudness is locked by the therapist.")
        before_db = self._offset_db
        self._offset_db += STEP_DB if isinstance(command, Louder) else -STEP_DB
        self._aim_loudness()
        self.volume_db = self._offset_db
        if abs(self._offset_db - before_db) > UNHEARD_DB:
            return command.answered(self._frame_ns, PROCESS, "taken", SOFTER_THOUGH_LOCKED if self._is_locked else "")
        how = "loud as the prescription allows" if isinstance(command, Louder) else "soft as it gets"
        return command.answered(self._frame_ns, PROCESS, "refused", f"The music is as {how} already.")

    def _take_intent(self, intent: MusicIntent) -> list[Message]:
        if (intent.bar_index, intent.revision) < (self._intent.bar_index, self._intent.revision):
            return []
        self._intent, self._lacking = guard_intent(intent, self._limits), lacking_in(intent)
        # A revision is somebody's wish about what is heard now; a first intent is about its own bar.
        if intent.revision or (self._sounding and intent.bar_index <= self._sounding.bar.bar_index):
            self._aim()
            return self._turn()
        return []

    def _aim(self) -> None:
        self._swell = self._swell.turned(self._frame, self._intent.swell_per_min)
        self._aim_loudness()

    def _aim_loudness(self) -> None:
        wanted = self._intent.loudness_db + self._offset_db
        allowed = guard_loudness(wanted, self._limits)
        # What cannot be had is not remembered: the next wish in the other direction is heard at once.
        self._offset_db += allowed - wanted
        left = 1.0 - SWELL_SHARE if self._swell.sounds(self._frame) else 1.0
        # A rest sinks and comes back by the slope of loudness, as everything does; a pause is a breath, and does not.
        rests = self._intent.silent and not self._intent.pause
        highest_db = REST_DB if rests else self._limits.loudness_max_db
        below_db = max(0.0, self._limits.loudness_max_db - self._intent.loudness_db)
        level_db = allowed + (1.0 - LEVEL_SHARE) * below_db + self._intent.story_db
        level_db = guard_loudness(level_db, self._limits)
        slope = left * self._gain_slope_db_s / self._sfreq_hz
        self._loudness = self._loudness.towards(min(allowed, highest_db), self._frame)._replace(slope_per_frame=slope)
        self._level = self._level.towards(min(level_db, highest_db), self._frame)._replace(slope_per_frame=slope)
        wished = min(max(WISH_BRIGHTNESS_PER_DB * self._offset_db, -WISH_BRIGHTNESS_MAX), WISH_BRIGHTNESS_MAX)
        brightness = REST_BRIGHTNESS if rests else self._intent.brightness
        self._brightness = self._brightness.towards(guard_share(brightness + wished), self._frame)

    def _turn(self) -> list[Message]:
        """Play what is left of the sounding bar as the newest intent wants it."""
        now, wanted = self._sounding, manner_of(self._intent)
        if now is None or self.state != "playing":
            return []
        tempo_bpm = guard_tempo(self._intent.tempo_bpm * now.rubato, self._limits)
        if _plays_the_same(now.manner, wanted) and now.pace.to_bpm == tempo_bpm:
            return []
        pace = now.pace.turned(self._frame, tempo_bpm)
        end_frame = self._end_of(now.bar.beats, pace)
        self._sounding = Sounding(now.bar, pace, wanted, end_frame, now.rubato)
        if self._asked:
            self._asked = self._asked._replace(start_frame=end_frame)
        else:
            self._fade_frame = end_frame
        return [self._performance(now.bar.bar_index, pace, wanted)]

    # -- musical time

    def _advance(self) -> list[Message]:
        emitted: list[Message] = []
        while (due := self.next_tick_frame) is not None and due <= self._frame:
            if self.state == "idle":
                # After a restart: every bar lasts longer than a second, so this is beyond all that were played before.
                emitted.append(self._begin(max(0, self._frame_ns - self._config.started_ns) // 1_000_000_000 + 1))
            elif self.state == "fading":
                self.state = "ended"
            elif self._asked:
                emitted += self._sound(self._asked)
            else:
                self.state = "fading"
        return emitted

    def _begin(self, bar_index: int) -> Transport:
        self.state = "playing"
        self._first_frame = self._on_grid(self._frame + self._frames(FIRST_BAR_S))
        return self._ask(bar_index, self._first_frame)

    def _ask(self, bar_index: int, start_frame: int) -> Transport:
        self._asked = Asked(bar_index, start_frame)
        starts_ns = self._heard_ns(start_frame)
        ahead_ns = self._ahead_frames * 1_000_000_000 // self._sfreq_hz
        return Transport(
            t_ns=self._frame_ns,
            bar_index=bar_index,
            start_frame=start_frame,
            starts_ns=starts_ns,
            deadline_ns=max(self._frame_ns, starts_ns - ahead_ns),
        )

    def _sound(self, asked: Asked) -> list[Message]:
        """The asked bar begins: its intent counts from now, and the next bar is asked for."""
        self._asked = None
        if self._intent is not self._calm and asked.bar_index - self._intent.bar_index > INTENT_LASTS_BARS:
            self._intent, self._lacking = self._calm, ()
        if self._intent.pause and asked.bar_index > self._intent.bar_index:
            self._intent = msgspec.structs.replace(self._intent, silent=False, pause=False)
        self._aim()
        played = self._take(asked)
        emitted: list[Message] = [played]
        if played.manner and not _plays_the_same(played.manner, manner_of(self._intent)):
            emitted += self._turn()
        assert self._sounding
        if self._final:
            self._fade_frame = self._sounding.end_frame
        else:
            emitted.append(self._ask(played.bar_index + 1, self._sounding.end_frame))
        return emitted

    def _take(self, asked: Asked) -> PlayedBar:
        """The composed bar as the guard lets it through, or the phrasebook's, and why."""
        if self._intent.silent:
            return self._rest(asked)
        composed = self._bars.pop(asked.bar_index, None)
        self._bars = {index: bar for index, bar in self._bars.items() if index > asked.bar_index}
        fallback = ""
        if composed is not None and composed.silent:
            composed = None  # the rest was called off since
        if composed is None:
            fallback = f"bar {asked.bar_index} was not there when it was to sound"
        elif not self._guard(composed)[0].notes:
            fallback = f"nothing of bar {asked.bar_index} by {composed.generator} may sound"
        if composed is None or fallback:
            self.late_bars += composed is None
            composed = self._improvise(asked.bar_index)
        bar, changes = self._guard(composed)
        self._final = self._intent.final
        return self._played(asked, bar, fallback, (*changes, *self._lacking))

    def _rest(self, asked: Asked) -> PlayedBar:
        """A bar without notes, as the newest intent asks: it needs no composer."""
        is_meant = self._intent.bar_index == asked.bar_index
        fallback = "" if is_meant else f"nobody said what bar {asked.bar_index} should be: the rest goes on"
        self._bars = {index: bar for index, bar in self._bars.items() if index > asked.bar_index}
        bar, changes = self._guard(rest_bar(self._intent, self._config))
        self._final = self._intent.final
        return self._played(asked, bar, fallback, changes)

    def _guard(self, bar: Bar) -> tuple[Bar, tuple[str, ...]]:
        is_newer = self._intent.bar_index == bar.bar_index and self._intent.revision > bar.intent_revision
        tempo_bpm = self._intent.tempo_bpm if is_newer else bar.tempo_bpm
        return guard_bar(bar, tempo_bpm * guard_rubato(bar.rubato), self._config.prescription)

    def _improvise(self, bar_index: int) -> Bar:
        intent = msgspec.structs.replace(self._intent, bar_index=bar_index)
        rng = keyed_random(self._config.seed, "phrasebook", bar_index)
        bar = self._phrasebook.generate(intent, tuple(self._history), rng)
        return msgspec.structs.replace(bar, notes=tuple(balanced(bar.notes, intent.voice_levels)))

    def _played(self, asked: Asked, bar: Bar, fallback: str, changes: tuple[str, ...]) -> PlayedBar:
        from_bpm = self._sounding.pace.tempo_at(asked.start_frame) if self._sounding else bar.tempo_bpm
        pace = Pace(asked.start_frame, 0.0, from_bpm, bar.tempo_bpm, self._limits.tempo_slope_percent_s, self._sfreq_hz)
        last_frame, end_frame = pace.frame_at(bar.beats * TICKS_PER_BEAT), self._end_of(bar.beats, pace)
        if not bar.silent:
            self._history.append(bar)
        played = PlayedBar(
            t_ns=self._heard_ns(asked.start_frame),
            bar_index=asked.bar_index,
            start_frame=asked.start_frame,
            n_frames=end_frame - asked.start_frame,
            beats=bar.beats,
            metre=bar.metre,
            tempo_bpm=bar.beats * 60.0 * self._sfreq_hz / (last_frame - asked.start_frame),
            tempo_from_bpm=from_bpm,
            tempo_to_bpm=bar.tempo_bpm,
            loudness_db=self.loudness_db_at(asked.start_frame),
            brightness=self.brightness_at(asked.start_frame),
            tonic_pc=bar.tonic_pc,
            programs=bar.programs,
            notes=bar.notes,
            manner=bar.manner,
            generator=bar.generator,
            silent=bar.silent,
            fallback=fallback,
            guarded=changes,
        )
        self._sounding = Sounding(played, pace, bar.manner, end_frame, guard_rubato(bar.rubato))
        return played

    def _performance(self, bar_index: int, pace: Pace, manner: Manner) -> Performance:
        return Performance(
            t_ns=self._heard_ns(pace.frame),
            bar_index=bar_index,
            from_frame=pace.frame,
            from_tick=pace.tick,
            tempo_from_bpm=pace.from_bpm,
            tempo_to_bpm=pace.to_bpm,
            manner=manner,
        )

    def _end_of(self, beats: int, pace: Pace) -> int:
        return self._on_grid(pace.frame_at(beats * TICKS_PER_BEAT))

    # -- frames and nanoseconds

    def _frames(self, seconds: float) -> int:
        return round(seconds * self._sfreq_hz)

    def _on_grid(self, frame: float) -> int:
        return math.ceil(frame / GRID_FRAMES - 1e-6) * GRID_FRAMES

    def _heard_ns(self, frame: int) -> int:
        return self._frame_ns + (frame - self._frame) * 1_000_000_000 // self._sfreq_hz


def manner_of(intent: MusicIntent) -> Manner:
    """What of an intent can still change when the bar sounds, beside its tempo and brightness."""
    return Manner(intent.loudness_db, intent.density, intent.articulation)


def _plays_the_same(composed: Manner | None, wanted: Manner) -> bool:
    """Whether nothing need be planned anew: loudness is followed note by note as they are struck."""
    if composed is None:
        return True
    return (composed.density, composed.articulation) == (wanted.density, wanted.articulation)


def lacking_in(intent: MusicIntent) -> tuple[str, ...]:
    """The numbers of an intent that are none, as words for the log."""
    values = {name: getattr(intent, name) for name in intent.__struct_fields__}
    lacking = [name for name, value in values.items() if isinstance(value, float) and not math.isfinite(value)]
    return (f"the intent had no number as {', '.join(lacking)}",) if lacking else ()
