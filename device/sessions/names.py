"""Names of files of a session that rooms know which read nothing else of it."""

from __future__ import annotations

SUMMARY_FILE = "summary.json"
