"""A small .npz takes little memory, whatever it holds or promises, and the limit is named."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import RecordingError
from device.recordings import archive, files, signals
from device.recordings.files import load_recording
from device.recordings.signals import as_signal

N = 2000


def eeg(**changes: Any) -> dict[str, Any]:
    return {"eeg": np.zeros((2, N), "<i2"), "scale_uV": 1.0, "fs": 250.0, "channels": ["Fp1", "Fp2"]} | changes


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def packed(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(f"{name}.npy", data)
    return path


def write(path: Path, arrays: dict[str, Any]) -> Path:
    return packed(path, {name: npy(array) for name, array in arrays.items()})


LOAD = r"""
import re, sys
from pathlib import Path
from device.errors import RecordingError
from device.recordings.files import load_recording
try:
    load_recording(Path(sys.argv[1]))
    said = "read"
except RecordingError as error:
    said = str(error)
# ru_maxrss would count what the parent had before this program began.
peak_kb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
print(peak_kb // 1024, said)
"""


def load_apart(path: Path) -> tuple[int, str]:
    """Megabytes that it took at most, and what was said."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(path)], capture_output=True, text=True, check=True, timeout=90
    )
    peak_mb, said = done.stdout.split(maxsplit=1)
    return int(peak_mb), said


def test_much_in_little_is_refused_with_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    zeros = bytes(2**20)
    head = npy(np.zeros((2, 0), "<i2"))[:8]
    text = b"{'descr': '<i2', 'fortran_order': False, 'shape': (2, 600000000), }".ljust(117) + b"\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, array in eeg(eeg=None).items():
            if array is not None:
                file.writestr(f"{name}.npy", npy(array))
        with file.open("eeg.npy", "w", force_zip64=True) as member:
            member.write(head + len(text).to_bytes(2, "little") + text)
            for _ in range(2400):
                member.write(zeros)
    assert path.stat().st_size < 5_000_000
    peak_mb, said = load_apart(path)
    assert peak_mb < 500
    assert "which is the limit" in said


def test_a_signal_takes_no_more_memory_than_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "x.npz", eeg(eeg=np.zeros((2, 10_000_000), "<i2")))
    peak_mb, said = load_apart(path)
    assert said.strip() == "read"
    assert peak_mb < 60 + 40 + 3 * 80 + 100


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1099511627776), }",
        b"{'descr': '|V0', 'fortran_order': False, 'shape': (1099511627776,), }",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 5), }",
        b"{'descr': [('a', '<f8', (1000000000,))], 'fortran_order': False, 'shape': (1,), }",
        b"(" * 5000,
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (5,",
        b"",
    ],
)
@pytest.mark.parametrize("name", ["eeg", "channels", "fs"])
def test_an_array_that_promises_what_is_not_there_is_refused(tmp_path: Path, name: str, header: bytes) -> None:
    entries = {key: npy(array) for key, array in eeg().items()}
    entries[name] = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with pytest.raises(RecordingError, match="cannot be read as a recording"):
        load_recording(packed(tmp_path / "x.npz", entries))


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = write(tmp_path / "x.npz", eeg(eeg=np.array([Trap()], dtype=object)))
    with pytest.raises(RecordingError):
        load_recording(path)
    assert not (tmp_path / "sprung").exists()


def test_what_is_not_understood_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "x.npz", eeg(beside=np.array([{}], dtype=object)))
    assert load_recording(path).eeg is not None


def test_each_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.npz", eeg(lengths=np.array([N - 1, 1])))
    for module, limit, value, said in (
        (archive, "BYTES_MAX", 2**20, "1 MB"),
        (archive, "ENTRIES_MAX", 3, "million entries"),
        (files, "CHANNELS_MAX", 1, "2 channels"),
        (files, "PIECES_MAX", 2, "2 pieces"),
        (signals, "SAMPLES_MAX", N, "million samples"),
    ):
        with monkeypatch.context() as context:
            context.setattr(module, limit, value)
            if limit == "BYTES_MAX":
                write(path, eeg(eeg=np.zeros((2, 2**19), "<i2")))
            with pytest.raises(RecordingError, match=said):
                load_recording(path)
        write(path, eeg(lengths=np.array([N - 1, 1])))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npz")
    with pytest.raises(RecordingError, match="no file"):
        load_recording(tmp_path / "x.npz")


@given(st.lists(st.floats(width=64) | st.integers(-(2**62), 2**62), max_size=20), st.floats())
def test_a_signal_is_what_the_counts_are_worth(counts: list[float], unit: float) -> None:
    found = as_signal(np.array(counts, np.float64), unit)
    with np.errstate(all="ignore"):
        worth = np.array(counts, np.float64) * unit
    sane = np.abs(worth) < signals.VALUE_MAX
    assert np.isnan(found[~sane]).all()
    assert np.array_equal(found[sane], worth[sane].astype(np.float32))


@given(place=st.floats(0, 0.999), mask=st.integers(1, 255), cut=st.floats(0, 1))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_archive_is_read_or_refused(tmp_path: Path, place: float, mask: int, cut: float) -> None:
    path = write(tmp_path / "x.npz", eeg(t=np.arange(N) / 250, lengths=np.array([N - 500, 500])))
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= mask
    path.write_bytes(data[: round(cut * len(data))])
    try:
        load_recording(path)
    except RecordingError:
        return
