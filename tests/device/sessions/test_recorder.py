import errno
import shutil
import wave
from pathlib import Path
from typing import cast

import msgspec
import pytest

from device.clock import VirtualClock
from device.config import SessionConfig
from device.messages import Digest, Fault, Health, Marker, Message, PcmBlock
from device.runtime.bus import Received
from device.runtime.context import ProcessContext
from device.sessions import recorder
from device.sessions.reader import SessionReader
from device.sessions.recorder import Recorder

S = 1_000_000_000


class Context:
    """A process context without a bus: what is given is received, what is published is kept."""

    def __init__(self, config: SessionConfig, given: list[Received], incarnation: int = 0) -> None:
        self.config, self.incarnation, self.clock = config, incarnation, VirtualClock(1)
        self.published: list[Message] = []
        self.failure: tuple[str, str, str] | None = None
        self._given = given
        self._beats = 4

    def publish(self, message: Message) -> None:
        self.published.append(message)

    def loaded(self) -> None:
        pass

    def beat(self) -> bool:
        self._beats -= 1
        self.clock.advance(1.5)
        return self._beats > 0

    def receive(self, timeout_ms: int) -> list[Received]:
        self.clock.advance(timeout_ms / 1000)
        given, self._given = self._given, []
        return given

    def fail(self, code: str, sentence: str, action: str) -> None:
        self.failure = (code, sentence, action)


def received(topic: str, seq: int, message: Message) -> Received:
    return Received(topic, "x", 0, seq, 0, msgspec.msgpack.encode(message))


def marker(seq: int) -> Received:
    return received("markers", seq, Marker(t_ns=seq, text="m"))


def pcm(seq: int, t_ns: int, n_frames: int = 480) -> Received:
    return received("pcm", seq, PcmBlock(t_ns=t_ns, first_frame=0, sfreq_hz=48_000, data=b"\1\0\1\0" * n_frames))


def record(context: Context) -> None:
    recorder.main(cast("ProcessContext", context))


def test_messages_go_to_the_log_and_sound_to_the_wav(config: SessionConfig) -> None:
    record(Context(config, [marker(0), pcm(0, S), marker(1)]))
    folder = Path(config.session_dir)
    reader = SessionReader(folder)
    topics = [item.topic for item in reader.messages()]
    assert topics.count("markers") == 2
    assert "pcm" not in topics
    assert reader.problems() == []
    with wave.open(str(folder / "heard.wav")) as heard:
        assert heard.getnframes() == 480
    assert (folder / "session.toml").exists()


def test_the_silence_between_two_audio_processes_is_in_the_wav(config: SessionConfig) -> None:
    record(Context(config, [pcm(0, S), pcm(1, S + 10_000_000), pcm(0, 3 * S)]))
    with wave.open(str(Path(config.session_dir) / "heard.wav")) as heard:
        assert heard.getnframes() == pytest.approx(2 * 48_000 + 480, abs=2)


def test_messages_lost_on_the_bus_become_a_fault_in_the_log(config: SessionConfig) -> None:
    context = Context(config, [marker(0), marker(5)])
    record(context)
    faults = [message for message in context.published if isinstance(message, Fault)]
    assert [fault.code for fault in faults] == ["log-gap"]
    assert "4 messages of markers" in faults[0].sentence
    logged = [item for item in SessionReader(Path(config.session_dir)).messages() if item.stream == "faults"]
    assert len(logged) == 1


def test_a_checksum_is_logged_each_second(config: SessionConfig) -> None:
    context = Context(config, [marker(0)])
    record(context)
    digests = [message for message in context.published if isinstance(message, Digest)]
    assert len(digests) >= 3
    assert digests[-1].topics["markers"][0] == 1


def test_a_full_disk_is_said_and_what_was_recorded_stays(config: SessionConfig, monkeypatch) -> None:
    taken = Recorder.take

    def refuse(self: Recorder, item: Received) -> None:
        if item.seq == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken(self, item)

    monkeypatch.setattr(Recorder, "take", refuse)
    context = Context(config, [marker(0), marker(1), marker(2), marker(3)])
    record(context)
    assert context.failure is not None
    code, sentence, action = context.failure
    assert code == "disk-full"
    assert "No space left" in sentence
    assert "whole" in action
    kept = [item.seq for item in SessionReader(Path(config.session_dir)).messages() if item.topic == "markers"]
    assert kept == [0, 1]


def test_a_recorder_that_is_started_again_appends(config: SessionConfig) -> None:
    record(Context(config, [marker(0), pcm(0, S)]))
    record(Context(config, [marker(1), pcm(1, 2 * S)], incarnation=1))
    folder = Path(config.session_dir)
    reader = SessionReader(folder)
    assert [item.seq for item in reader.messages() if item.topic == "markers"] == [0, 1]
    assert reader.problems() == []
    with wave.open(str(folder / "heard.wav")) as heard:
        assert heard.getnframes() == 960


def health(seq: int, sent: int) -> Received:
    told = Health(t_ns=S, process="x", pid=1, incarnation=0, ready=True, rss_mb=1.0, cpu_s=0.0, sent=sent)
    return received("health/x", seq, told)


def losses(context: Context) -> list[str]:
    faults = [message for message in context.published if isinstance(message, Fault)]
    assert {fault.code for fault in faults} <= {"log-gap"}
    return [fault.sentence for fault in faults]


def test_a_loss_that_no_later_message_of_its_topic_betrays_is_a_fault(config: SessionConfig) -> None:
    context = Context(config, [health(0, 10), marker(0), health(1, 14)])
    record(context)
    assert losses(context) == ["2 messages of the process `x` were lost on the way to the recorder."]


def test_a_loss_is_told_once(config: SessionConfig) -> None:
    given = [health(0, 10), marker(0), health(1, 14), marker(3), health(2, 16), marker(5), health(3, 19)]
    context = Context(config, given)
    record(context)
    assert losses(context) == [
        "2 messages of the process `x`, 1 messages of markers were lost on the way to the recorder."
    ]


def test_what_was_said_while_no_recorder_lived_is_a_fault(config: SessionConfig) -> None:
    record(Context(config, [marker(0), marker(1)]))
    context = Context(config, [marker(5)], incarnation=1)
    record(context)
    assert losses(context) == ["3 messages of markers were lost on the way to the recorder."]


def test_sound_that_did_not_come_is_a_fault(config: SessionConfig) -> None:
    context = Context(config, [pcm(0, S), pcm(1, 3 * S)])
    record(context)
    assert losses(context) == ["2.0 s of sound were lost on the way to the recorder."]


def test_a_session_folder_that_is_removed_is_told(config: SessionConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Recorder.take

    def remove(self: Recorder, item: Received) -> None:
        taken(self, item)
        shutil.rmtree(config.session_dir)

    monkeypatch.setattr(Recorder, "take", remove)
    context = Context(config, [marker(0)])
    record(context)
    assert context.failure is not None
    assert context.failure[0] == "disk-full"
    assert "can no longer be recorded" in context.failure[1]
    assert "removed" in context.failure[1]
