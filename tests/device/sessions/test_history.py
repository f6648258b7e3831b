from pathlib import Path

import msgspec
import pytest

from device import messages as m
from device.config import SessionConfig
from device.sessions.figure import draw
from device.sessions.history import History
from device.sessions.reader import SessionReader
from device.sessions.summary import describe
from tests.device.sessions.synthetic import BEGAN_NS, Log, S, make_session


@pytest.fixture
def history(tmp_path: Path, config: SessionConfig) -> History:
    return History(SessionReader(make_session(tmp_path / "session", config)))


def short(tmp_path: Path, config: SessionConfig, *messages: m.Message) -> History:
    log = Log(tmp_path / "short", config)
    log.write(*messages)
    return History(SessionReader(log.close()))


def test_time_counts_from_the_first_bar_to_the_last_message(history: History) -> None:
    assert history.began_ns == BEGAN_NS
    assert history.seconds(BEGAN_NS + 5 * S) == 5
    assert 60 <= history.duration_s < 66


def test_phases_follow_each_other_without_a_hole(history: History) -> None:
    phases = history.phases()
    assert [span.name for span in phases] == ["baseline", "match", "shift", "hold", "cool-down"]
    assert [span.begins_s for span in phases[1:]] == [span.ends_s for span in phases[:-1]]
    assert phases[-1].ends_s == history.duration_s


def test_a_sensor_that_dropped_out_has_a_gap_and_the_other_none(history: History) -> None:
    (gap,) = history.gaps("wristband")
    assert gap.name == "lost"
    assert gap.begins_s == pytest.approx(34, abs=1.5)
    assert gap.ends_s == pytest.approx(39, abs=1.5)
    assert history.gaps("cyton") == []


def test_connecting_at_the_beginning_is_no_gap_but_never_coming_back_is(tmp_path: Path, config: SessionConfig) -> None:
    states = ("connecting", "streaming", "lost")
    statuses = [
        m.SensorStatus(t_ns=BEGAN_NS + at * S, source="band", state=state, sentence="")  # type: ignore[arg-type]
        for at, state in enumerate(states)
    ]
    history = short(tmp_path, config, *statuses, m.Marker(t_ns=BEGAN_NS + 9 * S, text="end"))
    (gap,) = history.gaps("band")
    assert gap.ends_s - gap.begins_s == 7


def test_samples_are_counted_and_the_lost_ones_too(history: History) -> None:
    assert history.sources["cyton"].lost == 3
    assert history.sources["cyton"].samples > 14_000


def test_a_revised_intent_counts_instead_of_the_first(tmp_path: Path, config: SessionConfig) -> None:
    history = History(SessionReader(make_session(tmp_path / "session", config)))
    _, intent = history.asked()[3]
    revised = msgspec.structs.replace(intent, revision=1, tempo_bpm=50.0)
    again = short(tmp_path, config, intent, revised)
    assert [asked.tempo_bpm for _, asked in again.asked()] == [50.0]


def test_how_a_session_ended(tmp_path: Path, history: History, config: SessionConfig) -> None:
    assert history.ended() == "whole"
    bar = history.played[0]
    fault = m.Fault(t_ns=BEGAN_NS, process="x", code="c", sentence="s", action="a", fatal=True)
    stop = m.Stop(t_ns=BEGAN_NS, author="patient")
    assert short(tmp_path / "1", config, bar).ended() == "cut off"
    assert short(tmp_path / "2", config, bar, stop).ended() == "stopped"
    assert short(tmp_path / "3", config, bar, stop, fault).ended() == "by a fault"


def test_events_are_told_in_order(history: History) -> None:
    assert [event.kind for event in history.events()] == ["command", "fault", "command", "marker"]
    assert history.events()[2].text == "patient: softer"


def test_why_another_generator_played_is_an_event(tmp_path: Path, history: History, config: SessionConfig) -> None:
    _, intent = history.asked()[3]
    bar = m.Bar(
        t_ns=intent.t_ns,
        bar_index=intent.bar_index,
        beats=4,
        tempo_bpm=60.0,
        tonic_pc=0,
        mode="major",
        programs={},
        notes=(),
        generator="rules",
        seed=0,
        reason="the transformer keeps failing",
    )
    told = short(tmp_path, config, intent, bar, msgspec.structs.replace(bar, generator=intent.generator))
    assert [event.text for event in told.events()] == ["the transformer keeps failing"]


def test_an_empty_session_is_a_history_of_nothing(tmp_path: Path, config: SessionConfig) -> None:
    history = short(tmp_path, config)
    assert (history.played, history.phases(), history.events(), history.sources) == ([], [], [], {})
    assert history.ended() == "cut off"


def test_each_kind_of_features_of_a_source_has_a_lane_of_its_own(tmp_path: Path, config: SessionConfig) -> None:
    kinds: tuple[m.FeatureKind, ...] = ("eeg", "wrist")
    frames = [
        m.FeatureFrame(
            t_ns=BEGAN_NS + at * S,
            source="muse",
            kind=kind,
            window_s=4.0,
            names=(),
            values=(),
            ch_names=("x",),
            quality=(quality,),
        )
        for at in range(3)
        for kind, quality in zip(kinds, (0.9, 0.2), strict=True)
    ]
    coverage = m.AffectEstimate(
        t_ns=BEGAN_NS, known=False, valence=0, valence_sd=1, arousal=0, arousal_sd=1, calibrated=False,
        coverage={"muse eeg": 0.5, "muse wrist": 0.1, "band": 1.0},
    )  # fmt: skip
    waiting = m.SensorStatus(t_ns=BEGAN_NS, source="band", state="connecting", sentence="")
    history = short(tmp_path, config, *frames, coverage, waiting)
    assert [(lane.name, lane.source, len(lane.quality)) for lane in history.lanes()] == [
        ("muse eeg", "muse", 3),
        ("muse wrist", "muse", 3),
        ("band", "band", 0),
    ]
    assert describe(history)["sources"]["muse"]["coverage"] == pytest.approx(0.3)
    draw(history, tmp_path / "session.png")
    assert (tmp_path / "session.png").stat().st_size > 0
