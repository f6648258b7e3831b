"""Builds the policy that is configured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device.config import ControlConfig
from device.control import MODELS, POLICIES
from device.control.policies.view import Policy
from device.control.real import Real
from device.errors import ConfigError
from device.files.models import ModelFolder
from device.imports import import_name


def choose_policy(control: ControlConfig) -> Any:
    """The class of the policy that is configured; it needs no model yet, so a session can be refused before it begins.

    Raises:
        ConfigError: there is no such policy, it lacks its model, or a model is named that it does not take.
    """
    name = control.policy
    if name not in POLICIES:
        known = ", ".join(sorted(POLICIES))
        raise ConfigError(f"There is no policy `{name}` (device.toml, control.policy).", f"Choose one of: {known}.")
    kind = import_name(POLICIES[name])
    if kind.takes_model and not model_of(control):
        raise ConfigError(f"The policy `{name}` has no model (device.toml, control.model).", "Name a model folder.")
    if control.model and not kind.takes_model:
        raise ConfigError(f"The policy `{name}` takes no model (device.toml, control.model).", "Remove that line.")
    return kind


def load_policy(control: ControlConfig, models_dir: Path, remembered: Mapping[str, Real]) -> Policy:
    """The policy that is configured, as new but for what is remembered of the listener.

    Raises:
        ConfigError: as `choose_policy`.
        ModelError: its model cannot be used.
    """
    kind = choose_policy(control)
    model = model_of(control)
    policy: Policy = kind(control, ModelFolder(models_dir, model) if model else None, remembered)
    return policy


def model_of(control: ControlConfig) -> str:
    """The model folder of the policy: the one that is configured, else the one that ships with it."""
    return control.model or MODELS.get(control.policy, "")
