from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.audio.conductor import (
    CALM,
    FADE_IN_S,
    GRID_FRAMES,
    INTENT_LASTS_BARS,
    LEVEL_SHARE,
    RING_OUT_S,
    SOFTER_THOUGH_LOCKED,
    STEP_DB,
    TOUCH_DB,
    Conductor,
    manner_of,
)
from device.audio.safety.limits import RUBATO_MOST, SILENT_DB, START_DB
from device.config import Limits, Preference, Prescription, SessionConfig
from device.messages import (
    CommandAnswer,
    Context,
    CueName,
    Decision,
    DirectStop,
    Lock,
    Message,
    Metre,
    Moves,
    Performance,
    PlayedBar,
    SetCue,
    Tick,
    Transport,
)
from device.music.metre import LAYOUTS
from tests.device.audio.rig import SECOND_NS, bar, command, intent

SFREQ_HZ = 48_000
SLOPE_DB_S = 1.5 / (1 + TOUCH_DB)
"""The gain's, beside which the touch changes."""
Answer = Callable[[Transport], Iterable[Message]]


def composed(asked: Transport) -> Iterable[Message]:
    return [intent(asked.bar_index), bar(asked.bar_index)]


def nobody(asked: Transport) -> Iterable[Message]:
    return []


class Run:
    """Ticks a conductor at the frames it asks for; `answer` plays the loop and the composer."""

    def __init__(self, config: SessionConfig, answer: Answer = composed, begins_ns: int = 3 * SECOND_NS) -> None:
        self.conductor, self.answer, self.begins_ns = Conductor(config), answer, begins_ns
        self.frame = 0
        self.emitted: list[Message] = []

    def ns_of(self, frame: int) -> int:
        return self.begins_ns + frame * SECOND_NS // SFREQ_HZ

    def tell(self, message: Message) -> None:
        emitted = list(self.conductor.step(message, self.ns_of(self.frame)))
        self.emitted += emitted
        for item in emitted:
            if isinstance(item, Transport):
                for reply in self.answer(item):
                    self.tell(reply)

    def tick(self, frame: int) -> None:
        self.frame = frame
        self.tell(Tick(t_ns=self.ns_of(frame), frame=frame))

    def until(self, frame: int) -> Run:
        while (due := self.conductor.next_tick_frame) is not None and due <= frame:
            self.tick(due)
        self.tick(frame)
        return self

    def start(self) -> Run:
        self.tick(0)
        self.tell(command("start"))
        return self

    def bars(self, n_bars: int) -> list[PlayedBar]:
        while len(self.played) < n_bars and self.conductor.next_tick_frame is not None:
            self.tick(self.conductor.next_tick_frame)
        return self.played

    @property
    def played(self) -> list[PlayedBar]:
        return [message for message in self.emitted if isinstance(message, PlayedBar)]

    @property
    def turned(self) -> list[Performance]:
        return [message for message in self.emitted if isinstance(message, Performance)]

    @property
    def asked(self) -> list[Transport]:
        return [message for message in self.emitted if isinstance(message, Transport)]


def test_nothing_happens_before_the_start(config: SessionConfig) -> None:
    run = Run(config).until(10 * SFREQ_HZ)
    assert run.emitted == []
    assert run.conductor.next_tick_frame is None
    assert run.conductor.state == "idle"


def test_the_start_asks_for_bar_0_and_every_bar_that_begins_for_the_next(config: SessionConfig) -> None:
    run = Run(config).start()
    (first,) = run.asked
    assert (first.bar_index, first.start_frame) == (0, 28_800)
    run.until(28_800)
    second = run.asked[1]
    assert second.bar_index == 1
    assert second.start_frame == 28_800 + run.played[0].n_frames
    assert second.starts_ns == run.ns_of(second.start_frame)
    ahead_s = 4 * config.device.audio.block_frames / SFREQ_HZ
    assert second.starts_ns - second.deadline_ns > ahead_s * SECOND_NS, "what is heard was rendered before"
    assert second.deadline_ns > second.t_ns


def test_a_bar_that_is_there_in_time_plays(config: SessionConfig) -> None:
    run = Run(config).start()
    played = run.bars(3)
    assert [item.generator for item in played] == ["test"] * 3
    assert [item.fallback for item in played] == [""] * 3
    assert played[1].notes == bar(1).notes
    assert run.conductor.late_bars == 0


def test_a_late_bar_is_replaced_by_the_phrasebook_which_says_so(config: SessionConfig) -> None:
    run = Run(config, answer=lambda asked: [] if asked.bar_index == 1 else composed(asked)).start()
    played = run.bars(2)
    run.tell(bar(1))
    assert run.bars(3)[2].generator == "test"
    assert played[1].generator == "phrasebook"
    assert "bar 1 was not there when it was to sound" in played[1].fallback
    assert played[1].notes
    assert run.conductor.late_bars == 1


def test_a_bar_of_which_nothing_may_sound_is_replaced(config: SessionConfig) -> None:
    run = Run(config, answer=lambda asked: [intent(asked.bar_index), bar(asked.bar_index, notes=())]).start()
    (played,) = run.bars(1)
    assert played.generator == "phrasebook"
    assert "nothing of bar 0 by test may sound" in played.fallback
    assert run.conductor.late_bars == 0


def test_the_newest_revision_of_a_bar_plays(config: SessionConfig) -> None:
    run = Run(config, answer=nobody).start()
    run.tell(bar(0, generator="new", intent_revision=1))
    run.tell(bar(0, generator="old"))
    assert run.bars(1)[0].generator == "new"


def test_what_the_guard_changed_is_told(config: SessionConfig) -> None:
    run = Run(config, answer=lambda asked: [intent(asked.bar_index), bar(asked.bar_index, tempo_bpm=300.0)]).start()
    assert run.bars(1)[0].tempo_bpm == 120.0
    assert run.played[0].guarded == ("tempo 300 held at 120.0 bpm",)


@given(tempi=st.lists(st.floats(20, 200), min_size=2, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_bars_follow_each_other_to_the_frame_whatever_the_tempo(config: SessionConfig, tempi: list[float]) -> None:
    def answer(asked: Transport) -> Iterable[Message]:
        tempo_bpm = tempi[asked.bar_index % len(tempi)]
        return [intent(asked.bar_index), bar(asked.bar_index, tempo_bpm=tempo_bpm)]

    played = Run(config, answer).start().bars(len(tempi))
    for before, after in itertools.pairwise(played):
        assert after.start_frame == before.start_frame + before.n_frames
        assert after.t_ns - before.t_ns == pytest.approx(before.n_frames * SECOND_NS / SFREQ_HZ, abs=2)
        reach = 1.02 ** (before.n_frames / SFREQ_HZ)
        change = after.tempo_from_bpm / before.tempo_from_bpm
        assert 1 / reach - 1e-9 <= change <= reach + 1e-9
        assert after.tempo_from_bpm == pytest.approx(before.tempo_to_bpm) or change in (
            pytest.approx(reach),
            pytest.approx(1 / reach),
        )
    for item in played:
        assert item.start_frame % GRID_FRAMES == item.n_frames % GRID_FRAMES == 0
        assert item.n_frames == pytest.approx(4 * 60 / item.tempo_bpm * SFREQ_HZ, abs=GRID_FRAMES)


def test_before_the_first_intent_it_plays_calm_from_the_phrasebook(config: SessionConfig) -> None:
    played = Run(config, nobody).start().bars(2)
    assert [item.generator for item in played] == ["phrasebook"] * 2
    assert played[0].tempo_bpm == pytest.approx(CALM.tempo_bpm, rel=RUBATO_MOST)
    assert played[0].loudness_db == CALM.loudness_db


@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8"])
def test_a_bar_lasts_as_many_beats_as_its_metre_has_whoever_plays(config: SessionConfig, metre: Metre) -> None:
    config = msgspec.structs.replace(config, prescription=Prescription(preference=Preference(metre=metre)))
    for item in Run(config, nobody).start().bars(4):
        assert (item.metre, item.beats) == (metre, LAYOUTS[metre].beats)
        assert item.n_frames == pytest.approx(item.beats * 60 / item.tempo_bpm * SFREQ_HZ, abs=GRID_FRAMES)
        assert all(0 <= note.onset_tick < LAYOUTS[metre].ticks for note in item.notes)


def test_calm_keeps_to_the_keys_that_may_sound(config: SessionConfig) -> None:
    never = Preference(never_keys=("C major",))
    config = msgspec.structs.replace(config, prescription=Prescription(preference=never))
    classes = {note.pitch % 12 for item in Run(config, nobody).start().bars(16) for note in item.notes}
    assert 11 not in classes, "F major has no B"


def test_when_all_others_die_it_goes_on_with_the_last_intent_and_drifts_to_calm(config: SessionConfig) -> None:
    def dies(asked: Transport) -> Iterable[Message]:
        return [intent(asked.bar_index, tempo_bpm=90.0, loudness_db=-3.0)] if asked.bar_index < 2 else []

    run = Run(config, dies).start()
    played = run.bars(40)
    tempi = [item.tempo_bpm for item in played[: INTENT_LASTS_BARS + 2]]
    assert tempi == pytest.approx([90.0] * len(tempi), rel=RUBATO_MOST)
    tempi = [round(item.tempo_bpm, 6) for item in played[INTENT_LASTS_BARS + 1 :]]
    assert tempi[1] < 90
    assert tempi[-8:] == pytest.approx([CALM.tempo_bpm] * 8, rel=RUBATO_MOST)
    assert played[-1].loudness_db == CALM.loudness_db
    assert run.conductor.state == "playing"


def test_tempo_bends_with_the_phrase_inside_the_prescribed_slope_whatever_a_bar_asks_for(config: SessionConfig) -> None:
    def bends(asked: Transport) -> Iterable[Message]:
        rubato = (0.97, 9.0, math.nan, 1.0)[asked.bar_index % 4]
        composed = msgspec.structs.replace(bar(asked.bar_index), rubato=rubato, tempo_bpm=70.0)
        return [intent(asked.bar_index, tempo_bpm=70.0), composed]

    played = Run(config, bends).start().bars(9)
    wanted = (0.97 * 70.0, (1.0 + RUBATO_MOST) * 70.0, 70.0, 70.0)
    assert [item.tempo_to_bpm for item in played] == pytest.approx([wanted[i % 4] for i in range(9)])
    for item in played:
        most = 1.02 ** (item.n_frames / SFREQ_HZ)
        assert 1.0 / most <= item.tempo_bpm / item.tempo_from_bpm <= most


def test_a_wish_in_mid_bar_keeps_the_bar_bent(config: SessionConfig) -> None:
    def bends(asked: Transport) -> Iterable[Message]:
        composed = msgspec.structs.replace(bar(asked.bar_index), rubato=0.97, tempo_bpm=70.0)
        return [intent(asked.bar_index, tempo_bpm=70.0), composed]

    run = Run(config, bends).start()
    run.bars(3)
    run.tell(intent(3, revision=1, tempo_bpm=80.0))
    turned = [item for item in run.emitted if isinstance(item, Performance)]
    assert turned[-1].tempo_to_bpm == pytest.approx(0.97 * 80.0)


def test_a_loop_that_comes_back_is_heard_again(config: SessionConfig) -> None:
    def pauses(asked: Transport) -> Iterable[Message]:
        return [] if 2 <= asked.bar_index < 20 else [intent(asked.bar_index, tempo_bpm=70.0), bar(asked.bar_index)]

    assert Run(config, pauses).start().bars(22)[21].fallback == ""


def test_the_final_intent_ends_with_its_bar_and_rings_out(config: SessionConfig) -> None:
    run = Run(config, lambda asked: [intent(asked.bar_index, final=asked.bar_index == 2), bar(asked.bar_index)])
    played = run.start().bars(9)
    assert [item.bar_index for item in played] == [0, 1, 2]
    end_frame = played[-1].start_frame + played[-1].n_frames
    ended_frame = end_frame + round(RING_OUT_S * SFREQ_HZ)
    assert run.frame == ended_frame
    assert run.conductor.state == "ended"
    assert run.conductor.envelope_at(end_frame) == 1.0
    assert run.conductor.envelope_at((end_frame + ended_frame) // 2) == pytest.approx(0.5)
    assert run.conductor.envelope_at(ended_frame) == 0.0
    assert max(item.bar_index for item in run.asked) == 2


def test_while_it_rings_out_it_says_so_and_can_still_be_stopped(config: SessionConfig) -> None:
    run = Run(config, lambda asked: [intent(asked.bar_index, final=True), bar(asked.bar_index)]).start()
    run.until(run.bars(1)[0].n_frames + 28_800 + 100)
    assert run.conductor.state == "fading"
    run.tell(command("stop"))
    assert run.conductor.state == "ended"


def test_stop_ends_it_at_once(config: SessionConfig) -> None:
    run = Run(config).start().until(100_000)
    run.tell(command("stop"))
    assert run.conductor.state == "ended"
    assert run.conductor.next_tick_frame is None
    assert run.until(900_000).conductor.state == "ended"


def test_a_second_start_changes_nothing(config: SessionConfig) -> None:
    run = Run(config).start().until(100_000)
    count = len(run.emitted)
    run.tell(command("start"))
    assert len(run.emitted) == count


def test_the_first_bar_fades_in(config: SessionConfig) -> None:
    run = Run(config).start()
    assert run.conductor.envelope_at(0) == run.conductor.envelope_at(28_800) == 0.0
    assert run.conductor.envelope_at(28_800 + round(FADE_IN_S * SFREQ_HZ / 2)) == pytest.approx(0.5)
    assert run.conductor.envelope_at(28_800 + round(FADE_IN_S * SFREQ_HZ)) == 1.0


def test_softer_and_louder_act_at_once_within_the_slope(config: SessionConfig) -> None:
    run = Run(config).start().until(100_000)
    run.tell(command("softer"))
    assert run.conductor.loudness_db_at(100_000) == -12.0
    assert run.conductor.loudness_db_at(100_000 + SFREQ_HZ) == pytest.approx(-12.0 - SLOPE_DB_S)
    assert run.conductor.loudness_db_at(100_000 + 10 * SFREQ_HZ) == pytest.approx(-12.0 - STEP_DB)
    run.until(500_000)
    run.tell(command("louder"))
    assert run.conductor.loudness_db_at(900_000) == pytest.approx(-12.0)


def test_what_the_listener_asked_for_outlasts_the_next_intent(config: SessionConfig) -> None:
    run = Run(config).start().until(100_000)
    run.tell(command("softer"))
    assert run.until(1_000_000).conductor.loudness_db_at(1_000_000) == pytest.approx(-12.0 - STEP_DB)


def test_softer_is_also_duller_and_louder_brightens_again(config: SessionConfig) -> None:
    run = Run(config).start().until(100_000)
    before = run.conductor.brightness_at(900_000)
    run.tell(command("softer"))
    duller = run.conductor.brightness_at(900_000)
    run.tell(command("louder"))
    assert duller < before == pytest.approx(run.conductor.brightness_at(900_000))


def test_louder_stops_at_the_prescription_and_is_not_remembered_beyond(config: SessionConfig) -> None:
    limits = Limits(loudness_max_db=-10.0)
    run = Run(msgspec.structs.replace(config, prescription=Prescription(limits=limits))).start().until(100_000)
    for _ in range(5):
        run.tell(command("louder"))
    assert run.conductor.loudness_db_at(10**9) == -10.0
    run.tell(command("softer"))
    assert run.conductor.loudness_db_at(10**9) == -13.0


def test_the_volume_that_was_wished_last_time_is_there_from_the_first_note(config: SessionConfig) -> None:
    run = Run(msgspec.structs.replace(config, volume_db=-6.0)).start()
    assert run.conductor.loudness_db_at(0) == START_DB - 6.0, "and no slope has to be waited for"
    run.until(1_000_000)
    assert run.conductor.loudness_db_at(1_000_000) == pytest.approx(-12.0 - 6.0)
    run.tell(command("louder"))
    assert run.conductor.volume_db == -3.0


def test_what_is_remembered_is_the_last_wish_and_not_what_an_end_allowed_of_it(config: SessionConfig) -> None:
    run = Run(config).start().until(100_000)
    run.tell(command("softer"))
    run.tell(msgspec.structs.replace(intent(1), loudness_db=SILENT_DB))
    assert run.conductor.volume_db == -STEP_DB


def test_a_revision_of_the_coming_bar_is_heard_now_in_loudness_and_brightness(config: SessionConfig) -> None:
    run = Run(config).start().until(100_000)
    run.tell(intent(1, revision=1, loudness_db=-15.0, brightness=0.1, tempo_bpm=60.0))
    assert run.conductor.loudness_db_at(100_000 + SFREQ_HZ) == pytest.approx(-12.0 - SLOPE_DB_S)
    assert run.conductor.brightness_at(100_000 + SFREQ_HZ) < 0.2
    assert run.bars(2)[1].tempo_bpm < 66.0


def prepared(asked: Transport) -> Iterable[Message]:
    """Intent and bar as composers give them: each bar says for what it was composed."""
    wanted = intent(asked.bar_index)
    return [wanted, bar(asked.bar_index, manner=manner_of(wanted))]


def test_a_wish_turns_the_sounding_bar_at_once(config: SessionConfig) -> None:
    run = Run(config, prepared).start().until(76_800)
    planned_frame = run.asked[1].start_frame
    run.tell(intent(1, revision=1, tempo_bpm=60.0, density=0.2, articulation=0.6))
    (turned,) = run.turned
    assert (turned.bar_index, turned.from_frame, turned.t_ns) == (0, 76_800, run.ns_of(76_800))
    assert (turned.tempo_from_bpm, turned.tempo_to_bpm) == (66.0, 60.0)
    assert (turned.manner.density, turned.manner.articulation) == (0.2, 0.6)
    assert turned.from_tick == pytest.approx(48_000 / SFREQ_HZ * 66 / 60 * 24)
    played = run.bars(2)
    assert played[1].start_frame > planned_frame, "slower: the next bar begins later"
    assert played[1].tempo_from_bpm == pytest.approx(66 / 1.02 ** ((played[1].start_frame - 76_800) / SFREQ_HZ))


def test_a_wish_that_changes_nothing_for_the_notes_turns_nothing(config: SessionConfig) -> None:
    run = Run(config, prepared).start().until(120_000)
    run.tell(intent(1, revision=1, loudness_db=-20.0, brightness=0.1))
    run.tell(intent(1, revision=1))
    assert run.turned == []


def test_a_bar_composed_before_the_wish_is_played_as_wished(config: SessionConfig) -> None:
    run = Run(config, prepared).start().until(120_000)
    run.tell(intent(1, revision=1, articulation=0.6))
    run.until(run.asked[1].start_frame)
    assert [item.bar_index for item in run.turned] == [0, 1]
    assert run.turned[1].from_frame == run.played[1].start_frame
    assert run.turned[1].manner.articulation == 0.6


def test_a_wish_in_the_last_bar_moves_its_end(config: SessionConfig) -> None:
    def last(asked: Transport) -> Iterable[Message]:
        return [intent(asked.bar_index, final=True), bar(asked.bar_index)]

    plain, wished = Run(config, last).start().until(120_000), Run(config, last).start().until(120_000)
    wished.tell(intent(0, revision=1, final=True, tempo_bpm=60.0))
    for run in (plain, wished):
        run.bars(2)
    assert wished.frame > plain.frame
    assert wished.conductor.state == "ended"


def test_swells_come_and_go_within_the_slope_and_never_above_what_is_asked(config: SessionConfig) -> None:
    run = Run(config, lambda asked: [intent(asked.bar_index, swell_per_min=9.0 * (asked.bar_index < 8))]).start()
    run.bars(8)
    levels = [run.conductor.loudness_db_at(frame) for frame in range(run.frame, run.frame + 40 * SFREQ_HZ, 480)]
    assert max(levels) <= CALM.loudness_db
    assert max(levels) - min(levels) > 0.6
    assert run.conductor.brightness_at(run.frame + 3 * SFREQ_HZ) < CALM.brightness
    slopes = [abs(after - before) * 100 for before, after in itertools.pairwise(levels)]
    assert max(slopes) <= SLOPE_DB_S
    run.bars(16)
    assert run.conductor.loudness_db_at(run.frame) == CALM.loudness_db


def test_a_first_intent_waits_for_its_bar(config: SessionConfig) -> None:
    run = Run(
        config, lambda asked: [intent(asked.bar_index, loudness_db=-12.0 - asked.bar_index), bar(asked.bar_index)]
    )
    run.start().until(100_000)
    assert run.conductor.loudness_db_at(200_000) == -12.0


def test_an_older_revision_changes_nothing(config: SessionConfig) -> None:
    run = Run(config).start().until(100_000)
    run.tell(intent(1, revision=2, loudness_db=-15.0))
    run.tell(intent(1, revision=1, loudness_db=-30.0))
    assert run.conductor.loudness_db_at(10**9) == -15.0


NUMBERS = [name for name in CALM.__struct_fields__ if isinstance(getattr(CALM, name), float)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 0.0, -5.0])
def test_a_broken_intent_does_not_stop_the_music_and_is_told(config: SessionConfig, bad: float) -> None:
    broken = dict.fromkeys(NUMBERS, bad) | {"voice_levels": dict.fromkeys(("melody", "inner", "bass", "pad"), bad)}
    run = Run(config, lambda asked: [intent(asked.bar_index, **broken)]).start()
    bars = run.bars(3)
    assert all(item.notes for item in bars)
    assert -60 <= run.conductor.loudness_db_at(run.frame) <= 0
    assert 0 <= run.conductor.brightness_at(run.frame) <= 1
    assert -1 <= run.conductor.target_arousal <= 1
    told = [change for item in bars for change in item.guarded if "no number" in change]
    assert bool(told) == (not math.isfinite(bad))
    assert all(name in change for name in NUMBERS for change in told)


def test_restarted_in_mid_session_it_begins_by_itself_with_a_bar_after_all_played(config: SessionConfig) -> None:
    restarted = msgspec.structs.replace(config, started_ns=3 * SECOND_NS)
    run = Run(restarted, begins_ns=63 * SECOND_NS)
    assert run.conductor.next_tick_frame == 0
    run.until(10 * SFREQ_HZ)
    assert run.asked[0].bar_index == 61
    assert run.played[0].bar_index == 61
    assert run.conductor.envelope_at(run.played[0].start_frame) == 0.0


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_the_same_inputs_give_the_same_bytes(config: SessionConfig, data: st.DataObject) -> None:
    wishes = data.draw(st.lists(st.sampled_from(["softer", "louder", "calmer"]), max_size=5))
    missing = data.draw(st.sets(st.integers(0, 8)))

    def once() -> list[bytes]:
        run = Run(config, lambda asked: [] if asked.bar_index in missing else composed(asked)).start()
        for number, wish in enumerate(wishes):
            run.until(150_000 * number)
            run.tell(command(wish))
        run.bars(8)
        return [msgspec.msgpack.encode(message) for message in run.emitted]

    assert once() == once()


def test_a_wish_for_another_loudness_is_answered_and_refused_where_nothing_is_left(config: SessionConfig) -> None:
    conductor = Run(config).start().until(3 * SFREQ_HZ).conductor
    told = [
        message.answer
        for _ in range(6)
        for message in conductor.step(command("louder", "patient-1"), 0)
        if isinstance(message, CommandAnswer)
    ]
    assert told[0] == "taken"
    assert told[-1] == "refused"
    assert told == sorted(told, reverse=True), "taken until it is refused"
    assert conductor.step(command("louder"), 0) == [], "nobody waits"


def decided(*locks: CueName) -> Decision:
    context = Context(
        since_s=4.0, phase="shift", phase_left_s=60.0, session_left_s=300.0, target_valence=0.0, target_arousal=0.0,
        estimate=None, moves=Moves(), locks=locks,
    )  # fmt: skip
    return Decision(
        t_ns=0, bar_index=1, context=context, policy="plan", policy_version="1", proposal=Moves(), propensity=1.0,
        taken=Moves(), decided_by="plan", reason="",
    )  # fmt: skip


def test_where_the_therapist_locked_the_loudness_less_is_taken_and_more_is_refused(config: SessionConfig) -> None:
    conductor = Run(config).start().until(3 * SFREQ_HZ).conductor

    def asks(kind: str) -> tuple[str, str]:
        (answer,) = conductor.step(command(kind, "patient-1"), 0)
        assert isinstance(answer, CommandAnswer)
        return answer.answer, answer.sentence

    assert asks("softer") == ("taken", "")
    conductor.step(decided("tempo", "loudness"), 0)
    assert asks("louder") == ("refused", "The loudness is locked by the therapist.")
    assert asks("softer") == ("taken", SOFTER_THOUGH_LOCKED)
    conductor.step(decided("tempo"), 0)
    assert asks("louder") == ("taken", "")


@pytest.mark.parametrize("held", [
    Lock(t_ns=0, author="therapist", id="therapist-1", cue="loudness"),
    SetCue(t_ns=0, author="therapist", id="therapist-1", cue="loudness", value=-20.0),
])  # fmt: skip
def test_no_louder_slips_in_between_a_lock_and_the_first_decision_under_it(
    config: SessionConfig, held: Lock | SetCue
) -> None:
    conductor = Run(config).start().until(3 * SFREQ_HZ).conductor
    conductor.step(command("softer", "patient-1"), 0)
    conductor.step(held, 0)
    conductor.step(Lock(t_ns=0, author="therapist", id="therapist-2", cue="tempo"), 0)
    (answer,) = conductor.step(command("louder", "patient-2"), 0)
    assert (answer.answer, answer.sentence) == ("refused", "The loudness is locked by the therapist.")


def test_what_the_listener_had_louder_is_not_on_top_of_what_the_therapist_sets(config: SessionConfig) -> None:
    run = Run(config, lambda asked: [intent(asked.bar_index, loudness_db=-20.0), bar(asked.bar_index)])
    conductor = run.start().until(3 * SFREQ_HZ).conductor
    conductor.step(command("louder", "patient-1"), 0)
    conductor.step(SetCue(t_ns=0, author="therapist", id="therapist-1", cue="loudness", value=-20.0), 0)
    run.until(20 * SFREQ_HZ)
    assert conductor.loudness_db_at(run.frame) <= -20.0


def test_stop_is_answered_and_so_is_one_at_audios_own_door_obeyed(config: SessionConfig) -> None:
    conductor = Run(config).start().until(3 * SFREQ_HZ).conductor
    (answer,) = conductor.step(command("stop", "patient-2"), 0)
    assert (answer.id, answer.answer, conductor.state) == ("patient-2", "taken", "ended")
    conductor = Run(config).start().until(3 * SFREQ_HZ).conductor
    conductor.step(DirectStop(t_ns=0, author="patient", id="audio-1"), 0)
    assert conductor.state == "ended"


def test_calm_music_is_played_softly_but_hardly_less_loud(config: SessionConfig) -> None:
    run = Run(config, lambda asked: [intent(asked.bar_index, loudness_db=-14.0), bar(asked.bar_index)]).start()
    run.bars(12)
    assert run.conductor.loudness_db_at(run.frame) == pytest.approx(-14.0)
    assert run.conductor.level_db_at(run.frame) == pytest.approx(-14.0 * LEVEL_SHARE)
    run.tell(command("softer"))
    assert run.conductor.level_db_at(run.frame + 10 * SFREQ_HZ) == pytest.approx(-14.0 * LEVEL_SHARE - STEP_DB)
