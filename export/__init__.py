"""Training and export of the models that ship; the device never imports it.

A program here whose packages are not installed says which extra brings them, in one sentence, and ends with the code
of what the system lacks.
"""

from __future__ import annotations

import sys
from types import TracebackType

EXTRAS = {
    "cma": "export-control", "gymnasium": "export-control", "stable_baselines3": "export-control", "ray": "ray",
    "torch": "export", "onnx": "export", "onnxscript": "export", "sklearn": "export", "scipy": "export",
    "tomli_w": "export", "tqdm": "export", "litert_torch": "export-tflite", "ai_edge_quantizer": "export-tflite",
}  # fmt: skip
"""Package -> the extra of pyproject.toml that brings it."""
EXIT_CODE = 11
"""As `device.errors.Exit.SYSTEM`; this package alone imports nothing."""


def _explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Tell of an error that nobody caught: of a package that is missing in words, of all others as Python does."""
    package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if package not in EXTRAS:
        sys.__excepthook__(kind, error, trace)
        return
    is_policy = any(word.startswith("export.control") for word in sys.orig_argv)
    extra = "export-control" if is_policy and EXTRAS[package] == "export" else EXTRAS[package]
    print(f'{package} is missing, which this program needs. Run `pip install -e ".[{extra}]"`.', file=sys.stderr)
    sys.exit(EXIT_CODE)


sys.excepthook = _explain
