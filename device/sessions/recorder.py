"""The recorder process: every logged message into the store, what was heard into `heard.wav`.

It may block on a slow card; nothing else waits for it. A message lost on the bus becomes a fault in the log.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from device.messages import Exposure, Fault, Health, Message
from device.runtime.bus import GapCounter, Received
from device.runtime.context import ProcessContext
from device.sessions.heard import HeardAccount
from device.sessions.kept import Kept
from device.sessions.problems import Problems
from device.sessions.records import SegmentReader
from device.sessions.store import log_paths
from device.streams import topic_of

DIGEST_NS = 1_000_000_000
RESUME_SEGMENTS = 2
"""The log's last minutes, which a recorder that was started again looks through."""
LOSSES_NAMED = 5
QUIET_NS = 500_000_000
FAREWELL_NS = 6_000_000_000


class Recorder:
    """Writes one session until told to stop or until the disk refuses."""

    def __init__(self, context: ProcessContext) -> None:
        self._context = context
        now_ns = context.clock.now_ns()
        is_first = context.incarnation == 0
        self._kept = None if context.config.keep == "nothing" else Kept(context.config, now_ns, is_first=is_first)
        """None: nothing is kept of the session."""
        self._account = HeardAccount(context.config, context.clock)
        self._gaps = GapCounter()
        self._digest_ns = now_ns
        self._own_seq: dict[str, int] = {}
        self._losses: list[str] = []
        if self._kept and not is_first:
            self._resume(Path(context.config.session_dir))

    def _resume(self, folder: Path) -> None:
        """Go on counting where the recorder before left off, so that what nobody recorded meanwhile is told."""
        for path in log_paths(folder)[-RESUME_SEGMENTS - 1 : -1]:
            for logged in SegmentReader(path, Problems()).messages():
                self._gaps.count(logged.received)

    def take(self, received: Received) -> None:
        lost = self._gaps.count(received)
        if lost:
            self._losses.append(f"{lost} messages of {received.topic}")
        if self._kept and (missing_s := self._kept.take(received, self._context.clock.now_ns())):
            self._losses.append(f"{missing_s:.1f} s of sound")
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
        """Publish a message of the recorder's own and keep it, as it does not hear itself."""
        self._context.publish(message)
        topic = topic_of(message)
        seq = self._own_seq.get(topic, 0)
        self._own_seq[topic] = seq + 1
        now_ns = self._context.clock.now_ns()
        payload = msgspec.msgpack.encode(message)
        if self._kept:
            self._kept.take(Received(topic, "recorder", self._context.incarnation, seq, now_ns, payload), now_ns)

    def flush(self) -> None:
        now_ns = self._context.clock.now_ns()
        if now_ns - self._digest_ns >= DIGEST_NS:
            self._digest_ns = now_ns
            self._tell_losses()
            if self._kept:
                self.own(self._kept.digest(now_ns))
        if self._kept:
            self._kept.sync(now_ns)

    def close(self) -> None:
        self._tell_losses()
        if self._kept:
            self.own(self._kept.digest(self._context.clock.now_ns()))
            self._kept.close()
        self._account.close()

    def abandon(self) -> None:
        """The disk takes no more: leave what is written as it is."""
        if self._kept:
            self._kept.abandon()
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
