"""The pickle guard: arrays pass, code never runs, and whatever bytes come, the answer is data or a refusal."""

from __future__ import annotations

import os
import pickle
import resource
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import RecordingError
from export.affect.loaders.pickles import read_pickle

PYTHON2 = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85U\x01b\x87Rq\x02(K\x01K\x02\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x08\x00\x00\x80?\x00\x00\x00@tb."  # noqa: E501
"""[1, 2] as float32, as numpy of Python 2 wrote it: byte strings, not text."""


class Bomb:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self._path),)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_arrays_and_containers_pass(tmp_path: Path, protocol: int) -> None:
    content = {"data": np.arange(6.0).reshape(2, 3), "labels": [np.float64(1), (2, "x")], "n": {1, 2}}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content, protocol=protocol))
    found = read_pickle(tmp_path / "a.pkl")
    np.testing.assert_array_equal(found["data"], content["data"])
    assert found["labels"] == content["labels"]


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(24, dtype=">i2").reshape(2, 3, 4).transpose(2, 0, 1),
        np.array([True, False]),
        np.array(["S2", "S17"]),
        np.array(b"S2"),
        np.zeros((0, 3), np.float32),
    ],
    ids=lambda array: array.dtype.str,
)
def test_arrays_of_any_order_and_plain_type_pass(tmp_path: Path, protocol: int, array: np.ndarray) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"data": array}, protocol=protocol))
    found = read_pickle(tmp_path / "a.pkl")["data"]
    assert (found.dtype.kind, found.shape) == (array.dtype.kind, array.shape)
    np.testing.assert_array_equal(found, array)


class Forged:
    """Pickled as four float64 whose type says of itself whatever is wished."""

    def __init__(self, code: str, state: tuple[object, ...]) -> None:
        self._kind = _ForgedType(code, state)

    def __reduce__(self) -> tuple[object, ...]:
        begin = np.empty(0).__reduce__()[0]
        return begin, (np.ndarray, (0,), b"b"), (1, (4,), self._kind, False, b"A" * 32)


class _ForgedType:
    def __init__(self, code: str, state: tuple[object, ...]) -> None:
        self._code, self._state = code, state

    def __reduce__(self) -> tuple[object, ...]:
        return np.dtype, (self._code, False, True), self._state


@pytest.mark.parametrize("flags", [1, 4, 16, 63])
def test_numbers_that_claim_to_be_objects_stay_numbers(tmp_path: Path, flags: int) -> None:
    """Such flags would have numpy follow the numbers as addresses."""
    forged = Forged("f8", (3, "<", None, None, None, -1, -1, flags))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(forged, protocol=2))
    found = read_pickle(tmp_path / "a.pkl")
    assert not found.dtype.hasobject
    assert found.dtype.flags == 0
    np.testing.assert_array_equal(found, np.frombuffer(b"A" * 32))


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("O", (3, "|", None, None, None, -1, -1, 63)),
        ("V8", (3, "|", None, ("a",), {"a": (np.dtype("f8"), 0)}, 8, 1, 0)),
        ("f8", (3, "<", (np.dtype("f8"), (2,)), None, None, -1, -1, 0)),
        ("f8,O", (3, "|", None, None, None, -1, -1, 0)),
        ("M8[s]", (3, "<", None, None, None, -1, -1, 0)),
    ],
)
def test_types_that_are_not_plain_are_refused(tmp_path: Path, code: str, state: tuple[object, ...]) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(Forged(code, state), protocol=2))
    with pytest.raises(RecordingError, match="holds code"):
        read_pickle(tmp_path / "a.pkl")


@pytest.mark.parametrize("protocol", [2, 5])
def test_arrays_of_objects_are_refused(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(np.array([1, "x", None], object), protocol=protocol))
    with pytest.raises(RecordingError, match="holds code"):
        read_pickle(tmp_path / "a.pkl")


def test_a_file_of_python_2_passes(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(PYTHON2)
    assert read_pickle(tmp_path / "a.pkl").tolist() == [1.0, 2.0]


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_code_is_refused_and_never_runs(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"data": [Bomb(tmp_path / "ran")]}, protocol=protocol))
    with pytest.raises(RecordingError, match=r"holds code \(\w+\.mkdir\)"):
        read_pickle(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", [b"builtins\neval", b"builtins\ngetattr", b"numpy\nload", b"os\nsystem"])
def test_what_is_no_container_is_code(tmp_path: Path, name: bytes) -> None:
    (tmp_path / "a.pkl").write_bytes(b"c" + name + b"\n(S'1'\ntR.")
    with pytest.raises(RecordingError, match="holds code"):
        read_pickle(tmp_path / "a.pkl")


def test_dotted_names_do_not_reach_inside_what_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__init__\x93.")
    with pytest.raises(RecordingError, match="holds code"):
        read_pickle(tmp_path / "a.pkl")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read"):
        read_pickle(tmp_path / "a.pkl")


WHOLE = pickle.dumps({"data": np.arange(20.0), "subject": "S2", "label": np.zeros(3, np.int32)}, protocol=2)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_torn_file_is_refused(cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pkl"
        path.write_bytes(WHOLE[:cut])
        with pytest.raises(RecordingError, match=r"no whole pickle|holds code"):
            read_pickle(path)


@given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=3))))
def test_any_bytes_give_data_or_a_refusal(spoilt: bytes | tuple[int, bytes]) -> None:
    if isinstance(spoilt, tuple):
        at, patch = spoilt
        spoilt = WHOLE[:at] + patch + WHOLE[at + len(patch) :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pkl"
        path.write_bytes(spoilt)
        try:
            read_pickle(path)
        except RecordingError as refusal:
            assert refusal.sentence
            assert refusal.action


def test_an_index_cannot_ask_for_the_memory(tmp_path: Path) -> None:
    """Ten bytes that made the C unpickler take gigabytes for its memo."""
    path = tmp_path / "a.pkl"
    path.write_bytes(b"K\x01r\xff\xff\xff\xff.")
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert read_pickle(path) == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100_000
