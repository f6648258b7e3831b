"""Documents lead to files that are there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)
LISTED = subprocess.run(["git", "-C", HERE, "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", LISTED.split())
def test_every_link_leads_somewhere(name: str) -> None:
    page = HERE / name
    links = LINK.findall(FENCE.sub("", page.read_text()))
    lost = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not lost
