from __future__ import annotations

import gc
import itertools
import socket
import threading
from pathlib import Path
from unittest import mock

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from device.audio import engine, jack, mender, player
from device.audio.conductor import RING_OUT_S, Conductor
from device.audio.engine import NO_CARD, frozen_collector, open_sink
from device.audio.jack import EVIOCGBIT_SW, HEADPHONE_INSERT
from device.audio.loudness import LoudnessMeter
from device.audio.player import ClockSink
from device.audio.safety.pcm_guard import DELAY_FRAMES
from device.audio.speech import loudest_lufs
from device.audio.speech_loader import Clip
from device.audio.synth import Synth
from device.audio.tracks.voice import VoiceTrack
from device.clock import VirtualClock
from device.config import AudioConfig, DeviceConfig, HearingAccount, SessionConfig
from device.errors import SoundError
from device.messages import (
    AudioReport,
    DirectStop,
    Exposure,
    Fault,
    Marker,
    PcmBlock,
    Performance,
    PlayedBar,
    Prompt,
    Spoken,
    Transport,
)
from device.runtime.door import stop_path
from device.runtime.stage_runner import StageRunner
from tests.device.audio.rig import SECOND_NS, FakeContext, command, intent
from tests.device.audio.test_mender import InlineThread
from tests.device.audio.test_synth import needs_synth
from tests.device.audio.voices import give_voice, load_at_once

SFREQ_HZ = 48_000
START = (0.1, command("start"))
HUM_HZ = 60.0
AUDIBLE = 20
"""Steps of 32768 that can be heard: -64 dBFS."""


@pytest.fixture
def config(config: SessionConfig) -> SessionConfig:
    return msgspec.structs.replace(config, device=DeviceConfig(audio=AudioConfig(sink="wav")))


class FakeSynth:
    """Sounds as a deep hum while a note is on, so levels and frames can be read off the samples."""

    made: FakeSynth

    def __init__(self, config: AudioConfig, programs: tuple[int, ...]) -> None:
        FakeSynth.made = self
        self.programs, self.on, self.brightness, self.closed = programs, set(), [], False
        self.n_frames = 0

    def program(self, channel: int, program: int) -> None:
        assert program in self.programs

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.on.add((channel, pitch))

    def note_off(self, channel: int, pitch: int) -> None:
        self.on.discard((channel, pitch))

    def pedal(self, channel: int, *, down: bool) -> None:
        pass

    def brighten(self, brightness: float) -> None:
        self.brightness.append(brightness)

    def widen(self, room: float) -> None:
        pass

    def render(self, block: npt.NDArray[np.float32], first: int, last: int) -> None:
        frames = self.n_frames + np.arange(last - first)
        self.n_frames += last - first
        hum = 0.25 * np.sin(2.0 * np.pi * HUM_HZ * frames / SFREQ_HZ)
        block[first:last] = hum[:, None] if self.on else 0.0

    def close(self) -> None:
        self.closed = True


def run(context: FakeContext, synth: type = FakeSynth) -> FakeContext:
    with mock.patch.object(engine, "Synth", synth):
        engine.main(context)
    return context


def loudest(pcm: npt.NDArray[np.int16]) -> int:
    return int(np.abs(pcm.astype(int)).max(initial=0))


@needs_synth
def test_with_the_real_synthesiser_music_is_heard_and_ends_by_a_fade(config: SessionConfig) -> None:
    context = run(FakeContext(config, [START, (6.0, command("stop"))], until_s=7.0), Synth)
    first = context.of(PlayedBar)[0].start_frame + DELAY_FRAMES
    assert loudest(context.pcm[:first]) <= 1
    assert loudest(context.pcm[first : first + SFREQ_HZ]) > 100
    assert loudest(context.pcm) < 0.51 * 32768
    assert loudest(context.pcm[-64:]) <= 1
    assert context.states[-1] == "ended"


@needs_synth
def test_with_the_real_synthesiser_a_session_is_the_same_twice(config: SessionConfig) -> None:
    script = [START, (4.0, command("stop"))]
    first, second = (run(FakeContext(config, script, until_s=5.0), Synth).pcm for _ in range(2))
    assert np.array_equal(first, second)


def test_a_note_is_heard_at_the_time_that_was_told(config: SessionConfig) -> None:
    context = run(FakeContext(config, [START], until_s=5.0))
    played, *_ = context.of(PlayedBar)
    begin_ns = context.of(PcmBlock)[0].t_ns
    heard = int(np.argmax(np.abs(context.pcm[:, 0].astype(int)) > AUDIBLE))
    # The fade-in hides its first milliseconds.
    assert (begin_ns + heard * SECOND_NS / SFREQ_HZ - played.t_ns) / SECOND_NS == pytest.approx(0.02, abs=0.02)


def test_what_is_heard_is_published_whole_and_in_order(config: SessionConfig) -> None:
    context = run(FakeContext(config, [START, (8.0, command("stop"))], until_s=9.0))
    blocks = context.of(PcmBlock)
    assert [block.first_frame for block in blocks] == list(range(0, 1024 * len(blocks), 1024))
    assert {len(block.data) for block in blocks} == {4096}
    assert blocks[-1].t_ns - blocks[0].t_ns == pytest.approx((len(blocks) - 1) * 1024 * SECOND_NS / SFREQ_HZ, abs=1000)
    assert context.of(AudioReport)[-1].underruns == 0


def test_it_reports_every_second(config: SessionConfig) -> None:
    context = run(FakeContext(config, [START], until_s=5.0))
    reports = context.of(AudioReport)
    assert 5 <= len(reports) <= 7
    assert {report.sink for report in reports} == {"wav"}
    assert reports[4].peak_dbfs > -40
    assert context.states == ["playing", "ended"]


def test_stop_is_silent_within_100_ms_and_without_a_click(config: SessionConfig) -> None:
    context = run(FakeContext(config, [START, (6.0, command("stop"))], until_s=8.0))
    end_ns = context.of(PcmBlock)[-1].t_ns + 1024 * SECOND_NS // SFREQ_HZ
    assert end_ns - 11 * SECOND_NS <= 0.1 * SECOND_NS
    tail = context.pcm[-8192:, 0].astype(int)
    assert loudest(tail) > 10 * AUDIBLE
    assert tail[-1] == 0
    assert np.abs(np.diff(tail)).max() < 0.01 * np.abs(tail).max() + 4
    assert context.states[-1] == "ended"


@pytest.mark.parametrize(("reason", "at_most_s"), [("asked", 0.1), ("manager gone", 2.5)])
def test_when_the_process_must_end_it_fades_too(config: SessionConfig, reason: str, at_most_s: float) -> None:
    context = run(FakeContext(config, [START], until_s=5.1, stop_reason=reason))
    end_ns = context.of(PcmBlock)[-1].t_ns + 1024 * SECOND_NS // SFREQ_HZ
    assert 0 < end_ns - 10.1 * SECOND_NS <= at_most_s * SECOND_NS
    tail = context.pcm[-8192:, 0].astype(int)
    assert tail[-1] == 0
    assert np.abs(np.diff(tail)).max() < 0.01 * loudest(context.pcm) + 4
    assert FakeSynth.made.closed


def test_a_change_of_loudness_is_heard_within_300_ms(config: SessionConfig) -> None:
    calm = run(FakeContext(config, [START], until_s=8.0)).pcm.astype(int)
    asked = run(FakeContext(config, [START, (6.0, command("softer"))], until_s=8.0)).pcm.astype(int)
    n_frames = min(len(calm), len(asked))
    differs = np.flatnonzero(np.abs(calm[:n_frames, 0] - asked[:n_frames, 0]) > 4)
    begin_ns = 5 * SECOND_NS + 0.1 * SECOND_NS
    assert 6.0 <= (begin_ns - 5 * SECOND_NS) / SECOND_NS + differs[0] / SFREQ_HZ <= 6.3


def test_the_last_bar_rings_out_and_then_it_is_over(config: SessionConfig) -> None:
    class Final(FakeContext):
        def publish(self, message) -> None:
            super().publish(message)
            if isinstance(message, Transport):
                self._inbox = [(at_ns, item) for at_ns, item in self._inbox if not hasattr(item, "final")]
                self._inbox.append((0, intent(message.bar_index, final=message.bar_index == 1)))

    context = run(Final(config, [START], until_s=20.0))
    last = context.of(PlayedBar)[-1]
    assert last.bar_index == 1
    n_frames = last.start_frame + last.n_frames + RING_OUT_S * SFREQ_HZ
    assert len(context.pcm) == pytest.approx(n_frames, abs=4 * 1024)
    assert context.states == ["playing", "fading", "ended"]


def test_before_the_start_it_is_silent_and_can_be_ended(config: SessionConfig) -> None:
    context = run(FakeContext(config, [], until_s=3.0))
    assert context.of(PcmBlock) == []
    assert context.states == ["idle", "ended"]


def test_restarted_in_mid_session_it_plays_again_and_fades_in(config: SessionConfig) -> None:
    restarted = msgspec.structs.replace(config, started_ns=SECOND_NS)
    context = run(FakeContext(restarted, [], until_s=8.0, incarnation=1))
    first = context.of(PlayedBar)[0]
    assert first.bar_index == 6
    start = first.start_frame + DELAY_FRAMES
    assert loudest(context.pcm[start : start + 4800]) < 0.15 * loudest(context.pcm)


def test_a_replay_of_what_was_consumed_gives_the_same_messages(config: SessionConfig) -> None:
    script = [START, (3.0, command("softer")), (5.0, intent(1, revision=1, tempo_bpm=60.0)), (9.0, command("stop"))]
    context = run(FakeContext(config, script, until_s=10.0))
    runner = StageRunner((Conductor(config),))
    produced = []
    for message, now_ns in context.consumed:
        is_tick = type(message).__name__ == "Tick"
        produced += runner.tick(0, message) if is_tick else runner.step(message, now_ns)
    assert produced
    assert produced == [item for item in context.published if isinstance(item, Transport | PlayedBar | Performance)]


def test_brightness_reaches_the_synthesiser(config: SessionConfig) -> None:
    run(FakeContext(config, [START, (4.0, intent(1, revision=1, brightness=0.9))], until_s=7.0))
    steps = FakeSynth.made.brightness
    assert steps[-1] == pytest.approx(0.9, abs=0.02)
    assert np.abs(np.diff(steps)).max() < 0.05


class Unplugged(ClockSink):
    """A card that dies after three seconds."""

    def is_alive(self) -> bool:
        return self._clock.now_ns() < 8 * SECOND_NS


def test_when_the_card_dies_the_session_goes_on_and_the_card_comes_back(
    config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def reopen(audio: AudioConfig, clock: VirtualClock) -> ClockSink:
        attempts.append(clock.now_ns())
        if len(attempts) < 3:
            raise SoundError("There is no sound card.", "Plug it in.")
        return ClockSink(audio, clock, "card")

    monkeypatch.setattr(engine, "open_sink", lambda audio, clock: Unplugged(audio, clock, "card"))
    monkeypatch.setattr(mender, "CardSink", reopen)
    monkeypatch.setattr(mender, "Thread", InlineThread)
    context = run(FakeContext(config, [START], until_s=15.0))
    (fault,) = context.of(Fault)
    assert (fault.code, fault.fatal) == ("card-lost", False)
    assert "sound card card stopped" in fault.sentence
    gaps_s = [(later - earlier) / SECOND_NS for earlier, later in itertools.pairwise(attempts)]
    assert gaps_s == pytest.approx([1.0, 1.0], abs=0.1)
    assert "the music is heard by card again" in [marker.text for marker in context.of(Marker)]
    sinks = [report.sink for report in context.of(AudioReport)]
    assert sinks[-1] == "card"
    assert NO_CARD in sinks
    assert loudest(context.pcm[-3 * SFREQ_HZ : -SFREQ_HZ]) > AUDIBLE
    back = next(
        number for number, item in enumerate(context.published) if isinstance(item, Marker) and "again" in item.text
    )
    first = next(item for item in context.published[back:] if isinstance(item, PcmBlock))
    opening = np.frombuffer(first.data, "<i2").reshape(-1, 2)
    assert loudest(opening) < 0.1 * loudest(context.pcm[-3 * SFREQ_HZ : -SFREQ_HZ]), "it comes back from silence"
    assert len(context.pcm) == pytest.approx(14.9 * SFREQ_HZ, abs=12_000)


def test_headphones_that_are_unplugged_leave_silence_and_a_sentence_and_bring_the_music_back_softly(
    config: SessionConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "event0").touch()
    panel = msgspec.structs.replace(config.device.panel, input_folder=str(tmp_path))
    device = msgspec.structs.replace(config.device, panel=panel)
    context = FakeContext(msgspec.structs.replace(config, device=device), [START], until_s=14.0)
    begun_ns = context.clock.now_ns()

    def ask(_descriptor: int, request: int) -> bytes:
        passed_s = (context.clock.now_ns() - begun_ns) / SECOND_NS
        is_in = request == EVIOCGBIT_SW or not 5.0 <= passed_s < 8.0
        return bytes([is_in << HEADPHONE_INSERT, 0])

    monkeypatch.setattr(jack, "ask", ask)
    run(context)
    (fault,) = context.of(Fault)
    assert (fault.code, fault.fatal) == ("headphones-out", False)
    assert "silent until they are back" in fault.sentence
    heard = context.pcm
    out = round(5.2 * SFREQ_HZ)
    assert loudest(heard[:out]) > AUDIBLE
    assert loudest(heard[out : round(7.9 * SFREQ_HZ)]) == 0.0
    assert loudest(heard[round(8.2 * SFREQ_HZ) : round(8.3 * SFREQ_HZ)]) < 0.5 * loudest(heard[-4 * SFREQ_HZ : -1000])
    assert loudest(heard[-3 * SFREQ_HZ : -SFREQ_HZ]) > AUDIBLE, "it is back"
    assert any("headphones are back" in marker.text for marker in context.of(Marker))
    assert {report.sink for report in context.of(AudioReport)} == {"wav", NO_CARD}


def test_a_card_that_dies_while_it_ends_holds_nothing_up(
    config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiesFading(ClockSink):
        def is_alive(self) -> bool:
            return not self._is_ending

        def close(self) -> None:
            raise AssertionError("would block")

    monkeypatch.setattr(engine, "open_sink", lambda audio, clock: DiesFading(audio, clock, "card"))
    assert run(FakeContext(config, [START, (4.0, command("stop"))], until_s=6.0)).states[-1] == "ended"
    assert run(FakeContext(config, [START], until_s=6.0)).states[-1] == "ended"


def test_without_a_sound_card_it_refuses_at_once(config: SessionConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_card(audio: AudioConfig, clock: VirtualClock) -> None:
        raise SoundError("There is no sound card.", "Plug it in.")

    monkeypatch.setattr(engine, "CardSink", no_card)
    card = msgspec.structs.replace(config, device=DeviceConfig())
    with pytest.raises(SoundError, match="There is no sound card"):
        run(FakeContext(card, [START], until_s=1.0))
    assert isinstance(open_sink(AudioConfig(sink="wav"), VirtualClock()), player.ClockSink)


def test_a_card_that_is_busy_for_a_moment_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, tried = VirtualClock(), []

    def busy(audio: AudioConfig, clock: VirtualClock) -> ClockSink:
        tried.append(clock.now_ns())
        if len(tried) < 3:
            raise SoundError("The sound card is busy.", "Close what uses it.")
        return ClockSink(audio, clock, "card")

    monkeypatch.setattr(engine, "CardSink", busy)
    assert open_sink(AudioConfig(), clock).name == "card"
    assert len(set(tried)) == 3
    assert clock.now_ns() < 2 * SECOND_NS


def test_audio_that_is_started_again_goes_on_without_a_card_until_there_is_one(
    config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_card(audio: AudioConfig, clock: VirtualClock) -> None:
        raise SoundError("There is no sound card.", "Plug it in.")

    def plugged_in(audio: AudioConfig, clock: VirtualClock) -> ClockSink:
        if clock.now_ns() < 9 * SECOND_NS:
            raise SoundError("There is no sound card.", "Plug it in.")
        return ClockSink(audio, clock, "card")

    monkeypatch.setattr(engine, "CardSink", no_card)
    monkeypatch.setattr(mender, "CardSink", plugged_in)
    monkeypatch.setattr(mender, "Thread", InlineThread)
    card = msgspec.structs.replace(config, device=DeviceConfig())
    context = run(FakeContext(card, [START], until_s=8.0, incarnation=1))
    sinks = [report.sink for report in context.of(AudioReport)]
    assert (sinks[0], sinks[-1]) == (NO_CARD, "card")


def test_the_collector_rests_while_there_is_sound_but_only_in_a_process_of_its_own() -> None:
    with frozen_collector():
        assert not gc.isenabled()
    assert gc.isenabled()
    seen = []

    def in_thread() -> None:
        with frozen_collector():
            seen.append(gc.isenabled())

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    assert seen == [True]


class Visited(FakeContext):
    """Somebody knocks at audio's own door as the clock reaches `knocks_s`."""

    def __init__(self, *given: object, knocks_s: float, line: bytes = b'{"kind": "stop"}\n', **more: object) -> None:
        super().__init__(*given, **more)  # type: ignore[arg-type]
        self._knocks_ns, self._line, self.guest = self._at(knocks_s), line, socket.socket(socket.AF_UNIX)

    def receive(self, timeout_ms: int) -> list:
        if self.clock.now_ns() >= self._knocks_ns and self._line:
            self.guest.connect(str(stop_path(Path(self.config.run_dir), "therapist")))
            self.guest.sendall(self._line)
            self._line = b""
        return super().receive(timeout_ms)

    def answer(self) -> dict[str, str]:
        with self.guest:
            return msgspec.json.decode(self.guest.recv(4096))


def test_a_stop_at_audios_own_door_is_silent_within_100_ms_and_is_recorded(config: SessionConfig) -> None:
    context = run(Visited(config, [START], until_s=8.0, knocks_s=6.0))
    assert context.answer() == {"answer": "taken", "process": "audio"}
    (stop,) = context.of(DirectStop)
    assert stop.author == "therapist"
    end_ns = context.of(PcmBlock)[-1].t_ns + 1024 * SECOND_NS // SFREQ_HZ
    assert end_ns - 11 * SECOND_NS <= 0.1 * SECOND_NS
    assert loudest(context.pcm[-8192:]) > 10 * AUDIBLE
    assert context.pcm[-1].tolist() == [0, 0]
    assert context.states[-1] == "ended"
    assert stop in [message for message, _ in context.consumed], "replay needs to see it"


@pytest.mark.parametrize(("script", "knocks_s"), [([], 1.0), ([START, (2.0, command("stop"))], 3.0)])
def test_it_is_taken_in_every_state(config: SessionConfig, script: list, knocks_s: float) -> None:
    context = run(Visited(config, script, until_s=5.0, knocks_s=knocks_s))
    assert context.answer()["answer"] == "taken"
    assert context.states[-1] == "ended"
    assert len(context.of(DirectStop)) == 1


def test_it_cuts_the_slow_fade_short_that_follows_a_lost_manager(config: SessionConfig) -> None:
    context = Visited(config, [START], until_s=6.0, stop_reason="manager gone", knocks_s=5.99)
    assert run(context).answer()["answer"] == "taken"
    end_ns = context.of(PcmBlock)[-1].t_ns + 1024 * SECOND_NS // SFREQ_HZ
    assert end_ns - 11 * SECOND_NS <= 0.15 * SECOND_NS


def test_that_door_takes_nothing_but_a_stop(config: SessionConfig) -> None:
    context = run(Visited(config, [START], until_s=5.0, knocks_s=3.0, line=b'{"kind": "softer"}\n'))
    assert context.answer()["answer"] == "refused"
    assert context.of(DirectStop) == []


def test_a_lost_manager_is_told_as_a_fault(config: SessionConfig) -> None:
    context = run(FakeContext(config, [START], until_s=4.0, stop_reason="manager gone"))
    (fault,) = context.of(Fault)
    assert (fault.code, fault.fatal) == ("manager-gone", True)


def test_a_prompt_is_heard_over_the_music_and_its_end_is_told(
    config: SessionConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_voice(tmp_path, monkeypatch)
    load_at_once(monkeypatch)
    prompt = Prompt(t_ns=0, name="session-ends-soon")
    context = run(FakeContext(config, [START, (3.0, prompt)], until_s=7.0))
    [told] = context.of(Spoken)
    assert (told.name, told.manner, told.is_whole) == ("session-ends-soon", "words", True)
    began = round(3.5 * SFREQ_HZ)
    swinging = np.abs(np.fft.rfft(context.pcm[began : began + SFREQ_HZ // 2, 0].astype(float)))
    assert swinging[220] > 20 * np.median(swinging[200:240])


def test_a_stop_while_words_are_heard_is_silent_within_100_ms(
    config: SessionConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_voice(tmp_path, monkeypatch)
    load_at_once(monkeypatch)
    script = [START, (3.0, Prompt(t_ns=0, name="welcome")), (4.0, command("stop"))]
    context = run(FakeContext(config, script, until_s=6.0))
    end_ns = context.of(PcmBlock)[-1].t_ns + 1024 * SECOND_NS // SFREQ_HZ
    assert end_ns - 9 * SECOND_NS <= 0.1 * SECOND_NS
    assert context.pcm[-1, 0] == 0


def test_what_the_ears_have_is_told_each_second(config: SessionConfig) -> None:
    told = run(FakeContext(config, [START, (6.0, command("stop"))], until_s=10.0)).of(Exposure)
    assert len(told) >= 5
    assert [round(exposure.heard_s) for exposure in told[:5]] == [1, 2, 3, 4, 5]


def test_the_week_that_is_used_up_ends_the_session_gently_and_says_why(config: SessionConfig) -> None:
    nearly = msgspec.structs.replace(config, hearing=HearingAccount(week_pa2h=1.6))
    context = run(FakeContext(nearly, [START], until_s=30.0))
    (fault,) = context.of(Fault)
    assert (fault.code, fault.fatal) == ("dose-reached", True)
    assert context.states[-1] == "ended"
    steps = np.abs(np.diff(context.pcm[:, 0].astype(int)))
    assert steps.max() < 300, "no click"
    assert loudest(context.pcm[-4800:]) <= AUDIBLE


@needs_synth
def test_words_stand_clear_of_real_music_and_ten_decibels_below_what_it_was(
    config: SessionConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the music alone is while it makes way is found by a voice that says the same without a sound."""
    give_voice(tmp_path, monkeypatch)
    load_at_once(monkeypatch)
    script = [START, (10.0, Prompt(t_ns=0, name="welcome"))]
    play = VoiceTrack.play

    def play_mute(track: VoiceTrack, clip: Clip) -> None:
        play(track, clip)
        track._gain = 0.0

    both = run(FakeContext(config, script, until_s=14.0), Synth).pcm / 32768.0
    with mock.patch.object(VoiceTrack, "play", play_mute):
        music = run(FakeContext(config, script, until_s=14.0), Synth).pcm / 32768.0
    before, while_spoken = (slice(round(a * SFREQ_HZ), round(b * SFREQ_HZ)) for a, b in ((7.0, 10.0), (10.6, 11.4)))
    words = both[while_spoken] - music[while_spoken]
    loudest, softened = loudest_lufs(words[:, 0], SFREQ_HZ), _lufs(music[while_spoken])
    assert loudest <= _lufs(music[before]) - 10.0
    assert loudest >= softened + 5.0


def _lufs(sound: npt.NDArray[np.float64]) -> float:
    meter = LoudnessMeter(SFREQ_HZ, SFREQ_HZ // 10)
    for first in range(0, len(sound) - SFREQ_HZ // 10 + 1, SFREQ_HZ // 10):
        meter.read(sound[first : first + SFREQ_HZ // 10])
    return meter.loudness().integrated_lufs


def short(config: SessionConfig) -> SessionConfig:
    return msgspec.structs.replace(config, minutes=0.1)


def test_music_that_nobody_ends_ends_by_a_fade_soon_after_its_prescribed_end_and_says_why(
    config: SessionConfig,
) -> None:
    context = run(FakeContext(short(config), [START], until_s=200.0))
    (fault,) = context.of(Fault)
    assert (fault.code, fault.fatal) == ("overdue", True)
    end_s = (context.of(PcmBlock)[-1].t_ns - 5 * SECOND_NS) / SECOND_NS
    assert 66.0 < end_s < 69.0
    assert loudest(context.pcm[-64:]) <= 1
    assert np.abs(np.diff(context.pcm[-8192:, 0].astype(int))).max() < 0.01 * loudest(context.pcm) + 4
    assert context.states[-1] == "ended"


def test_a_phase_that_is_held_may_make_it_longer(config: SessionConfig) -> None:
    context = run(FakeContext(short(config), [START, (3.0, command("hold_phase"))], until_s=100.0))
    assert context.of(Fault) == []
    assert loudest(context.pcm[-5 * SFREQ_HZ :]) > AUDIBLE


def test_the_end_counts_from_the_beginning_also_after_a_restart(config: SessionConfig) -> None:
    began_ns = 5 * SECOND_NS - 700 * SECOND_NS
    restarted = msgspec.structs.replace(short(config), started_ns=began_ns)
    context = run(FakeContext(restarted, [], until_s=30.0, incarnation=1))
    assert [fault.code for fault in context.of(Fault)] == ["overdue"]
    assert len(context.pcm) < 4 * SFREQ_HZ
