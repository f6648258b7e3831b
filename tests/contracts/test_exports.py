"""What every format keeps to, whatever the session: the same bytes each time, and names below its own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from device import messages as m
from device.config import SessionConfig
from device.exports import EXPORTS
from device.exports.files import File, write_files
from device.exports.recording import Recording
from device.imports import import_name
from device.sessions.reader import SessionReader
from tests.device.exports.measured import BEGAN_NS, config, make_measured
from tests.device.sessions.synthetic import Log

HOSTILE = "../../etc/p\x1bass\u202ewd\n=1+1"


def torn(folder: Path) -> Path:
    path = make_measured(folder) / "log-0000.mcap"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    return folder


def changed(folder: Path) -> Path:
    path = make_measured(folder) / "log-0000.mcap"
    data = bytearray(path.read_bytes())
    for place in range(5000, len(data), 9973):
        data[place] ^= 0x5A
    path.write_bytes(data)
    return folder


def empty(folder: Path) -> Path:
    return Log(folder, config(folder)).close()


def of_no_length(folder: Path) -> Path:
    log = Log(folder, config(folder))
    log.write(m.Start(t_ns=BEGAN_NS, author="manager"), m.Stop(t_ns=BEGAN_NS, author="patient"))
    return log.close()


def hostile(folder: Path) -> Path:
    settings = SessionConfig(
        session_id=HOSTILE, listener=HOSTILE, minutes=0.1, run_dir="/r", session_dir=str(folder), models_dir="/m"
    )
    log = Log(folder, settings)
    data = b"\x00\x00\xc0\x7f\x00\x00\x80\x7f" * 10
    for source, first in ((HOSTILE, -(2**40)), ("_", 0), ("🎵", 7), ("_", 2**60)):
        fields = {"t_ns": BEGAN_NS, "kind": "eeg", "sfreq_hz": 51.2, "ch_names": (HOSTILE, HOSTILE), "data": data}
        log.write(m.SampleChunk(source=source, first_sample=first, **fields))
    log.write(m.Marker(t_ns=BEGAN_NS, text=HOSTILE * 100))
    return log.close()


SESSIONS: dict[str, Callable[[Path], Path]] = {
    "whole": make_measured, "torn": torn, "changed": changed, "empty": empty, "no-length": of_no_length,
    "hostile": hostile,
}  # fmt: skip


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    folder = tmp_path_factory.mktemp("sessions")
    return {name: Recording(SessionReader(make(folder / name))) for name, make in SESSIONS.items()}


def files_of(form: str, recording: Recording) -> list[File]:
    return list(import_name(EXPORTS[form])(recording))


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("form", EXPORTS)
def test_each_format_takes_each_session(
    form: str, session: str, recordings: dict[str, Recording], tmp_path: Path
) -> None:
    files = files_of(form, recordings[session])
    assert files
    names = [name for name, _ in files]
    assert len(set(names)) == len(names)
    for name in names:
        assert name.isascii()
        assert name.isprintable()
        assert not PurePosixPath(name).is_absolute()
        assert ".." not in PurePosixPath(name).parts
    assert files_of(form, recordings[session]) == files
    write_files(files, tmp_path)
    assert write_files(files, tmp_path) == [tmp_path / name for name in names]


@pytest.mark.parametrize("session", ["torn", "changed"])
def test_a_session_that_is_not_whole_says_so(session: str, recordings: dict[str, Recording]) -> None:
    assert recordings[session].problems
    assert recordings[session].signals
