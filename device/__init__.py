"""The runtime that runs on the box: from sensor bytes to headphones."""

import os

# ONNX Runtime (seen in 1.32) reports its use to its maker from Linux too, under an identifier it keeps in the home
# folder; a box that measures people reports to nobody. Read once, when it is first loaded, so it is said before that.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.8.0"
"""The release that this is or will be: three numbers, by which updates tell older from newer (`device.updates`)."""
