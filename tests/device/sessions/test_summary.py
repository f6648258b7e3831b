import json
import subprocess
import sys
from pathlib import Path

import pytest

from device import messages as m
from device.config import ControlConfig, SessionConfig
from device.errors import Exit, RecordingError
from device.sessions.listing import show
from device.sessions.summary import main, summarise
from tests.device.sessions.synthetic import BEGAN_NS, Log, make_session, report

FILES = ("summary.json", "played.mid", "session.png")


def test_a_whole_session_is_summarised_in_three_files(tmp_path: Path, config: SessionConfig) -> None:
    folder = make_session(tmp_path / "session", config)
    done = subprocess.run(
        [sys.executable, "-m", "device.sessions.summary", str(folder)], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert all((folder / name).stat().st_size > 0 for name in FILES)
    assert (folder / "session.png").read_bytes().startswith(b"\x89PNG")
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["ended"] == "whole"
    assert [fallback["bar"] for fallback in summary["fallbacks"]] == [5]
    assert len(summary["phases"]) == 5
    assert summary["sources"]["wristband"]["gaps"][0]["name"] == "lost"
    assert summary["sources"]["cyton"]["coverage"] == pytest.approx(0.9)
    assert summary["headphones"]["late_bars"] == 1
    assert summary["arousal_last"] < summary["arousal_first"]
    assert summary["decided"]["policy"].split()[0] == ControlConfig().policy
    assert summary["decided"]["by"]["policy"] > 0
    assert summary["decided"]["last"].startswith("cool-down")
    assert summary["recording_problems"] == []
    assert show(folder)["ended"] == "whole"


def test_an_empty_session_gets_its_files_too(tmp_path: Path, config: SessionConfig) -> None:
    folder = Log(tmp_path / "empty", config).close()
    assert main([str(folder)]) == 0
    assert all((folder / name).exists() for name in FILES)
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["bars"], summary["known_share"], summary["headphones"]) == (0, None, {})


@pytest.mark.parametrize(
    "left_out", [m.PlayedBar, m.MusicIntent, m.Decision, m.AffectEstimate, m.FeatureFrame, m.SampleChunk]
)
def test_whatever_a_session_lacks_it_is_summarised(
    tmp_path: Path, config: SessionConfig, monkeypatch: pytest.MonkeyPatch, left_out: type[m.Message]
) -> None:
    write = Log.write

    def without(log: Log, *messages: m.Message) -> None:
        write(log, *(message for message in messages if not isinstance(message, left_out)))

    monkeypatch.setattr(Log, "write", without)
    summarise(make_session(tmp_path / "session", config))
    assert (tmp_path / "session" / "session.png").exists()


def test_a_torn_log_is_summarised_up_to_where_it_is_whole_and_says_so(tmp_path: Path, config: SessionConfig) -> None:
    folder = make_session(tmp_path / "session", config)
    path = min(folder.glob("log-*.mcap"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for later in sorted(folder.glob("log-*.mcap"))[1:]:
        later.unlink()
    summary = summarise(folder)
    assert summary["bars"] > 3
    assert any("torn" in problem for problem in summary["recording_problems"])


def test_faults_and_restarted_counters_are_summed_up(tmp_path: Path, config: SessionConfig) -> None:
    log = Log(tmp_path / "session", config)
    for second, late_bars in enumerate((0, 2, 2, 0, 1)):
        fields = {"t_ns": BEGAN_NS + second, "late_bars": late_bars}
        log.write(m.AudioReport(**{**as_fields(report(0, "playing")), **fields}))
    log.write(
        m.Fault(t_ns=0, process="audio", code="SoundError", sentence="No card.", action="Plug it in.", fatal=True)
    )
    summary = summarise(log.close())
    assert summary["headphones"]["late_bars"] == 3
    assert summary["ended"] == "by a fault"
    assert summary["faults"][0]["at_s"] is None


def as_fields(message: m.Message) -> dict[str, object]:
    return {name: getattr(message, name) for name in message.__struct_fields__}


def test_what_is_no_session_is_refused_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RecordingError):
        summarise(tmp_path)
    assert main([str(tmp_path)]) == Exit.RECORDING
    assert "is not a session" in capsys.readouterr().err
    assert main([]) == Exit.USAGE


def test_a_full_disk_is_told_in_a_sentence(
    tmp_path: Path, config: SessionConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Log(tmp_path / "session", config).close()
    (folder / "summary.json").symlink_to("/dev/full")
    assert main([str(folder)]) == Exit.DISK
    assert "cannot be written" in capsys.readouterr().err
