"""Makes a session one of a trial: by its listener's arm, or with blocks dealt by chance."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import msgspec

from device.commands.session import has_recording
from device.commands.trial_folder import Trial, opened
from device.config import SessionConfig
from device.control.plan.session_plan import plan_of
from device.errors import ConfigError, RecordingError
from device.messages import Decision
from device.plan_layout import PhaseLayout, PlanLayout
from device.sessions.reader import SessionReader
from device.stage import keyed_random
from device.trial_layout import Condition, Replayed, TrialBlock, TrialLayout
from device.trials.allocation import session_seed
from device.trials.registration import Arm
from device.trials.schedule import deal

PHASES = (
    PhaseLayout(kind="baseline"),
    PhaseLayout(kind="hold", share=1.0),
    PhaseLayout(kind="cool-down", minutes=1.0),
)
"""One goal all the time, so that blocks differ by their condition and not by where the plan stands."""
REPLAYED_MAX = 2_000
FOR_EVER_S = 86_400.0


@contextlib.contextmanager
def prepared_in_trial(
    prepare: Callable[[float], AbstractContextManager[SessionConfig]], folder: Path, key: Path
) -> Iterator[SessionConfig]:
    """A session of the trial in `folder`; `prepare` is given its length in minutes. One that never began is void.

    Raises:
        ConfigError, RecordingError: as `in_trial`, and where the trial cannot be opened.
    """
    with opened(folder, key) as trial:
        minutes = trial.registration.minutes
    with prepare(minutes) as config:
        with opened(folder, key) as trial:
            played = in_trial(config, trial)
        try:
            yield played
        finally:
            if not has_recording(played):
                with opened(folder, key) as trial:
                    trial.add(kind="void", session=config.session_id)


def in_trial(config: SessionConfig, trial: Trial) -> SessionConfig:
    """The same session as the trial wants it, which is in the ledger from now on.

    Raises:
        ConfigError: the session is too short for its blocks, or proposals were to wait for approval.
        RecordingError: the listener is not enrolled, has had all sessions, or has an arm that cannot be played.
    """
    registration, listener = trial.registration, config.listener
    if trial.enrolment(listener) is None:
        raise RecordingError(f"{listener} is not enrolled.", "Enrol them first: `isotone trial enrol`.")
    number = len(trial.sessions(listener)) + 1
    if number > registration.sessions:
        raise RecordingError(f"{listener} has had all {registration.sessions} sessions.", "Ask `isotone verdict`.")
    if config.prescription.approve_first or config.device.control.approve_first:
        raise ConfigError(
            "In a trial nothing may wait for approval: that would tell which blocks adapt.",
            "Set `approve_first = false` in prescription.toml and device.toml.",
        )
    arm = trial.arm_of(listener)
    config = _by_arm(config, arm) if arm else _by_plan(config)
    base = TrialLayout(trial=trial.id, number=number, planned=registration.sessions, blocks=())
    layout = _whole(base, arm) if arm else _in_blocks(base, config, trial)
    trial.add(
        kind="session", listener=listener, session=config.session_id, folder=config.session_dir, session_number=number
    )
    return msgspec.structs.replace(config, trial=layout)


def _by_arm(config: SessionConfig, arm: Arm) -> SessionConfig:
    if arm == "playlist":
        raise RecordingError(
            f"{config.listener} has the arm playlist, which this release cannot play inside a session.",
            "Play the registered files with another player, and note when.",
        )
    if arm != "rules":
        return config
    music = msgspec.structs.replace(config.device.music, generator="rules")
    return msgspec.structs.replace(config, device=msgspec.structs.replace(config.device, music=music))


def _by_plan(config: SessionConfig) -> SessionConfig:
    plan = PlanLayout(name="trial", goal=config.prescription.plan.goal, phase=PHASES)
    return msgspec.structs.replace(config, prescription=msgspec.structs.replace(config.prescription, plan=plan))


def _whole(base: TrialLayout, arm: Arm) -> TrialLayout:
    """One block for all of the session; it has one in every arm, so that what is shown tells none from another."""
    condition: Condition = "adaptive" if arm == "adaptive" else "static"
    block = TrialBlock(condition=condition, pair=0, begins_s=0.0, ends_s=FOR_EVER_S)
    return msgspec.structs.replace(base, blocks=(block,))


def _in_blocks(base: TrialLayout, config: SessionConfig, trial: Trial) -> TrialLayout:
    registration, hold = trial.registration, plan_of(config).stretches[1]
    others = [name for name in registration.conditions if name != "adaptive"]
    replayed, yoked_to = _earlier(trial, config.listener) if "yoked" in others else ((), "")
    if not replayed and len(others) > 1:
        others = [name for name in others if name != "yoked"]
    if others == ["yoked"] and not replayed:
        raise ConfigError("There is no earlier session to be yoked to.", "Register another condition beside yoked.")
    random = keyed_random(session_seed(trial.secret, config.listener, base.number), "trial", base.number)
    blocks = deal(random, hold.begins_s, hold.ends_s, others, registration.pairs)
    return msgspec.structs.replace(base, blocks=tuple(blocks), replayed=replayed, yoked_to=yoked_to)


def _earlier(trial: Trial, listener: str) -> tuple[tuple[Replayed, ...], str]:
    """What the policy decided in the newest earlier session that can be read, and which one that is."""
    for entry in reversed(trial.sessions(listener)):
        try:
            found = replay_of(Path(entry.folder))
        except RecordingError:
            continue
        if found:
            return found, entry.session
    return (), ""


def replay_of(folder: Path) -> tuple[Replayed, ...]:
    """What was decided in the adaptive blocks of a session. Raises RecordingError where it is no session."""
    reader = SessionReader(folder)
    layout = reader.config.trial
    adaptive = {place for place, block in enumerate(layout.blocks if layout else ()) if block.condition == "adaptive"}
    told = (received.message for received in reader.messages(("decisions",)))
    decisions = [item for item in told if isinstance(item, Decision) and item.revision == 0]
    return tuple(
        Replayed(for_s=after.context.since_s, moves=one.taken, detour=one.detour, silent=one.silent)
        for one, after in pairwise(decisions)
        if one.trial_block in adaptive and after.context.since_s > 0
    )[:REPLAYED_MAX]
