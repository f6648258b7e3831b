"""A report is made once from what was recorded: exact where something is known, and never guessed where not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from device import messages as m
from device.errors import RecordingError
from device.reports.document import About, Report
from device.reports.making import make_report
from tests.device.exports import measured
from tests.device.sessions.synthetic import BEGAN_NS, Log, S

ABOUT = About(setting="A quiet room", theory="Iso principle", note="Slept well afterwards.")
GUIDELINE = (
    "theory", "chosen_by", "music", "delivery", "volume", "level", "materials", "strategies", "schedule",
    "interventionist", "fidelity", "setting", "unit",
)  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return make_report([measured.make_measured(tmp_path_factory.mktemp("s") / measured.SESSION_ID)], ABOUT, "en")


def made_of(folder: Path, *messages: m.Message) -> Report:
    log = Log(folder, measured.config(folder))
    log.write(*messages)
    return make_report([log.close()], About(), "en")


def test_every_item_of_the_guideline_is_there_told_or_not(report: Report) -> None:
    items = {item.key: item.text for item in report.sessions[0].guideline}
    assert tuple(items) == GUIDELINE
    assert items["setting"] == "A quiet room"
    assert items["unit"] == ""
    assert "4 bars" in items["music"]


def test_what_was_wished_said_and_played_stands_with_its_time_and_author(report: Report) -> None:
    session = report.sessions[0]
    assert session.began_utc == "2026-11-29T10:11:12Z"
    assert [(wish.at_s, wish.author, wish.wish) for wish in session.overrides] == [(9.0, "therapist", "lock: tempo")]
    assert session.told[0].arousal == 0.5
    assert session.scale.before == session.told[0]
    assert session.scale.after is None
    assert session.music.bars == 4
    assert session.music.keys[0].name == "D major"
    assert session.versions["seed"] == "7"
    assert session.known_share == pytest.approx(0.75)
    assert [point.arousal for point in session.course][:3] == [None, None, None]


def test_before_and_after_are_the_first_and_the_last_word(tmp_path: Path) -> None:
    words = [(1, 0.8, -0.5), (9, 0.1, None), (15, -0.4, 0.25)]
    said = [m.SelfReport(t_ns=BEGAN_NS + at * S, author="patient", value=a, valence=v) for at, a, v in words]
    scale = made_of(tmp_path / "s", *said).sessions[0].scale
    assert (scale.arousal_change, scale.valence_change) == (-1.2, 0.75)


def test_the_level_at_the_ear_is_the_mean_of_the_energy(tmp_path: Path) -> None:
    """70 dB(A) for half the time and silence for the other half are 67 dB(A)."""
    pa2 = (20e-6) ** 2 * 10**7
    heard = [
        m.Exposure(
            t_ns=BEGAN_NS + n * S, session_pa2h=pa2 * min(n, 10) / 3600, heard_s=n, laeq_dba=70.0 if n <= 10 else None,
            dose_percent=1.0 + n, headphones="some",
        )
        for n in range(1, 21)
    ]  # fmt: skip
    sound = made_of(tmp_path / "s", *heard).sessions[0].sound
    assert (sound.mean_dba, sound.loudest_dba) == (67.0, 70.0)
    assert (sound.dose_before_percent, sound.dose_after_percent) == (2.0, 21.0)


def test_a_session_of_no_length_is_a_report_that_says_so(tmp_path: Path) -> None:
    stop = m.Stop(t_ns=BEGAN_NS, author="patient", id="1")
    answer = m.CommandAnswer(t_ns=BEGAN_NS, process="audio", id="1", answer="taken")
    session = made_of(tmp_path / "s", stop, answer).sessions[0]
    assert (session.ended, session.lasted_s, session.music.bars) == ("stopped", 0.0, 0)
    assert session.stops == session.overrides
    assert session.stops[0].answer == "taken"
    assert session.sound.mean_dba is None


def test_a_torn_session_says_what_is_missing(tmp_path: Path) -> None:
    folder = measured.make_measured(tmp_path / "s")
    path = folder / "log-0000.mcap"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    session = make_report([folder], About(), "en").sessions[0]
    assert session.problems
    assert session.ended == "cut off"


def test_sessions_of_two_listeners_or_one_twice_are_refused(tmp_path: Path) -> None:
    folder = measured.make_measured(tmp_path / "s")
    with pytest.raises(RecordingError, match="twice"):
        make_report([folder, folder], About(), "en")
    config = msgspec.structs.replace(measured.config(tmp_path), session_id="x", listener="Ann")
    other = Log(tmp_path / "o", config).close()
    with pytest.raises(RecordingError, match="several listeners"):
        make_report([folder, other], About(), "en")


def test_the_machine_file_is_read_back_as_it_was(report: Report) -> None:
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
