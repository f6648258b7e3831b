"""`isotone bench control` compares policies on the same people and says what was met."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hardware.bench import control
from hardware.bench.control_scores import HARM_MOST

ARGUMENTS = ["--patients", "6", "--sessions", "1", "--families", "ising,opposite", "--jobs", "1"]


def test_it_prints_a_row_for_each_policy_and_writes_a_report_with_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "control.md"
    policies = ["--policies", "silence,plan,hand"]
    assert control.main([*ARGUMENTS, *policies, "--json", "--out", str(report)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["policy"] for row in told["policies"]] == ["silence", "plan", "hand"]
    assert told["best"] in ("silence", "plan", "hand")
    assert all(
        0 <= row["time_in_zone"] <= 1 and set(row["by_family"]) == {"ising", "opposite"} for row in told["policies"]
    )
    assert "(control.png)" in report.read_text("utf-8")
    assert report.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_silence_is_no_worse_than_itself_and_is_safe() -> None:
    options = control.parser().parse_args([*ARGUMENTS, "--policies", "iso"])
    compared = control.measure(options, lambda _: None)
    assert [row.policy for row in compared.rows] == ["iso", "silence", "plan"], "whatever is asked for"
    assert compared.harm("silence") == 0.0 <= HARM_MOST
    assert compared.blind_loss("plan") == 0.0


def test_an_unknown_policy_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        control.main(["--policies", "magic"])
    assert "there is no magic" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--patients", "--sessions", "--jobs"])
@pytest.mark.parametrize("count", ["0", "-1", "1.5", "many"])
def test_nobody_is_no_cohort(option: str, count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        control.main([f"{option}={count}"])
    assert "no whole number" in capsys.readouterr().err
