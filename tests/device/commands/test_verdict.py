"""`isotone verdict` answers programs and people, and refuses in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from device.cli import main
from device.errors import Exit
from hardware.bench.blocks import Listener, as_csv, blocks_of


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["verdict", *words], prog_name="isotone")
    return result.exit_code, result.output


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.csv"
    path.write_text(as_csv(blocks_of(Listener(d=1.0), np.random.default_rng(4))), "utf-8")
    return path


def test_a_program_gets_json(table: Path) -> None:
    code, output = invoke("--csv", str(table), "--json")
    answer = json.loads(output)
    assert code == 0
    assert list(answer)[:7] == ["effect", "estimate", "low", "high", "p", "sentence", "sessions_needed"]
    assert answer["effect"] is True
    assert answer["low"] < answer["estimate"] < answer["high"]


def test_a_person_gets_a_sentence_and_a_table(table: Path) -> None:
    code, output = invoke("--csv", str(table))
    assert code == 0
    assert output.startswith("After 12 sessions: adaptive music helps this listener")
    assert all(name in output for name in ("yoked", "static", "silence"))


def test_what_is_not_known_is_null(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("session,block,condition,outcome\n1,1,adaptive,1\n1,2,static,0\n", "utf-8")
    code, output = invoke("--csv", str(path), "--json")
    answer = json.loads(output, parse_constant=pytest.fail)
    assert (code, answer["low"], answer["effect"]) == (0, None, False)


def test_refusals_are_one_sentence_with_a_code(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    for text in (
        "",
        "session,block,condition,outcome\n1,1,static,1\n",
        "session,block,condition,outcome\n1,1,adaptive,nan\n",
    ):
        path.write_text(text, "utf-8")
        code, output = invoke("--csv", str(path), "--json")
        assert code == Exit.RECORDING
        assert output.startswith("isotone: ")
        assert len(output.strip().splitlines()) == 1


def test_usage_errors_have_their_code(table: Path) -> None:
    assert invoke()[0] == Exit.USAGE
    assert invoke("--csv", str(table), "--planned", "-1")[0] == Exit.USAGE
    assert invoke("--csv", str(table), "--better", "more")[0] == Exit.USAGE
