"""Tables are read as people write them, or refused in a sentence that names the line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.errors import RecordingError
from device.trials.table import BYTES_MAX, ROWS_MAX, Block, blocks_in, read_blocks

WANTED = [Block("a", "1", "adaptive", 0.5), Block("a", "2", "silence", -1.25)]


@pytest.mark.parametrize(
    "text",
    [
        "session,block,condition,outcome\na,1,adaptive,0.5\na,2,silence,-1.25\n",
        "Session ; Block;CONDITION;Outcome\r\na;1;Adaptive;0,5\r\na;2; silence;-1,25\r\n",
        "session\tblock\tcondition\toutcome\na\t1\tadaptive\t.5\na\t2\tsilence\t-125e-2",
        '"session","block","condition","outcome"\n"a","1","adaptive","0,5"\n"a","2","silence","-1.25"\n\n\n',
        "outcome,day,condition,block,session\n0.5,Mon,adaptive,1,a\n-1.25,Tue,silence,2,a\n",
        "listener,session,block,condition,outcome\nann,a,1,adaptive,0.5\nann,a,2,silence,-1.25\n",
    ],
)
def test_dialects_are_read(text: str) -> None:
    assert blocks_in(text, "t.csv") == WANTED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-8"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("session,block,condition,outcome\nMärz,1,adaptive,0.5\n".encode(encoding))
    assert read_blocks(path) == [Block("März", "1", "adaptive", 0.5)]


HEAD = "session,block,condition,outcome\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column session"),
        (HEAD, "no rows"),
        ("session,block,outcome\n1,1,2\n", "no column condition"),
        ("session,block,condition,outcome,outcome\n1,1,adaptive,2,3\n", "outcome twice"),
        (HEAD + "1,1,adaptive,nan\n", "t.csv:2: the outcome is `nan`"),
        (HEAD + "1,1,adaptive,inf\n", "no number"),
        (HEAD + "1,1,adaptive,\n", "outcome is empty"),
        (HEAD + "1,1,adaptive,high\n", "no number"),
        (HEAD + "1,1,adaptive,1_000\n", "no number"),
        (HEAD + "1,1,adaptive,1e999\n", "no number"),
        (HEAD + "1,1,adaptive,0,5\n", "5 values"),
        (HEAD + "1,1,adaptive\n", "3 values"),
        (HEAD + ",1,adaptive,1\n", "session is empty"),
        (HEAD + f"1,{'9' * 200},adaptive,1\n", "block is too long"),
        (HEAD + "1,1,adpative,1\n", "Do you mean adaptive"),
        (HEAD + '1,1,adaptive,"' + "x" * 200_000, "no CSV"),
        ("listener," + HEAD + "ann,1,1,adaptive,1\nbob,1,2,silence,1\n", "2 listeners: `ann` and `bob`"),
        (HEAD + "1,1,adaptive,1\n" * (ROWS_MAX + 1), "more than"),
        ("\x1b[2J\n", r"\\x1b"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(text: str, words: str) -> None:
    with pytest.raises(RecordingError, match=words) as refused:
        blocks_in(text, "t.csv")
    assert "\x1b" not in str(refused.value)


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    large, binary = tmp_path / "large.csv", tmp_path / "binary.csv"
    large.write_bytes(b"x" * (BYTES_MAX + 1))
    binary.write_bytes(bytes(range(256)))
    for path in (large, binary, tmp_path, tmp_path / "absent.csv", Path("a\0b")):
        with pytest.raises(RecordingError):
            read_blocks(path)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["", HEAD, "session;block;condition;outcome\n1;1;adaptive;1\n"]))
def test_any_text_is_read_or_refused(text: str, head: str) -> None:
    try:
        found = blocks_in(head + text, "t.csv")
    except RecordingError as error:
        assert error.sentence.endswith((".", "!", "?"))
    else:
        assert found
