from pathlib import Path

import matplotlib as mpl
import matplotlib.image
import pytest
from matplotlib.figure import Figure

from device import messages as m
from device.config import SessionConfig
from device.sessions import figure
from device.sessions.history import History
from device.sessions.reader import SessionReader
from tests.device.sessions.synthetic import BEGAN_NS, Log, S, make_session


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Figures in place of files, to look at what is in them."""
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_: figures.append(self))
    return figures


def texts(drawing: Figure) -> str:
    found = [text.get_text() for axis in drawing.axes for text in axis.texts]
    legends = [axis.get_legend() for axis in drawing.axes]
    found += [text.get_text() for legend in legends if legend for text in legend.get_texts()]
    return " | ".join([*found, drawing.get_suptitle()])


def test_a_session_is_drawn_with_its_phases_voices_gaps_and_events(
    tmp_path: Path, config: SessionConfig, drawn: list[Figure]
) -> None:
    figure.draw(History(SessionReader(make_session(tmp_path / "session", config))), tmp_path / "x.png")
    told = texts(drawn[0])
    for word in ("baseline", "cool-down", "estimate ± 1 sd", "melody", "fallback (phrasebook)", "1 by fallback"):
        assert word in told
    assert "wristband: lost for" in told
    assert "patient: softer" in told
    labels = " ".join(axis.get_ylabel() + axis.get_xlabel() for axis in drawn[0].axes)
    assert all(unit in labels for unit in ("bpm", "dB", "pitch", "min:s", "-1"))


def test_what_is_missing_is_said_in_its_place(tmp_path: Path, config: SessionConfig, drawn: list[Figure]) -> None:
    figure.draw(History(SessionReader(Log(tmp_path / "empty", config).close())), tmp_path / "x.png")
    told = texts(drawn[0])
    assert all(
        words in told for words in ("no estimate was made", "no bar was played", "no sensor was heard", "no fault")
    )


def test_many_events_are_cut_short_and_counted(tmp_path: Path, config: SessionConfig, drawn: list[Figure]) -> None:
    log = Log(tmp_path / "busy", config)
    log.write(*(m.Marker(t_ns=BEGAN_NS + n * S // 9, text="w" * 200) for n in range(20)))
    figure.draw(History(SessionReader(log.close())), tmp_path / "x.png")
    assert "and 12 more, in summary.json" in texts(drawn[0])
    assert "w" * 100 not in texts(drawn[0])


def test_the_file_is_an_image_of_a_readable_size(tmp_path: Path, config: SessionConfig) -> None:
    path = tmp_path / "session.png"
    figure.draw(History(SessionReader(make_session(tmp_path / "session", config))), path)
    height, width, _ = matplotlib.image.imread(path).shape
    assert width > 1200
    assert height > 1000


def test_time_is_told_in_minutes_and_seconds_with_round_ticks() -> None:
    assert [figure._clock(seconds) for seconds in (0, 61.4, -5)] == ["0:00", "1:01", "-0:05"]
    for duration_s in (1, 30, 120, 1201, 3600, 20_000):
        assert duration_s / figure.tick_s(duration_s) < 14


def test_settings_that_lie_in_the_current_folder_have_no_say(
    tmp_path: Path, config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A matplotlibrc among downloads could set the text by LaTeX, which runs programs."""
    history = History(SessionReader(Log(tmp_path / "empty", config).close()))
    figure.draw(history, tmp_path / "before.png")
    monkeypatch.setitem(mpl.rcParams, "text.usetex", True)
    monkeypatch.setitem(mpl.rcParams, "figure.facecolor", "red")
    figure.draw(history, tmp_path / "after.png")
    before, after = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("before", "after"))
    assert (before == after).all()
