"""The report as one HTML page: it brings its style and pictures with it and loads nothing, and no script is in it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from device.reports.document import Report
from device.reports.view import view_of

TEMPLATES = Path(__file__).with_name("templates")


@cache
def _template(name: str) -> Template:
    """Whatever was recorded is escaped; pictures alone are ours."""
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(name)


def write_page(report: Report) -> bytes:
    """The page, in UTF-8."""
    return _template("report.html").render(report=view_of(report)).encode("utf-8", "replace")
