import io

import msgspec
import pytest
from rich.console import Console

from device import messages as m
from device.console.observers import PlainWatcher
from device.console.view import minutes, render
from device.runtime.board import Board
from device.runtime.bus import Received
from device.streams import topic_of

SECOND_NS = 1_000_000_000


def see(board: Board, message: m.Message) -> None:
    board.see(Received(topic_of(message), "x", 0, 0, message.t_ns, msgspec.msgpack.encode(message)))


def text(board: Board, width: int = 140, height: int = 50, keys: str = "q stop") -> str:
    console = Console(
        width=width, height=height, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(render(board, "ISOTONE test", keys, width, height), end="")
    return console.export_text()


def estimate(**changes: object) -> m.AffectEstimate:
    base = m.AffectEstimate(
        t_ns=10 * SECOND_NS,
        known=True,
        valence=0.0,
        valence_sd=0.8,
        arousal=0.35,
        arousal_sd=0.2,
        coverage={"cyton": 1.0},
        calibrated=True,
    )
    return msgspec.structs.replace(base, **changes)


def playing_board() -> Board:
    board = Board()
    board.now_ns = 11 * SECOND_NS
    see(board, estimate())
    see(
        board,
        m.MusicIntent(
            t_ns=10 * SECOND_NS,
            bar_index=3,
            phase="shift",
            phase_left_s=30,
            session_left_s=95,
            target_valence=0.2,
            target_arousal=-0.4,
            tempo_bpm=70,
            density=0.4,
            register_midi=66,
            loudness_db=-4,
            brightness=0.5,
            articulation=0.9,
            mode="major",
            tonic_pc=7,
            generator="transformer",
            reason="arousal is above the goal: slower",
        ),
    )
    see(
        board,
        m.PlayedBar(
            t_ns=9 * SECOND_NS,
            bar_index=3,
            start_frame=0,
            n_frames=1,
            beats=4,
            tempo_bpm=71,
            tempo_from_bpm=71,
            tempo_to_bpm=71,
            loudness_db=-4,
            brightness=0.5,
            programs={},
            notes=(m.Note(0, 24, 67, 60, "melody"),),
            generator="phrasebook",
            fallback="bar 3 was late: the phrasebook plays",
        ),
    )
    see(board, m.SensorStatus(t_ns=1, source="cyton", state="lost", sentence="The headset was unplugged."))
    return board


@pytest.mark.parametrize("width", [80, 100, 120, 140])
def test_the_axes_of_feeling_are_whole_on_any_usual_terminal(width: int) -> None:
    lines = [line for line in text(playing_board(), width, 40).splitlines() if "arousal" in line or "valence" in line]
    axes = [line for line in lines if "┃" in line and "±" in line]
    assert len(axes) == 2
    assert not any("…" in line for line in axes)
    assert "◆" in axes[0]


def test_the_view_says_what_plays_why_and_how_sure_it_is() -> None:
    shown = text(playing_board())
    for words in ("+0.35 ± 0.20", "SHIFT", "1:34 left", "phrasebook", "slower", "G major", "headset was unplugged"):
        assert words in shown, words


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 10), (120, 40)])
def test_the_keys_stay_in_sight_on_a_terminal_of_any_size(width: int, height: int) -> None:
    lines = text(playing_board(), width, height).splitlines()
    assert "q stop" in lines[-1]
    assert len(lines) <= height


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 24), (120, 40)])
def test_every_key_of_a_demo_can_be_read(width: int, height: int) -> None:
    keys = PlainWatcher("", print, {"u": ("unplug headset", print), "w": ("drop wristband", print)}).keys_lines()
    shown = text(playing_board(), width, height, keys)
    assert " ".join(shown.split()).endswith(" ".join(keys.split()))


def test_a_small_terminal_shows_the_music_and_what_is_not_well() -> None:
    board = playing_board()
    for name in ("band", "chest", "wrist"):
        see(board, m.SensorStatus(t_ns=1, source=name, state="streaming", sentence="This band is well. " * 6))
    board.events.clear()
    shown = text(board, 80, 24)
    for words in ("─ Signals ─", "unplugged", "● band", "phrasebook", "decides" if board.decision else "why"):
        assert words in shown, words
    assert "This band is well." not in shown


def test_it_says_who_decides() -> None:
    board = playing_board()
    context = m.Context(
        since_s=4, phase="shift", phase_left_s=30, session_left_s=95, target_valence=0.2, target_arousal=-0.4,
        estimate=None, moves=m.Moves(),
    )  # fmt: skip
    see(
        board,
        m.Decision(
            t_ns=10 * SECOND_NS, bar_index=3, context=context, policy="hand", policy_version="1", proposal=m.Moves(),
            propensity=1.0, taken=m.Moves(), decided_by="therapist", reason="arousal is above the goal: slower",
        ),
    )  # fmt: skip
    assert "therapist decides: arousal is above the goal: slower" in text(board)
    assert "therapist decides" in text(board, 80, 24), "on the usual terminal too"
    assert board.as_dict()["decided_by"] == "therapist"
    assert board.as_dict()["target_arousal"] == -0.4


def test_a_block_of_a_trial_tells_neither_who_decides_nor_where_it_leads() -> None:
    board = playing_board()
    context = m.Context(
        since_s=4, phase="hold", phase_left_s=30, session_left_s=95, target_valence=0.2, target_arousal=-0.4,
        estimate=None, moves=m.Moves(),
    )  # fmt: skip
    see(
        board,
        m.Decision(
            t_ns=10 * SECOND_NS, bar_index=3, context=context, policy="learned", policy_version="1",
            proposal=m.Moves(), propensity=1.0, taken=m.Moves(), decided_by="policy", trial_block=0,
            reason="arousal is above the goal: slower",
        ),
    )  # fmt: skip
    shown, state = text(board), board.as_dict()
    assert "a trial runs" in shown
    assert not [words for words in ("policy", "slower") if words in shown]
    assert shown.count("◆") == 1, "only the legend has it"
    assert (state["decided_by"], state["target_arousal"]) == (None, None)


def test_a_stale_or_unknown_estimate_is_shown_as_unknown() -> None:
    board = playing_board()
    board.now_ns = 60 * SECOND_NS
    assert "+0.35" not in text(board)
    board.now_ns = 11 * SECOND_NS
    see(board, estimate(known=False, reasons=("both signals are poor",)))
    shown = text(board)
    assert "unknown" in shown
    assert "both signals are poor" in shown


def test_why_another_generator_plays_is_shown() -> None:
    board = playing_board()
    bar = m.Bar(
        t_ns=10 * SECOND_NS,
        bar_index=4,
        beats=4,
        tempo_bpm=70,
        tonic_pc=7,
        mode="major",
        programs={},
        notes=(),
        generator="transformer",
        seed=0,
        reason="the closing chord is the phrasebook's",
    )
    see(board, bar)
    assert "closing chord" not in text(board)
    see(board, msgspec.structs.replace(bar, generator="rules", reason="the transformer keeps failing"))
    assert "keeps failing" in text(board)


def test_an_empty_board_can_be_drawn() -> None:
    assert "being prepared" in text(Board())


def test_a_fallback_and_a_lost_sensor_are_events_told_once() -> None:
    board = playing_board()
    news = [text for _, text in board.take_news()]
    assert any("late" in item for item in news)
    assert any("unplugged" in item for item in news)
    assert board.take_news() == []


def test_the_board_for_programs_is_plain_data() -> None:
    state = playing_board().as_dict()
    assert state["arousal"] == 0.35
    assert state["sources"] == {"cyton": "lost"}
    assert state["fallback_bars"] == 1


def test_minutes_are_never_negative() -> None:
    assert [minutes(value) for value in (-3, 0, 59.6, 600)] == ["0:00", "0:00", "1:00", "10:00"]


def muse_frame(kind: str, ch_name: str) -> m.FeatureFrame:
    fields = {"window_s": 4.0, "names": (), "values": (), "ch_names": (ch_name,), "quality": (1.0,)}
    return msgspec.convert({"t_ns": 10 * SECOND_NS, "source": "muse", "kind": kind, **fields}, m.FeatureFrame)


def test_each_signal_of_a_source_is_shown() -> None:
    board = playing_board()
    see(board, m.SensorStatus(t_ns=10 * SECOND_NS, source="muse", state="streaming", sentence="It streams."))
    for kind, n_samples, n_lost in (("eeg", 256, 3), ("ppg", 64, 0)):
        fields = {"sfreq_hz": 64.0, "ch_names": ("x",), "first_sample": 0, "data": bytes(4 * n_samples)}
        chunk = {"t_ns": 0, "source": "muse", "kind": kind, "n_lost": n_lost, **fields}
        see(board, msgspec.convert(chunk, m.SampleChunk))
    see(board, muse_frame("eeg", "TP9"))
    see(board, muse_frame("wrist", "hr_bpm"))
    shown = text(board)
    assert "eeg 256, ppg 64 samples, 3 lost" in " ".join(shown.split())
    assert "TP9" in shown
    assert "hr_bpm" in shown
    assert board.as_dict()["samples_lost"]["muse"] == 3
