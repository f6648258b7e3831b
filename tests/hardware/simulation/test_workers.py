"""Whoever does the work, the same comes out, in the same order."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from device.errors import SystemMissingError
from hardware.simulation.workers import LOCAL, Workers, each


def drawn(seed: int) -> float:
    return float(np.random.default_rng(seed).normal())


def test_one_process_and_several_give_the_same() -> None:
    assert (
        list(each(drawn, range(9), Workers(jobs=2)))
        == list(each(drawn, range(9), Workers()))
        == list(map(drawn, range(9)))
    )


def test_without_ray_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SystemMissingError, match="Ray is not installed"):
        list(each(drawn, range(2), Workers(ray=LOCAL)))


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra `ray`")
def test_on_ray_it_is_the_same_to_the_bit() -> None:
    assert list(each(drawn, range(9), Workers(jobs=2, ray=LOCAL))) == list(map(drawn, range(9)))
