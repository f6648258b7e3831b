"""The environment keeps Gymnasium's manners, and a session in it is a session of the loop."""

from __future__ import annotations

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from device.control.policies.learned import ANSWERS  # noqa: E402
from export.control.environment import ListenerEnv  # noqa: E402


def rewards(seed: int, action: float) -> list[float]:
    env = ListenerEnv(("ising", "bounded"))
    env.reset(seed=seed)
    told, is_over = [], False
    while not is_over:
        _, reward, is_over, _, _ = env.step(np.full(len(ANSWERS), action, np.float32))
        told.append(reward)
    return told


@pytest.mark.filterwarnings("ignore")
def test_gymnasium_finds_nothing_wrong_with_it() -> None:
    check_env(ListenerEnv(("ising", "bounded")), skip_render_check=True)


def test_an_episode_is_a_session_and_the_same_seed_gives_the_same() -> None:
    first = rewards(3, -0.5)
    assert len(first) == 149
    assert first == rewards(3, -0.5)
    assert first != rewards(3, 0.5)
