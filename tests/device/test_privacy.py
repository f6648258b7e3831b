"""Nothing leaves the box: what its libraries would report of themselves is switched off."""

import os
import subprocess
import sys
from pathlib import Path

from device.files.models import MODELS_DIR

LOAD_A_MODEL = """
import pathlib, sys, time
from device.affect.runtimes import open_runtime
open_runtime(pathlib.Path(sys.argv[1]))
time.sleep(0.5)
"""


def test_a_loaded_model_leaves_no_identifier_and_no_report_in_the_home_folder(tmp_path: Path) -> None:
    """Without CI and pytest in the environment, where ONNX Runtime is silent anyway."""
    shown = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    model = next(MODELS_DIR.glob("heart-*")) / "model.onnx"
    subprocess.run(
        [sys.executable, "-c", LOAD_A_MODEL, str(model)],
        env=shown | {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=MODELS_DIR.parent,
        check=True,
        timeout=60,
    )
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
