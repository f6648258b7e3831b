"""What `isotone run` and `isotone demo` say when they end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from device.commands.run import _tell
from device.errors import Exit


@pytest.mark.parametrize(
    ("keep", "told"),
    [
        ("nothing", "The session is over; nothing of it was kept."),
        ("raw", "Stopped before the session began; nothing was recorded."),
    ],
)
def test_a_session_of_which_nothing_is_kept_is_not_told_as_one_that_never_began(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], keep: str, told: str
) -> None:
    config: Any = SimpleNamespace(session_dir=str(tmp_path), keep=keep, seed=1, session_id="x")
    end: Any = SimpleNamespace(code=Exit.OK, sentence="")
    _tell(config, end, has_picture=True, as_json=False)
    assert capsys.readouterr().out == f"{told}\n"
