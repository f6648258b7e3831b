import os
from pathlib import Path

import pytest

from device.clock import SystemClock
from device.errors import SystemMissingError
from device.messages import Fault, Marker
from device.runtime.bus import BATCH_MAX, GapCounter, Publisher, Received, Subscriber, endpoint


def exchange(publisher: Publisher, subscriber: Subscriber, n: int) -> list[Received]:
    """Send markers until `n` have come: a subscriber joins a moment after it was made."""
    got: list[Received] = []
    for index in range(2000):
        publisher.send(Marker(t_ns=index, text=str(index)))
        got += subscriber.receive(timeout_ms=5)
        if len(got) >= n:
            return got
    raise AssertionError("nothing came")


def test_a_message_arrives_as_it_was_sent(run_dir: Path) -> None:
    publisher = Publisher(run_dir, "audio", 3, SystemClock())
    subscriber = Subscriber(run_dir, ["audio"], ["markers"])
    received = exchange(publisher, subscriber, 3)
    assert [item.message for item in received] == [Marker(t_ns=item.seq, text=str(item.seq)) for item in received]
    assert {(item.process, item.incarnation, item.topic) for item in received} == {("audio", 3, "markers")}
    assert all(item.sent_ns > 0 for item in received)
    publisher.close()
    subscriber.close()


def test_a_flood_is_taken_in_bounded_batches_and_whole(run_dir: Path) -> None:
    publisher = Publisher(run_dir, "audio", 0, SystemClock())
    subscriber = Subscriber(run_dir, ["audio"], ["markers"])
    last = exchange(publisher, subscriber, 1)[-1].seq
    for index in range(2 * BATCH_MAX):
        publisher.send(Marker(t_ns=index, text=""))
    batches = []
    while batch := subscriber.receive(timeout_ms=2000):
        batches.append(batch)
        if batch[-1].seq >= publisher.n_sent - 1:
            break
    assert max(map(len, batches)) <= BATCH_MAX
    seqs = [item.seq for batch in batches for item in batch]
    assert seqs == list(range(seqs[0], publisher.n_sent))
    assert seqs[0] <= last + 1
    publisher.close()
    subscriber.close()


def test_streams_with_a_key_have_a_topic_each(run_dir: Path) -> None:
    publisher = Publisher(run_dir, "audio", 0, SystemClock())
    subscriber = Subscriber(run_dir, ["audio"], ["*"])
    exchange(publisher, subscriber, 1)
    publisher.send(Fault(t_ns=0, process="audio", code="x", sentence="s", action="a"))
    faults = [item for item in subscriber.receive(1000) if item.stream == "faults"]
    assert [item.topic for item in faults] == ["faults/audio"]
    publisher.close()
    subscriber.close()


def test_a_second_writer_of_the_same_name_is_refused(run_dir: Path) -> None:
    publisher = Publisher(run_dir, "audio", 0, SystemClock())
    with pytest.raises(SystemMissingError, match="already running"):
        Publisher(run_dir, "audio", 1, SystemClock())
    publisher.close()
    Publisher(run_dir, "audio", 1, SystemClock()).close()


def test_a_subscriber_hears_a_writer_that_was_started_again(run_dir: Path) -> None:
    subscriber = Subscriber(run_dir, ["audio"], ["markers"])
    for incarnation in range(3):
        publisher = Publisher(run_dir, "audio", incarnation, SystemClock())
        received = [item for item in exchange(publisher, subscriber, 1) if item.incarnation == incarnation]
        received = received or exchange(publisher, subscriber, 1)
        assert received[-1].incarnation == incarnation
        publisher.close()
    subscriber.close()


def test_a_path_too_long_for_a_socket_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemMissingError, match="too long"):
        endpoint(tmp_path / ("x" * 120), "audio")


def test_gaps_are_counted_per_topic_and_incarnation() -> None:
    gaps = GapCounter()

    def count(seq: int, incarnation: int = 0, topic: str = "bars") -> int:
        return gaps.count(Received(topic, "p", incarnation, seq, 0, b""))

    assert [count(5), count(6), count(9), count(10)] == [0, 0, 2, 0]
    assert count(0, incarnation=1) == 0
    assert count(0, topic="markers") == 0


def test_the_lock_is_free_again_after_its_holder_was_killed(run_dir: Path) -> None:
    child = os.fork()
    if child == 0:
        Publisher(run_dir, "audio", 0, SystemClock())
        os._exit(0)
    os.waitpid(child, 0)
    Publisher(run_dir, "audio", 1, SystemClock()).close()
