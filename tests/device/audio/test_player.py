from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from device.audio import player
from device.audio.player import BlockQueue, CardSink, ClockSink, find_card, quiet_stderr
from device.clock import VirtualClock
from device.config import AudioConfig
from device.errors import SoundError

CONFIG = AudioConfig(sink="wav", periods=3)
BLOCK_S = 1024 / 48_000


def block(value: int) -> bytes:
    return np.full((1024, 2), value, "<i2").tobytes()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(10_000_000_000)


@pytest.fixture
def sink(clock: VirtualClock) -> ClockSink:
    return ClockSink(CONFIG, clock)


def fill(sink: ClockSink, first: int = 0) -> None:
    for value in range(sink.room()):
        sink.push(block(first + value))


def test_it_begins_when_it_is_full_and_then_keeps_the_pace_of_the_clock(sink: ClockSink, clock: VirtualClock) -> None:
    assert sink.next_heard_ns() == clock.now_ns()
    clock.advance(5.0)
    assert (sink.room(), sink.heard()) == (3, [])
    fill(sink)
    assert sink.room() == 1
    clock.advance(1.5 * BLOCK_S)
    heard = sink.heard()
    assert [item.pcm for item in heard] == [block(0), block(1)]
    assert heard[1].t_ns - heard[0].t_ns == pytest.approx(BLOCK_S * 1e9, abs=1)
    assert sink.next_heard_ns() == pytest.approx(heard[0].t_ns + 3 * BLOCK_S * 1e9, abs=4)
    assert sink.underruns == 0


def test_running_dry_is_silence_and_is_counted(sink: ClockSink, clock: VirtualClock) -> None:
    fill(sink)
    clock.advance(4.5 * BLOCK_S)
    assert [item.pcm for item in sink.heard()] == [block(0), block(1), block(2), block(0), block(0)]
    assert sink.underruns == 2


def test_what_was_not_heard_is_shortened_and_then_dry_is_no_underrun(sink: ClockSink, clock: VirtualClock) -> None:
    fill(sink, first=1)
    clock.advance(0.5 * BLOCK_S)
    sink.heard()
    sink.end(lambda pending: [block(100 + len(pending))])
    clock.advance(1.0)
    assert [item.pcm for item in sink.heard()] == [block(102)]
    assert sink.underruns == 0
    assert sink.room() == 3


@pytest.mark.parametrize("n_gone", [0, 1, 2, 3])
def test_a_card_that_asks_while_the_end_is_made_hears_each_block_once_and_no_gap(n_gone: int) -> None:
    """The card's own thread may have had any number of blocks before the end stands."""
    queue = BlockQueue(CONFIG)
    for value in (1, 2, 3):
        queue.push(block(value))

    heard: list[bytes] = []

    def shorten(pending: list[bytes]) -> list[bytes]:
        while len(heard) < n_gone:
            heard.append(queue.take(0))
        return [bytes([each[0] + 100]) for each in pending]

    queue.end(shorten)
    heard += [queue.take(0) for _ in range(4 - n_gone)]
    assert [each[0] for each in heard] == [*range(1, n_gone + 1), *range(101 + n_gone, 104), 0]
    assert queue.underruns == 0


def test_a_sink_that_never_began_ends_at_once(sink: ClockSink) -> None:
    sink.push(block(1))
    sink.end(lambda pending: pending)
    assert sink.room() == 3


class FakeStream:
    def __init__(self, answer, broken: bool = False) -> None:
        self.answer, self.active, self.broken = answer, False, broken

    def get_output_latency(self) -> float:
        return 0.05

    def start_stream(self) -> None:
        self.active = True

    def is_active(self) -> bool:
        return self.active

    def stop_stream(self) -> None:
        if self.broken:
            raise OSError("gone")
        self.active = False

    def close(self) -> None:
        pass


class FakePortAudio:
    def __init__(self, names: tuple[str, ...] = ("HDMI (hw:0,0)", "Headphones (hw:1,0)", "default")) -> None:
        self.names, self.terminated, self.opened = names, False, None

    def get_device_count(self) -> int:
        return len(self.names)

    def get_device_info_by_index(self, index: int) -> dict:
        return {"name": self.names[index], "index": index, "maxOutputChannels": 2}

    def get_default_output_device_info(self) -> dict:
        if "default" not in self.names:
            raise OSError("No Default Output Device Available")
        return self.get_device_info_by_index(self.names.index("default"))

    def open(self, **options) -> FakeStream:
        if options["rate"] == 8000:
            raise OSError("Invalid sample rate")
        self.opened = options
        self.stream = FakeStream(options["stream_callback"])
        return self.stream

    def is_format_supported(self, rate: int, **_format: int) -> bool:
        if rate not in (44_100, 96_000):
            raise ValueError("Invalid sample rate")
        return True

    def terminate(self) -> None:
        self.terminated = True


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    fake = FakePortAudio()
    monkeypatch.setattr(player, "_initialise", lambda: fake)
    return fake


def answer(portaudio: FakePortAudio, status: int = 0) -> bytes:
    data, flag = portaudio.stream.answer(None, 1024, {}, status)
    assert flag == 0
    return data


def test_the_card_gets_the_blocks_in_order_and_silence_when_there_is_none(
    portaudio: FakePortAudio, clock: VirtualClock
) -> None:
    sink = CardSink(CONFIG, clock)
    for value in (1, 2, 3):
        sink.push(block(value))
    assert portaudio.stream.active
    assert [answer(portaudio) for _ in range(4)] == [block(1), block(2), block(3), block(0)]
    assert sink.underruns == 1
    assert [item.pcm for item in sink.heard()] == [block(1), block(2), block(3), block(0)]
    assert sink.room() == 3


def test_what_the_card_plays_is_heard_after_its_latency(portaudio: FakePortAudio, clock: VirtualClock) -> None:
    sink = CardSink(CONFIG, clock)
    for value in (1, 2, 3):
        sink.push(block(value))
    answer(portaudio)
    assert sink.heard()[0].t_ns == clock.now_ns() + 50_000_000
    assert sink.next_heard_ns() == pytest.approx(clock.now_ns() + 50_000_000 + 3 * BLOCK_S * 1e9, abs=4)


def test_the_cards_own_underruns_count_once_it_has_started_up(portaudio: FakePortAudio, clock: VirtualClock) -> None:
    sink = CardSink(CONFIG, clock)
    for _ in range(30):
        sink.push(block(1))
    for _ in range(player.START_UP_ANSWERS):
        answer(portaudio, status=player.OUTPUT_UNDERFLOW)
    assert sink.underruns == 0
    answer(portaudio, status=player.OUTPUT_UNDERFLOW)
    assert sink.underruns == 1


def test_a_bug_in_the_callback_is_silence_not_the_end(
    portaudio: FakePortAudio, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = CardSink(CONFIG, clock)
    monkeypatch.setattr(sink, "take", lambda _: 1 / 0)
    assert answer(portaudio) == block(0)


def test_a_card_that_stops_asking_is_dead(portaudio: FakePortAudio, clock: VirtualClock) -> None:
    sink = CardSink(CONFIG, clock)
    clock.advance(10.0)
    assert sink.is_alive()
    for _ in range(3):
        sink.push(block(1))
    clock.advance(0.5)
    assert sink.is_alive()
    answer(portaudio)
    for _ in range(3):
        clock.advance(0.25)
        alive = sink.is_alive()
    assert not alive
    answer(portaudio)
    assert sink.is_alive()
    portaudio.stream.active = False
    assert not sink.is_alive()


def test_who_stood_still_himself_does_not_take_the_card_for_dead(portaudio: FakePortAudio, clock: VirtualClock) -> None:
    sink = CardSink(CONFIG, clock)
    for _ in range(3):
        sink.push(block(1))
    assert sink.is_alive()
    clock.advance(5.0)
    assert sink.is_alive(), "nobody was there to be asked"


def test_a_card_that_is_gone_can_still_be_closed(portaudio: FakePortAudio, clock: VirtualClock) -> None:
    sink = CardSink(CONFIG, clock)
    portaudio.stream.broken = True
    sink.close()
    assert portaudio.terminated


def test_a_card_that_refuses_the_format_is_a_sentence(portaudio: FakePortAudio, clock: VirtualClock) -> None:
    with pytest.raises(SoundError, match=r"sound card default cannot be opened: Invalid sample rate"):
        CardSink(AudioConfig(sfreq_hz=8000), clock)
    assert portaudio.terminated


def test_a_card_that_refuses_the_rate_tells_the_next_one_it_takes(
    portaudio: FakePortAudio, clock: VirtualClock
) -> None:
    with pytest.raises(SoundError) as caught:
        CardSink(AudioConfig(sfreq_hz=8000), clock)
    assert caught.value.action == "It refuses 8000 Hz and takes 44100: set audio.sfreq_hz = 44100 in device.toml."


@pytest.mark.parametrize(
    ("wanted", "found"), [("", 2), ("HDMI", 0), ("Headphones (hw:1,0)", 1), ("hw:1,0", 1), ("default", 2)]
)
def test_a_card_is_found_by_its_name_or_a_part_of_it(wanted: str, found: int) -> None:
    assert find_card(FakePortAudio(), AudioConfig(device=wanted))["index"] == found


def test_the_whole_name_goes_before_a_part() -> None:
    assert find_card(FakePortAudio(("default plus", "default")), AudioConfig(device="default"))["index"] == 1


def test_a_card_is_found_by_its_alsa_id(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "card1").mkdir()
    (tmp_path / "DAC").symlink_to("card1")
    monkeypatch.setattr(player, "ALSA_CARDS", tmp_path)
    for name in ("DAC", "hw:CARD=DAC", "plughw:DAC,0"):
        assert find_card(FakePortAudio(), AudioConfig(device=name))["index"] == 1
        converting = FakePortAudio(("HDMI (plughw:0,0)", "DAC: USB (plughw:1,0)"))
        assert find_card(converting, AudioConfig(device=name))["index"] == 1


def test_no_card_at_all_and_no_such_card_are_sentences() -> None:
    with pytest.raises(SoundError, match="There is no sound card") as caught:
        find_card(FakePortAudio(()), AudioConfig())
    assert "--no-sound" in caught.value.action
    with pytest.raises(SoundError, match=r"no sound card `Moon`; there are: HDMI \(hw:0,0\), Headphones"):
        find_card(FakePortAudio(), AudioConfig(device="Moon"))


def test_a_missing_pyaudio_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(SoundError, match="PyAudio cannot be loaded"):
        player.probe(AudioConfig())


def test_stderr_is_quiet_and_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        os.write(2, b"ALSA lib: noise\n")
    os.write(2, b"our words\n")
    assert capfd.readouterr().err == "our words\n"


ALSA_CONFIG = """
</usr/share/alsa/alsa.conf>
pcm.catch {{
    type plug
    slave.pcm {{ type file; slave.pcm {{ type null }}; file "{path}"; format "raw" }}
    hint {{ show on; description "catches what is played" }}
}}
"""
PLAY = """
import sys
import numpy as np
from device.audio.player import BlockQueue, CardSink, probe
from device.clock import SystemClock
from device.config import AudioConfig

config = AudioConfig(device="catch")
assert probe(config) == "catch"
sink = CardSink(config, SystemClock())
rng = np.random.default_rng(5)
data = rng.integers(-32768, 32767, (40, 1024, 2), dtype=np.int16)
sink._periods = 40
for block in data:
    sink.push(block.tobytes())
for _ in range(1000):
    if sink.room() == 40:
        break
    SystemClock().sleep(0.01)
sink.end(lambda pending: pending)
sink.close()
sys.stdout.buffer.write(data.tobytes())
"""


def have_portaudio() -> bool:
    try:
        import pyaudio
    except ImportError:
        return False
    return isinstance(pyaudio, types.ModuleType) and Path("/usr/share/alsa/alsa.conf").exists()


@pytest.mark.skipif(not have_portaudio(), reason="needs PyAudio and ALSA")
def test_through_portaudio_and_alsa_every_byte_arrives(tmp_path: Path) -> None:
    """ALSA writes what the card would get into a file; it keeps no pace, so this says nothing about time."""
    (tmp_path / "asound.conf").write_text(ALSA_CONFIG.format(path=tmp_path / "caught.raw"))
    done = subprocess.run(
        [sys.executable, "-c", PLAY],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[3],
        env=os.environ | {"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")},
        timeout=60,
    )
    assert done.stdout in (tmp_path / "caught.raw").read_bytes()
    assert done.stderr == b""
