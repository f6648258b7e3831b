"""Takes the samples to a sound card, or without one nowhere but at the same pace (`PcmBlock`s carry them anyway).

The card's callback runs in a thread of PortAudio's and only hands over blocks that are ready; Python that works there
costs underruns (measured).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from device.clock import Clock, Standstill
from device.config import AudioConfig
from device.errors import SoundError

ALSA_CARDS = Path("/proc/asound")
CHANNELS = 2
FRAME_BYTES = 4
DEAD_NS = 700_000_000
"""A card that asked for nothing for so long is gone: no error tells (measured with killed sound servers)."""
OUTPUT_UNDERFLOW = 4
"""PortAudio's flag; the first callbacks may carry it for nothing."""
START_UP_ANSWERS = 8
RATES_HZ = (48_000, 44_100, 96_000, 32_000, 88_200)
MEND = "Plug it in, set audio.device in device.toml, or run with --no-sound."


class HeardBlock(NamedTuple):
    """A block that went out, and when its first frame is heard."""

    t_ns: int
    pcm: bytes


class Sink(Protocol):
    """Takes blocks of 16-bit stereo, `block_frames` each, and lets them be heard one after the other.

    It begins by itself once it has no more room, so it does not begin with an underrun.
    """

    name: str
    underruns: int

    def room(self) -> int:
        """How many blocks it takes now."""
        ...

    def push(self, pcm: bytes) -> None:
        """Hand over the next block of 16-bit interleaved stereo."""
        ...

    def next_heard_ns(self) -> int:
        """The time at which a block pushed now would be heard."""
        ...

    def heard(self) -> list[HeardBlock]:
        """What went out since the last call."""
        ...

    def end(self, shorten: Callable[[list[bytes]], list[bytes]]) -> None:
        """Let what did not go out yet be heard as `shorten` makes it, and nothing after it: then dry is no underrun."""
        ...

    def is_alive(self) -> bool: ...

    def close(self) -> None: ...


class BlockQueue:
    """The ring between rendering and hearing; its two threads need no lock, as each takes from or adds to one end."""

    def __init__(self, config: AudioConfig) -> None:
        self.underruns = 0
        self._periods = config.periods
        self._block_ns = config.block_frames * 1_000_000_000 // config.sfreq_hz
        self._silence = bytes(config.block_frames * FRAME_BYTES)
        self._waiting: deque[bytes] = deque()
        self._heard: deque[HeardBlock] = deque()
        self._ends: list[list[bytes]] = []
        """What is to be heard at the end where none, one, two ... of the blocks have gone out meanwhile."""
        self._is_running = self._is_ending = False

    def begin(self) -> None:
        """Let blocks be heard from now on."""
        self._is_running = True

    def room(self) -> int:
        return self._periods - len(self._waiting)

    def push(self, pcm: bytes) -> None:
        self._waiting.append(pcm)
        if not self._is_running and len(self._waiting) == self._periods:
            self.begin()

    def heard(self) -> list[HeardBlock]:
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def end(self, shorten: Callable[[list[bytes]], list[bytes]]) -> None:
        """End with what is waiting, shortened.

        The card goes on asking meanwhile, so the end is made for each number of blocks that it may have had by then,
        and its own thread takes the right one: were they taken out of the queue, a question that came just then would
        find it empty (measured: one stop in a hundred had a gap of a block, which clicks).
        """
        waiting = list(self._waiting)
        if self._is_running:
            self._ends = [shorten(waiting[n_gone:]) for n_gone in range(len(waiting) + 1)]
        else:
            self._waiting.clear()

    def _settle_end(self) -> None:
        """Go over to the end that fits what is still waiting."""
        n_gone = len(self._ends) - 1 - len(self._waiting)
        self._waiting, self._ends, self._is_ending = deque(self._ends[n_gone]), [], True

    def take(self, t_ns: int) -> bytes:
        """The next block, heard from `t_ns` on; silence, and an underrun, where none is ready."""
        if self._ends:
            self._settle_end()
        try:
            pcm = self._waiting.popleft()
        except IndexError:
            if self._is_ending:
                return self._silence
            self.underruns += 1
            pcm = self._silence
        self._heard.append(HeardBlock(t_ns, pcm))
        return pcm


class ClockSink(BlockQueue):
    """Stands in for a card: blocks are heard by nobody, at the pace of the clock."""

    def __init__(self, config: AudioConfig, clock: Clock, name: str = "wav") -> None:
        super().__init__(config)
        self.name = name
        self._clock = clock
        self._due_ns = 0

    def begin(self) -> None:
        super().begin()
        self._due_ns = self._clock.now_ns()

    def room(self) -> int:
        self._pass_time()
        return super().room()

    def heard(self) -> list[HeardBlock]:
        self._pass_time()
        return super().heard()

    def next_heard_ns(self) -> int:
        due_ns = self._due_ns if self._is_running else self._clock.now_ns()
        return due_ns + len(self._waiting) * self._block_ns

    def is_alive(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing to close."""

    def _pass_time(self) -> None:
        while self._is_running and self._due_ns <= self._clock.now_ns():
            self.take(self._due_ns)
            self._due_ns += self._block_ns


class CardSink(BlockQueue):
    """A sound card by PortAudio.

    Raises:
        SoundError: no card, no such card, or it refuses the format.
    """

    def __init__(self, config: AudioConfig, clock: Clock) -> None:
        super().__init__(config)
        self._clock = clock
        self._portaudio = _initialise()
        try:
            card = find_card(self._portaudio, config)
            self.name = str(card["name"])
            self._stream = self._open(config, int(card["index"]))
        except SoundError:
            self._portaudio.terminate()
            raise
        self._latency_ns = int(self._stream.get_output_latency() * 1e9)
        self._asked_ns = self._n_answers = 0
        self._standstill = Standstill(clock, DEAD_NS // 2)

    def _open(self, config: AudioConfig, index: int) -> Any:
        import pyaudio  # noqa: PLC0415

        try:
            with quiet_stderr():
                return self._portaudio.open(
                    rate=config.sfreq_hz,
                    channels=CHANNELS,
                    format=pyaudio.paInt16,
                    output=True,
                    output_device_index=index,
                    frames_per_buffer=config.block_frames,
                    start=False,
                    stream_callback=self._answer,
                )
        except (OSError, ValueError) as error:
            raise SoundError(
                f"The sound card {self.name} cannot be opened: {error}.", self._advice(config, index)
            ) from error

    def _advice(self, config: AudioConfig, index: int) -> str:
        """The nearest rate that the card takes, where it is the rate that it refuses."""
        takes = [rate for rate in (config.sfreq_hz, *RATES_HZ) if _takes(self._portaudio, index, rate)]
        if not takes or config.sfreq_hz in takes:
            return MEND
        nearest = min(takes, key=lambda rate: abs(rate - config.sfreq_hz))
        return f"It refuses {config.sfreq_hz} Hz and takes {nearest}: set audio.sfreq_hz = {nearest} in device.toml."

    def _answer(self, _input: Any, n_frames: int, _times: Mapping[str, float], status: int) -> tuple[bytes, int]:
        """PortAudio's callback. An exception here would stop the stream for good, so there must be none."""
        try:
            self._asked_ns = self._clock.now_ns()
            self._n_answers += 1
            self.underruns += bool(status & OUTPUT_UNDERFLOW) and self._n_answers > START_UP_ANSWERS
            pcm = self.take(self._asked_ns + self._latency_ns)
        except Exception:  # noqa: BLE001
            pcm = bytes(n_frames * FRAME_BYTES)
        return pcm, 0

    def begin(self) -> None:
        super().begin()
        self._asked_ns = self._clock.now_ns()
        with quiet_stderr():
            self._stream.start_stream()

    def next_heard_ns(self) -> int:
        asked_ns = self._asked_ns if self._is_running else self._clock.now_ns()
        return asked_ns + self._latency_ns + (len(self._waiting) + 1) * self._block_ns

    def is_alive(self) -> bool:
        if self._standstill.passed_ns():
            # We did not look, and the card's callbacks stood still with us.
            self._asked_ns = self._clock.now_ns()
        if not self._is_running:
            return True
        return self._clock.now_ns() - self._asked_ns < DEAD_NS and bool(self._stream.is_active())

    def close(self) -> None:
        """Let what the card already has be heard, and give it back."""
        with quiet_stderr(), contextlib.suppress(OSError):
            # Stopping waits for the card's next question, which a dead one never asks.
            if self.is_alive():
                self._stream.stop_stream()
            self._stream.close()
        with quiet_stderr():
            self._portaudio.terminate()


def _takes(portaudio: Any, index: int, rate_hz: int) -> bool:
    import pyaudio  # noqa: PLC0415

    try:
        with quiet_stderr():
            return bool(
                portaudio.is_format_supported(
                    rate_hz, output_device=index, output_channels=CHANNELS, output_format=pyaudio.paInt16
                )
            )
    except (OSError, ValueError):
        return False


def find_card(portaudio: Any, config: AudioConfig) -> Mapping[str, Any]:
    """The card of `config.device`: a PortAudio name or a part of it, or an ALSA card id; empty: the default one.

    Raises:
        SoundError: there is none.
    """
    if not config.device:
        try:
            default: Mapping[str, Any] = portaudio.get_default_output_device_info()
        except OSError as error:
            raise SoundError("There is no sound card.", MEND) from error
        return default
    cards = [portaudio.get_device_info_by_index(index) for index in range(portaudio.get_device_count())]
    cards = [card for card in cards if card["maxOutputChannels"] >= CHANNELS]
    wanted = _name_in_portaudio(config.device)
    for fits in (str.__eq__, str.__contains__):
        for card in cards:
            if fits(str(card["name"]), wanted):
                return card  # type: ignore[no-any-return]
    names = ", ".join(str(card["name"]) for card in cards) or "none at all"
    raise SoundError(f"There is no sound card `{config.device}`; there are: {names}.", MEND)


def _name_in_portaudio(device: str) -> str:
    """An ALSA card id (`Headphones`, `hw:CARD=Headphones`) as PortAudio shows it; indices move between boots."""
    card_id = re.sub(r"^(plug)?hw:(CARD=)?", "", device).partition(",")[0]
    folder = ALSA_CARDS / card_id
    # With ALSA's conversions it is called (plughw:0,0).
    return f"hw:{folder.resolve().name.removeprefix('card')}," if card_id and folder.is_symlink() else device


def probe(config: AudioConfig) -> str:
    """Name of the card that would be used.

    Raises:
        SoundError: there is none.
    """
    portaudio = _initialise()
    try:
        return str(find_card(portaudio, config)["name"])
    finally:
        portaudio.terminate()


def _initialise() -> Any:
    """PortAudio looks for cards once, here; to see a card that was plugged in later, begin again.

    Raises:
        SoundError: PyAudio cannot be loaded.
    """
    try:
        import pyaudio  # noqa: PLC0415 - without a card it is not needed
    except ImportError as error:
        raise SoundError(
            f"PyAudio cannot be loaded: {error}.", "Install it: sudo apt install libportaudio2."
        ) from error
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    # A card that takes no 48 kHz, no 16 bit or no stereo gets what it takes: ALSA converts where it must.
    os.environ.setdefault("PA_ALSA_PLUGHW", "1")
    with quiet_stderr():
        return pyaudio.PyAudio()


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """ALSA and JACK write some 70 lines to stderr while PortAudio looks for cards."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
