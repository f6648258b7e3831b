"""Tables name what they hold as `module:Name`; this imports an entry when it is first needed."""

from __future__ import annotations

import importlib
from typing import Any


def import_name(name: str) -> Any:
    """The object that a table names as `module:Name`."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
