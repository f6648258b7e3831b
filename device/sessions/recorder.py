"""The recorder process: every logged message into the store, what was heard into `heard.wav`.

It may block on a slow card; nothing else waits for it. A message lost on the bus becomes a fault in the log.
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import msgspec

from device import __version__
from device.clock import wall_time
from device.messages import Exposure, Fault, Health, Message, PcmBlock
from device.runtime.bus import GapCounter, Received
from device.runtime.context import ProcessContext
from device.sessions.heard import HeardAccount
from device.sessions.problems import Problems
from device.sessions.records import SegmentReader
from device.sessions.store import Store, log_paths, write_config
from device.sessions.wav import WavSeries
from device.streams import STREAMS, topic_of

DIGEST_NS = 1_000_000_000
GAP_MIN_NS = 100_000_000
"""Audio blocks that follow later than this left a gap: an audio process was started again."""
GAP_MAX_S = 3600.0
RESUME_SEGMENTS = 2
"""The log's last minutes, which a recorder that was started again looks through."""
LOSSES_NAMED = 5
QUIET_NS = 500_000_000
FAREWELL_NS = 6_000_000_000


class HeardWav:
    """Places blocks of PCM by the time they were heard."""

    def __init__(self, path: Path, began_ns: int) -> None:
        """`began_ns` is when the music began, for a recorder that was started again; 0 for the first."""
        self._path, self._began_ns = path, began_ns
        self._writer: WavSeries | None = None
        self._next_ns = 0

    def write(self, block: PcmBlock) -> float:
        """Append a block; returns how many seconds of silence had to stand before it, for what did not come."""
        if self._writer is None:
            self._writer = WavSeries(self._path, block.sfreq_hz)
            if self._began_ns:
                self._next_ns = self._began_ns + self._writer.n_frames * 1_000_000_000 // block.sfreq_hz
        late_ns = block.t_ns - self._next_ns
        missing_s = min(late_ns / 1e9, GAP_MAX_S) if self._next_ns and late_ns > GAP_MIN_NS else 0.0
        self._writer.write_silence(round(missing_s * block.sfreq_hz))
        self._writer.write(block.data)
        self._next_ns = block.t_ns + len(block.data) // 4 * 1_000_000_000 // block.sfreq_hz
        return missing_s

    def refresh(self) -> None:
        if self._writer:
            self._writer.refresh()

    def close(self) -> None:
        if self._writer:
            self._writer.close()

    def abandon(self) -> None:
        if self._writer:
            self._writer.abandon()


class Recorder:
    """Writes one session until told to stop or until the disk refuses."""

    def __init__(self, context: ProcessContext) -> None:
        self._context = context
        folder = Path(context.config.session_dir)
        now_ns = context.clock.now_ns()
        self._store = Store(folder, now_ns)
        self._wav = HeardWav(folder / "heard.wav", context.config.started_ns)
        self._account = HeardAccount(context.config, context.clock)
        self._gaps = GapCounter()
        self._digest_ns = now_ns
        self._own_seq: dict[str, int] = {}
        self._losses: list[str] = []
        if context.incarnation == 0:
            write_config(folder, context.config, _facts(context))
        else:
            self._resume(folder)

    def _resume(self, folder: Path) -> None:
        """Go on counting where the recorder before left off, so that what nobody recorded meanwhile is told."""
        for path in log_paths(folder)[-RESUME_SEGMENTS - 1 : -1]:
            for logged in SegmentReader(path, Problems()).messages():
                self._gaps.count(logged.received)

    def take(self, received: Received) -> None:
        lost = self._gaps.count(received)
        if lost:
            self._losses.append(f"{lost} messages of {received.topic}")
        if STREAMS[received.stream].log == "wav":
            message = received.message
            assert isinstance(message, PcmBlock)
            missing_s = self._wav.write(message)
            if missing_s:
                self._losses.append(f"{missing_s:.1f} s of sound")
        elif STREAMS[received.stream].log == "mcap":
            self._store.write(received, self._context.clock.now_ns())
        if received.stream == "health":
            self._check_sent(received)
        elif received.stream == "exposure":
            self._keep_exposure(received)

    def _check_sent(self, received: Received) -> None:
        """A lost message that no other follows on its topic is missed when its writer tells how many it sent."""
        health = received.message
        if isinstance(health, Health) and health.sent:
            lost = self._gaps.count_sent(received.process, received.incarnation, health.sent)
            if lost:
                self._losses.append(f"{lost} messages of the process `{received.process}`")

    def _keep_exposure(self, received: Received) -> None:
        exposure = received.message
        assert isinstance(exposure, Exposure)
        fault = self._account.keep(exposure)
        if fault:
            self._context.fail(fault.code, fault.sentence, fault.action)

    def _tell_losses(self) -> None:
        """Tell what was lost within a second as one fault."""
        if not self._losses:
            return
        named, n_more = self._losses[:LOSSES_NAMED], len(self._losses) - LOSSES_NAMED
        more = f" and {n_more} kinds more" if n_more > 0 else ""
        self._losses = []
        self.own(
            Fault(
                t_ns=self._context.clock.now_ns(),
                process="recorder",
                code="log-gap",
                sentence=f"{', '.join(named)}{more} were lost on the way to the recorder.",
                action="The recording lacks them; replay will say where.",
            )
        )

    def own(self, message: Message) -> None:
        """Publish a message of the recorder's own and write it, as it does not hear itself."""
        self._context.publish(message)
        topic = topic_of(message)
        seq = self._own_seq.get(topic, 0)
        self._own_seq[topic] = seq + 1
        now_ns = self._context.clock.now_ns()
        payload = msgspec.msgpack.encode(message)
        self._store.write(Received(topic, "recorder", self._context.incarnation, seq, now_ns, payload), now_ns)

    def flush(self) -> None:
        now_ns = self._context.clock.now_ns()
        if now_ns - self._digest_ns >= DIGEST_NS:
            self._digest_ns = now_ns
            self._tell_losses()
            self.own(self._store.digest(now_ns))
            self._wav.refresh()
        self._store.sync(now_ns)

    def close(self) -> None:
        self._tell_losses()
        self.own(self._store.digest(self._context.clock.now_ns()))
        self._store.close()
        self._wav.close()
        self._account.close()

    def abandon(self) -> None:
        """The disk takes no more: leave what is written as it is."""
        self._store.abandon()
        self._wav.abandon()
        self._account.close()


def main(context: ProcessContext) -> None:
    """Entry of the process `recorder`. A disk that refuses ends the session by a fade; what is written stays."""
    recorder = None
    try:
        recorder = Recorder(context)
        context.loaded()
        _record(context, recorder)
    except OSError as error:
        if recorder:
            recorder.abandon()
        context.fail(
            "disk-full",
            f"The session can no longer be recorded in {context.config.session_dir}: {error.strerror or error}.",
            "Free some space, or see to the disk; what was recorded until now is whole.",
        )


def _record(context: ProcessContext, recorder: Recorder) -> None:
    while context.beat():
        for received in context.receive(timeout_ms=100):
            recorder.take(received)
        recorder.flush()
    _record_the_end(context, recorder)
    recorder.close()


def _record_the_end(context: ProcessContext, recorder: Recorder) -> None:
    """Go on until nobody says anything more: when the manager is gone, the sound is still fading."""
    began_ns = quiet_ns = context.clock.now_ns()
    while True:
        for received in context.receive(timeout_ms=50):
            recorder.take(received)
            if received.stream != "health":
                quiet_ns = context.clock.now_ns()
        now_ns = context.clock.now_ns()
        if now_ns - quiet_ns > QUIET_NS or now_ns - began_ns > FAREWELL_NS:
            return


def _facts(context: ProcessContext) -> dict[str, str]:
    config = context.config
    affect, music = config.device.affect, config.device.music
    models = (*affect.eeg_models, *affect.wrist_models, music.model)
    cards = [Path(config.models_dir) / model / "card.toml" for model in models]
    hashes = {
        f"card_sha256.{card.parent.name}": hashlib.sha256(card.read_bytes()).hexdigest()
        for card in cards
        if card.exists()
    }
    return {
        "session": config.session_id,
        "listener": config.listener,
        "began_utc": wall_time().isoformat(timespec="seconds"),
        "isotone": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        **hashes,
    }
