"""The command as it stands in the card trains as much as the settings say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cma")
pytest.importorskip("torch")

from export.control import train
from export.control.search import Settings


class AskedError(Exception):
    """Carries what the search was asked for."""


def test_without_more_words_the_settings_say_how_long_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seek(settings: Settings, *_: Any, **__: Any) -> None:
        raise AskedError(settings.generations)

    monkeypatch.setattr(train, "seek", seek)
    with pytest.raises(AskedError) as asked:
        train.main(["--out", str(tmp_path)])
    assert asked.value.args == (Settings(train.TRAINED_ON).generations,)
