"""The net in NumPy, in torch and as the file that ships say the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.control.policies.learned import ANSWERS, FEATURES
from export.control.net import N_WEIGHTS, first_guess, net_of

RANDOM = np.random.default_rng(3)
ROWS = RANDOM.uniform(-1.5, 1.5, (40, len(FEATURES))).astype(np.float32)


def test_several_nets_in_one_answer_as_each_alone() -> None:
    weights = RANDOM.normal(size=(4, N_WEIGHTS))
    together = net_of(weights).answer(ROWS)
    for number, part in enumerate(np.split(ROWS, 4)):
        alone = net_of(weights[number]).answer(part)
        assert together[10 * number : 10 * number + 10] == pytest.approx(alone, abs=1e-6)


def test_the_first_guess_calms_whoever_answers_music_and_rouses_who_answers_the_opposite_way() -> None:
    rows = np.zeros((3, len(FEATURES)), np.float32)
    rows[:, FEATURES.index("trust")] = (1.0, 0.0, -1.0)
    arousal = net_of(first_guess()).answer(rows)[:, ANSWERS.index("arousal")]
    assert arousal == pytest.approx([-0.66, 0.0, 0.66], abs=0.05)


def test_torch_onnx_and_numpy_agree(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    pytest.importorskip("tomli_w")
    from export.control.folder import TOLERANCE, write

    found = write(tmp_path / "control-0.2.0", net_of(RANDOM.normal(size=N_WEIGHTS)), "{parity}")
    assert max(found.torch_to_onnx, found.numpy_to_onnx) <= TOLERANCE
    assert found.kilobytes <= 50
