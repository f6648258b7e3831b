"""The rival of direct search: PPO of Stable-Baselines3, with the same net, features, people and time.

It learns from rewards of single decisions, so nothing tells it of those who fare worst; what it comes to is compared
with the search by what the search minimises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv

from device.control.policies.learned import ANSWERS, FloatRows
from export.control.environment import Sessions
from export.control.net import HIDDEN, Floats, questions
from export.control.objective import Batch

BENT = 3.0
"""PPO acts before the last tanh, within this: the net's own form."""


class Listeners(VecEnv):  # type: ignore[misc, unused-ignore]
    """All people of a batch side by side; the next batch of the course when their sessions are over."""

    def __init__(self, course: Sequence[Batch]) -> None:
        self._course, self._turn = course, 0
        self._sessions = Sessions(course[0])
        self._questions = questions()
        seen = gymnasium.spaces.Box(-1.0, 1.0, (HIDDEN,), np.float32)
        super().__init__(self._sessions.n, seen, gymnasium.spaces.Box(-BENT, BENT, (len(ANSWERS),), np.float32))

    def reset(self) -> Any:
        self._sessions = Sessions(self._course[self._turn % len(self._course)])
        self._turn += 1
        return self._asked(self._sessions.begin())

    def _asked(self, rows: FloatRows) -> FloatRows:
        """The answers to the first layer's questions, from where the search begins too."""
        weights, biases = self._questions
        hidden: FloatRows = np.tanh(rows @ weights + biases)
        return hidden

    def step_async(self, actions: Any) -> None:
        self._answers = np.tanh(actions).astype(np.float32)

    def step_wait(self) -> Any:
        seen, rewards, is_over = self._sessions.step(self._answers)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        last = self._asked(seen)
        if is_over:
            infos = [{"terminal_observation": row, "TimeLimit.truncated": True} for row in last]
            last = self.reset()
        return last, rewards.astype(np.float32), np.full(self.num_envs, is_over), infos

    def close(self) -> None:
        pass

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        del attr_name, indices
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        del wrapper_class, indices
        return [False] * self.num_envs


class _Telling(BaseCallback):  # type: ignore[misc, unused-ignore]
    """Says how far it is."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = progress

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self._tell(f"PPO: {self.num_timesteps} decisions")


def learn(course: Sequence[Batch], decisions: int, seed: int, progress: Callable[[str], None]) -> Floats:
    """The weights that PPO comes to, as `net_of` takes them."""
    listeners = Listeners(course)
    steps = round(course[0].terms.minutes * 60.0 / course[0].terms.decision_s) - 1
    learner = PPO(
        "MlpPolicy",
        listeners,
        n_steps=steps,
        batch_size=4096,
        n_epochs=4,
        gamma=0.99,
        policy_kwargs={"net_arch": {"pi": [], "vf": [32]}, "log_std_init": -1.0},
        seed=seed,
        device="cpu",
    )
    learner.learn(decisions, callback=_Telling(progress))
    last = learner.policy.action_net
    parts = (last.weight.T, last.bias)
    return np.concatenate([part.detach().numpy().ravel() for part in parts]).astype(np.float64)
