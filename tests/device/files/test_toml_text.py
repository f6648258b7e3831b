"""TOML is read within limits of size and memory; whatever the bytes, tables or one sentence."""

import contextlib
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import DeviceConfig, Prescription, load
from device.errors import ConfigError
from device.files.toml_text import BYTES_MAX, find_line, parse

ROOT = Path(__file__).parents[3]


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, DeviceConfig)
    return str(caught.value)


def test_a_file_that_is_not_there_is_said_once_and_in_words(tmp_path: Path) -> None:
    said = refused(tmp_path / "none.toml")
    assert "no such file. Write it" in said
    assert said.count("none.toml") == 1
    assert "Errno" not in said + refused(tmp_path)


HOSTILE = {
    "50,000 dotted keys": "\n".join(f"a{number}.b.c.d = 1" for number in range(50_000)),
    "a key of 50,000 parts": ".".join("a" * 50_000) + " = 1",
    "a key of 30,000 parts": ".".join("a" * 30_000) + " = 1",
    "a quoted key of many parts": ".".join(['"x y"'] * 9_000) + " = 1",
    "a table of many parts": "[" + " . ".join("a" * 9_000) + "]",
    "an inline key of many parts": "a = {" + ".".join("a" * 20_000) + " = 1}",
    "lists in lists": "a = " + "[" * 20_000 + "]" * 20_000,
    "tables in tables": "a = " + "{a=" * 9_000 + "1" + "}" * 9_000,
    "many tables": "\n".join(f"[t{number}]" for number in range(8_000)),
    "a number of many digits": "a = " + "9" * 60_000,
    "a date that there is not": "a = 2000-13-41",
    "half a text": '[audio]\nsink = "w',
    "a byte of nothing": "a = '\0'",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_one_sentence_soon_and_in_little_memory(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "device.toml"
    path.write_text(HOSTILE[kind])
    program = (
        "import resource, sys, pathlib; from device.config import *; from device.errors import ConfigError\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "try: load(pathlib.Path(sys.argv[1]), DeviceConfig)\n"
        "except ConfigError as error: print(str(error)[:300])"
    )
    began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert str(path) in done.stdout
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began < 10.0


def test_a_file_that_does_not_end_is_refused() -> None:
    assert f"larger than {BYTES_MAX // 1000} kB" in refused(Path("/dev/zero"))


def test_a_mark_of_byte_order_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_bytes(b"\xef\xbb\xbf[session]\nminutes = 3\n")
    assert load(path, DeviceConfig).session.minutes == 3.0


def test_a_name_that_is_no_path_is_refused() -> None:
    assert "cannot be read" in refused(Path("a\0b"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a.b]\nc = 1", 2),
        ("a.b.c = 1", 1),
        ("\n[a]\nb.c = 1", 3),
        ("\n[a]\nb = { c = 1 }", 3),
        ("x = 1\na = { b = { c = 1 } }", 0),
        ('\n["a".b]\n"c" = 1', 3),
        ("[a.b]\nd = 1", 1),
        ("[[a.b]]\nd = 1", 1),
        ("[a.b]\nd = 1\n[a.b.c]\ne = 1", 3),
        ("[a.b]\nd = 1\n[a.b.c.d]\ne = 1", 3),
    ],
)
def test_the_line_of_a_key_is_found_however_it_is_written(text: str, line: int) -> None:
    assert find_line(text, ["a", "b"], "c")[0] == line


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[session]\nminutes = inf", ":2"),
        ('[audio]\nsink = "wav"\n[source.head]\ntype = "cyton"', ":3"),
        ('[sources.head]\ntype = "cyton"\n[sources.head.optoins]\na = 1', ":3"),
        ("[bluetooth]\n[[audio]]\nsfreq_hz = 48000", ":2"),
        ("[session]\nminutes = 1e-300", ":2"),
        ("[audio]\ngain = 1e-300", ":2"),
        ("[audio]\nsfreq_hz = 1000000000", ":2"),
        ("[audio]\ngain = inf", ":2"),
    ],
)
def test_what_no_box_can_do_is_refused_with_its_line(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "device.toml"
    path.write_text(text)
    assert f"{path}{word}" in refused(path)


def test_long_keys_and_lines_are_looked_through_soon() -> None:
    began = time.process_time()
    for text in (
        "a" * BYTES_MAX,
        "a." * (BYTES_MAX // 2),
        '"' * BYTES_MAX,
        "[" * BYTES_MAX,
        " " * BYTES_MAX,
        "=" * BYTES_MAX,
    ):
        find_line(text, ["a", "b"], "c")
        with contextlib.suppress(ConfigError):
            parse(text, "x.toml")
    assert time.process_time() - began < 5.0


EXAMPLE = b"""goal_valence = 0.4
never_programs = [1, 2]
[limits]
tempo_min_bpm = 48.0
pitch_max = 96
[programs]
melody = 73
[preference]
never_keys = ["C minor", "F# major"]
voices = ["melody", "bass"]
"""


@given(st.lists(st.tuples(st.integers(0, len(EXAMPLE) - 1), st.integers(0, 255)), max_size=10), st.binary(max_size=9))
def test_a_prescription_with_wrong_bytes_is_one_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], more: bytes
) -> None:
    data = bytearray(EXAMPLE)
    for place, value in changes:
        data[place] = value
    path = tmp_path_factory.mktemp("fuzz") / "prescription.toml"
    path.write_bytes(bytes(data) + more)
    try:
        assert isinstance(load(path, Prescription), Prescription)
    except ConfigError as error:
        assert str(path) in str(error)


PHASES = """[[phase]]
kind = "match"
[[phase]]
kind = "shift"
points = [
  { at = 1.0 },
]
[[phase.part]]
name = "a"
[[phase.part]]
name = "b"
[[phase]]
kind = "hold"
[[phase.part]]
name = "c"
"""


@pytest.mark.parametrize(
    ("tables", "key", "line"),
    [
        (["phase[0]"], "kind", 2),
        (["phase[1]"], "kind", 4),
        (["phase[2]"], "kind", 13),
        (["phase[1]", "points[0]"], "at", 5),
        (["phase[1]", "part[1]"], "name", 11),
        (["phase[2]", "part[0]"], "name", 15),
        (["phase[2]"], "minutes", 12),
        ([], "phase[1]", 3),
        ([], "phase", 1),
    ],
)
def test_the_table_of_an_array_is_found_by_its_number(tables: list[str], key: str, line: int) -> None:
    assert find_line(PHASES, tables, key)[0] == line
