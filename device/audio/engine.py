"""The audio process: renders ahead of the sound card, gives the conductor its ticks, and always ends by a fade.

Nothing here waits for another process. If the card dies the music goes on by the clock while the card is tried again.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator
from pathlib import Path

from device.audio.conductor import Conductor, State
from device.audio.jack import Jacks
from device.audio.mender import Mender
from device.audio.player import FRAME_BYTES, CardSink, ClockSink, Sink
from device.audio.renderer import Renderer
from device.audio.resident_memory import kept_in_memory
from device.audio.safety.hearing import OVER, WHEN_OVER, HearingGuard
from device.audio.safety.limits import allowed_programs, latest_end_s
from device.audio.safety.pcm_guard import DELAY_FRAMES, fade_out
from device.audio.stop_door import StopDoor
from device.audio.synth import Synth
from device.clock import Clock
from device.config import AudioConfig
from device.errors import SoundError
from device.messages import AudioReport, DirectStop, Fault, HoldPhase, Marker, Message, PcmBlock, Tick
from device.runtime.bus import Received
from device.runtime.context import ProcessContext

POLL_MS = 10
IDLE_POLL_MS = 50
REPORT_NS = 1_000_000_000
STOP_FADE_S = 0.04
ABANDONED_FADE_S = 2.0
"""Length of the last fade when the manager is gone."""
NO_CARD = "none"
OPEN_TRIES, OPEN_RETRY_S = 4, 0.4
"""About one start in thirty finds the card busy or not ready (read of boxes in the field)."""


class Engine:
    """Owns the frames: the renderer's is the next one to render, `_heard_frame` the next one to go out."""

    def __init__(self, context: ProcessContext, synth: Synth, sink: Sink) -> None:
        conductor = context.stages[0]
        assert isinstance(conductor, Conductor)
        self._context, self._conductor, self._sink = context, conductor, sink
        self._clock, self._audio = context.clock, context.config.device.audio
        self._renderer = Renderer(synth, context.config)
        self._hearing = HearingGuard(context.config)
        self._heard_frame = 0
        self._state: State = "idle"
        self._lost_underruns = 0
        self._mender = Mender(self._audio, self._clock, sink) if sink.name == NO_CARD else None
        self._report_ns = self._clock.now_ns()
        self._door = StopDoor(Path(context.config.run_dir), self._clock, "audio")
        """The second way to stop, which needs neither manager nor loop."""
        self._jacks = Jacks(Path(context.config.device.panel.input_folder), self._clock)
        self._n_stops = 0
        self._began_ns = context.config.started_ns
        # Whoever is started again in mid-session does not know whether a phase was held before.
        self._was_held = context.incarnation > 0

    def run(self) -> None:
        """Turn until the process is to stop; silent before the start and after the end."""
        while self._context.beat():
            self._turn()
        if self._state == "playing" and self._context.stop_reason == "manager gone":
            self._context.fail("manager-gone", "The manager is gone; the music ends by a fade.", "Start a new session.")
            self._fade_slowly()
        if self._state == "playing":
            self._fade_fast()
        while self._state == "fading":
            self._turn()
        if self._state == "idle":
            self._end()
        self._door.close()
        self._jacks.close()

    def _turn(self) -> None:
        received = self._context.receive(POLL_MS if self._state in ("playing", "fading") else IDLE_POLL_MS)
        if self._state == "idle" and self._context.started:
            self._state = "playing"
            self._began_ns = self._began_ns or self._clock.now_ns()
        received += self._direct_stops()
        if self._state == "playing" and self._is_overdue(received):
            sentence = "The session went on beyond its prescribed end; the music ends by a fade."
            self._context.fail("overdue", sentence, "Look into the logs, and start a new session.")
            self._fade_slowly()
            self._fade_fast()
        if self._state == "playing":
            self._feed(received)
            self._watch_sink()
            self._watch_jacks()
            self._fill()
            if self._hearing.is_over:
                self._context.fail("dose-reached", OVER, WHEN_OVER)
            if self._conductor.state == "ended" or self._hearing.is_over:
                self._fade_fast()
            for spoken in self._renderer.take_spoken(self._clock.now_ns()):
                self._context.publish(spoken)
        self._publish_heard()
        if self._state == "fading" and (self._sink.room() == self._audio.periods or not self._sink.is_alive()):
            self._end()
        if self._clock.now_ns() - self._report_ns >= REPORT_NS:
            self._report()

    def _direct_stops(self) -> list[Received]:
        """The stops that were asked at audio's own door, as messages for the log and the conductor."""
        stops = []
        for wish in self._door.stops():
            self._n_stops += 1
            stop_id = f"audio-{self._context.incarnation}-{self._n_stops}"
            stop = DirectStop(t_ns=self._clock.now_ns(), author=wish.author, id=stop_id)
            stops.append(self._context.publish(stop))
        if stops and self._state == "idle":
            self._end()
        return stops

    # -- begin and end

    def _is_overdue(self, received: list[Received]) -> bool:
        """Whether nothing may sound any more, as nobody has ended the session in its time."""
        self._was_held |= any(isinstance(item.message, HoldPhase) for item in received if item.stream == "commands")
        # However often it is held, a session stands still for one such time in all (`control.plan.plan_clock`).
        latest_s = latest_end_s(self._context.config.minutes, n_holds=int(self._was_held))
        return self._clock.now_ns() - self._began_ns > latest_s * 1e9

    def _fade_slowly(self) -> None:
        """End by a slow fade, for nobody is left to say stop."""
        n_blocks = round(ABANDONED_FADE_S * self._audio.sfreq_hz / self._audio.block_frames)
        left = n_blocks
        while left and self._sink.is_alive() and not self._direct_stops():
            for _ in range(min(left, self._sink.room())):
                left -= 1
                self._sink.push(self._renderer.render(self._conductor, self._level() * left / n_blocks))
            self._publish_heard()
            self._clock.sleep(POLL_MS / 1000.0)

    def _fade_fast(self) -> None:
        self._state = "fading"
        fade_fast(self._sink, self._audio)

    def _end(self) -> None:
        self._publish_heard()
        self._context.publish(self._hearing.exposure(self._clock.now_ns()))
        self._state = "ended"
        self._report()
        if self._sink.is_alive():
            self._sink.close()

    # -- messages and ticks

    def _feed(self, received: list[Received]) -> None:
        """Give the conductor what came in, as of the next frame to render."""
        if received:
            self._tick(self._renderer.frame)
        for item in received:
            if item.stream == "prompts":
                self._renderer.take(item.message)
            else:
                self._add(self._context.step(item))

    def _tick(self, frame: int) -> None:
        ahead = frame - self._renderer.frame + DELAY_FRAMES
        heard_ns = self._sink.next_heard_ns() + ahead * 1_000_000_000 // self._audio.sfreq_hz
        self._add(self._context.step(Tick(t_ns=heard_ns, frame=frame)))

    def _add(self, emitted: list[Message]) -> None:
        for message in emitted:
            self._renderer.take(message)

    # -- samples

    def _fill(self) -> None:
        for _ in range(self._sink.room()):
            while (due := self._conductor.next_tick_frame) is not None and due < self._renderer.end_frame:
                self._tick(max(due, self._renderer.frame))
            if self._conductor.state == "ended":
                return
            self._sink.push(self._renderer.render(self._conductor, self._level()))

    def _level(self) -> float:
        """Amplitude on top of what the conductor wants: none for a loudspeaker, and less for tired ears."""
        return 0.0 if self._jacks.are_out else self._hearing.level()

    def _publish_heard(self) -> None:
        for block in self._sink.heard():
            self._context.publish(
                PcmBlock(t_ns=block.t_ns, first_frame=self._heard_frame, sfreq_hz=self._audio.sfreq_hz, data=block.pcm)
            )
            self._heard_frame += self._audio.block_frames
            for news in self._hearing.hear(block.t_ns, block.pcm):
                self._context.publish(news)

    def _report(self) -> None:
        self._report_ns = self._clock.now_ns()
        levels, (loudness, true_peak_dbtp) = self._renderer.levels(), self._renderer.heard()
        self._context.publish(
            AudioReport(
                t_ns=self._report_ns,
                sink=NO_CARD if self._jacks.are_out else self._sink.name,
                frame=self._renderer.frame,
                peak_dbfs=levels.peak_dbfs,
                rms_dbfs=levels.rms_dbfs,
                true_peak_dbtp=true_peak_dbtp,
                momentary_lufs=loudness.momentary_lufs,
                short_term_lufs=loudness.short_term_lufs,
                integrated_lufs=loudness.integrated_lufs,
                underruns=self._lost_underruns + self._sink.underruns,
                late_bars=self._conductor.late_bars,
                limiter_db=levels.limiter_db,
                volume_db=self._conductor.volume_db,
                state=self._conductor.state if self._state == "playing" else self._state,
            )
        )

    # -- the card

    def _watch_sink(self) -> None:
        if not self._sink.is_alive():
            self._lose_card()
        card = self._mender.attempt() if self._mender else None
        if card:
            self._mender = None
            # Silent blocks that nobody hears: from there the guard brings the music back by its own slow rise.
            for _ in range(2 + DELAY_FRAMES // self._audio.block_frames):
                self._sink.push(self._renderer.render(self._conductor, 0.0))
            self._replace_sink(card)
            self._context.publish(Marker(t_ns=self._clock.now_ns(), text=f"the music is heard by {card.name} again"))

    def _watch_jacks(self) -> None:
        """Headphones that are pulled leave silence, not a loudspeaker; from it the guard brings the music back."""
        if not self._jacks.look():
            return
        if self._jacks.are_out:
            self._complain("headphones-out", "The headphones were unplugged; the music is silent until they are back.")
        else:
            text = "the headphones are back, and so is the music"
            self._context.publish(Marker(t_ns=self._clock.now_ns(), text=text))

    def _complain(self, code: str, sentence: str) -> None:
        now_ns = self._clock.now_ns()
        action = "Plug it in again."
        self._context.publish(Fault(t_ns=now_ns, process="audio", code=code, sentence=sentence, action=action))

    def _lose_card(self) -> None:
        name = self._sink.name
        self._complain("card-lost", f"The sound card {name} stopped taking sound; nobody hears music until one does.")
        self._lost_underruns += self._sink.underruns
        self._mender = Mender(self._audio, self._clock, self._sink)
        self._replace_sink(ClockSink(self._audio, self._clock, NO_CARD))

    def _replace_sink(self, sink: Sink) -> None:
        self._publish_heard()
        self._sink = sink


def fade_fast(sink: Sink, config: AudioConfig) -> None:
    """Fade over what was not heard yet, and nothing after it: as quick as the card allows."""
    n_frames = round(STOP_FADE_S * config.sfreq_hz)
    size = config.block_frames * FRAME_BYTES

    def faded(pending: list[bytes]) -> list[bytes]:
        pcm = fade_out(b"".join(pending[: -(-n_frames // config.block_frames)]), n_frames)
        return [pcm[first : first + size] for first in range(0, len(pcm), size)]

    sink.end(faded)


def open_sink(config: AudioConfig, clock: Clock) -> Sink:
    """The sink that is configured; a card that is busy, or not there yet, is tried again for a moment.

    Raises:
        SoundError: there is no such sound card.
    """
    if config.sink == "wav":
        return ClockSink(config, clock)
    for _ in range(OPEN_TRIES - 1):
        with contextlib.suppress(SoundError):
            return CardSink(config, clock)
        clock.sleep(OPEN_RETRY_S)
    return CardSink(config, clock)


def _sink_of(context: ProcessContext) -> Sink:
    """The sink to begin with; audio that is started again amid a session goes on without a card until there is one.

    Raises:
        SoundError: there is no such sound card.
    """
    audio = context.config.device.audio
    try:
        return open_sink(audio, context.clock)
    except SoundError:
        if not context.incarnation:
            raise
        return ClockSink(audio, context.clock, NO_CARD)


@contextlib.contextmanager
def frozen_collector() -> Iterator[None]:
    """No garbage collection while there is sound: a collection stalls for tens of milliseconds (measured).

    Only where the process is audio's own; with `--one-process` the others still need it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def main(context: ProcessContext) -> None:
    """Entry of the process `audio`.

    Raises:
        SoundError, SystemMissingError: no synthesiser, sound font or sound card.
    """
    config = context.config
    synth = Synth(config.device.audio, allowed_programs(config.prescription))
    sink = _sink_of(context)
    context.loaded()
    with frozen_collector(), kept_in_memory():
        Engine(context, synth, sink).run()
    synth.close()
