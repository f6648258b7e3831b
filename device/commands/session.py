"""Prepares a session, runs it under the manager and finishes it: what `isotone run` and `isotone demo` share."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol

import msgspec

from device.clock import SystemClock
from device.commands import memory
from device.commands.hearing import recall_hearing
from device.commands.prescriptions import refuse_contradiction, remarks_on
from device.commands.privacy import may_record
from device.commands.session_folder import claim_session_folder, sessions_root
from device.commands.signals import Signals
from device.commands.themes import read_themes
from device.config import DeviceConfig, Prescription, SessionConfig
from device.control.policies.loading import choose_policy
from device.errors import ConfigError, DiskError, Exit
from device.files.models import MODELS_DIR
from device.listeners.settings import PolicyChoice
from device.runtime.children import Launcher
from device.runtime.interpreter import HOUSE, interpreter
from device.runtime.manager import Manager, Observer
from device.runtime.run_folder import claim_run_folder, name_session
from device.sealing.door import store_whole
from device.sessions.store import log_paths

MEGABYTES_PER_MINUTE = 13
"""Disk that a session takes: heard.wav has 11.5 MB a minute, the log about 1."""
SPARE_MEGABYTES = 50
SUMMARY_TIMEOUT_S = 120
PRIVATE = 0o077
EARLIER_LOG = "earlier.log"
"""The file that says where the listener's rest comes from, or why there is none."""


@contextlib.contextmanager
def prepared(
    device: DeviceConfig,
    prescription: Prescription,
    *,
    listener: str,
    minutes: float,
    seed: int | None,
    out: Path | None,
) -> Iterator[SessionConfig]:
    """Name a session, own its folders for its time, and check that the disk holds it.

    `out` is the session's own folder when it is new or empty; where something lies in it already, the session gets a
    folder of its own inside, so that nothing recorded is overwritten. What is known of the listener is
    carried on. Only this user may read what is written meanwhile. A session that never began leaves nothing.

    Raises:
        ConfigError: the prescription leaves nothing to play on, there is no such policy, or no folder can be named.
        DiskError: the folder cannot be written or the disk is too full.
        DoseError: the listener's ears have had what they may have in a week.
        SystemMissingError: there is no safe place for the session's sockets.
    """
    refuse_contradiction(prescription)
    choose_policy(device.control)
    session_id = name_session()
    wanted = out or sessions_root(device) / session_id
    with (
        _private_files(),
        claim_session_folder(wanted, session_id) as session_dir,
        claim_run_folder(session_id) as run_dir,
    ):
        _check_space(session_dir, minutes)
        config = SessionConfig(
            session_id=session_id,
            listener=listener,
            seed=int.from_bytes(os.urandom(4), "big") if seed is None else seed,
            minutes=minutes,
            run_dir=str(run_dir),
            session_dir=str(session_dir),
            models_dir=str(MODELS_DIR),
            device=device,
            prescription=prescription,
        )
        yield _with_what_is_known(config)


def _with_what_is_known(config: SessionConfig) -> SessionConfig:
    """The same session with what is remembered of its listener and what the prescription's tunes say."""
    themes = read_themes(config.prescription.preference)
    recording = may_record(config.device)
    hearing = recall_hearing(config.device, config.listener)
    known = memory.recall(config.device, config.listener, Path(config.session_dir).parent)
    _note(Path(config.run_dir) / EARLIER_LOG, known.sources)
    device, words = _with_approved(config.device, known.choice)
    told = (*recording.remarks, *known.remarks, *hearing.remarks, *words)
    return msgspec.structs.replace(
        config,
        device=device,
        listener_id=known.listener_id,
        listeners_dir=hearing.listeners_dir,
        keys_dir=recording.keys_dir,
        keep=recording.keep,
        hearing=hearing.account,
        baselines=known.baselines,
        responses=known.responses,
        known_devices=dict(known.devices),
        volume_db=known.volume_db,
        theme=themes.liked,
        never=themes.never,
        remarks=(*told, *remarks_on(config.prescription), *themes.remarks),
        heard=themes.heard,
    )


def _with_approved(device: DeviceConfig, choice: PolicyChoice | None) -> tuple[DeviceConfig, tuple[str, ...]]:
    """The device with the policy that was approved for the listener, and the words that say so."""
    if choice is None:
        return device, ()
    control = msgspec.structs.replace(device.control, policy=choice.policy, model=choice.model)
    try:
        choose_policy(control)
    except ConfigError as error:
        return device, (f"The policy approved for this listener cannot play: {error.sentence}",)
    approved = f"`{choice.policy}` plays for this listener, as was approved on {choice.since_utc[:10]} ({choice.id})."
    return msgspec.structs.replace(device, control=control), (approved,)


@contextlib.contextmanager
def _private_files() -> Iterator[None]:
    """What this process and its children make is for this user alone: they are biosignals."""
    previous = os.umask(PRIVATE)
    try:
        yield
    finally:
        os.umask(previous)


def _note(log: Path, sentences: Sequence[str]) -> None:
    if sentences:
        log.write_text("\n".join(sentences) + "\n", "utf-8")


def _check_space(session_dir: Path, minutes: float) -> None:
    free_mb = shutil.disk_usage(session_dir).free / 1e6
    needed_mb = SPARE_MEGABYTES + minutes * MEGABYTES_PER_MINUTE
    if free_mb < needed_mb:
        raise DiskError(
            f"The disk of {session_dir} has {free_mb:.0f} MB free, the session needs {needed_mb:.0f} MB.",
            "Free some space or give another folder with --out.",
        )


class Attendant(Observer, Protocol):
    """Whoever is there while a session plays: entered before it begins, left when it is over."""

    def attach(self, manager: Manager) -> None: ...

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class End(NamedTuple):
    """How a session ended."""

    code: Exit
    sentence: str
    """The fault that ended it, or nothing."""


def run_session(config: SessionConfig, watcher: Attendant, signals: Signals, launcher: Launcher) -> End:
    """Run the session to its end."""
    manager = Manager(config, SystemClock(), launcher, watcher)
    watcher.attach(manager)
    memory.begin(config)
    try:
        with watcher, signals.acting(manager.request_stop):
            code = manager.run()
    finally:
        if manager.fault or has_recording(config):
            keep_logs(config)
    memory.remember(config)
    fault = manager.fault
    return End(code, f"{fault.sentence} {fault.action}".strip() if fault else "")


def has_recording(config: SessionConfig) -> bool:
    """Tell whether anything was recorded; a session that is stopped at once has nothing to sum up."""
    return bool(log_paths(Path(config.session_dir)))


def keep_logs(config: SessionConfig) -> None:
    """What the processes and the rig printed belongs to the session, as far as the disk takes it."""
    run_dir, session_dir = Path(config.run_dir), Path(config.session_dir)
    for log in (*run_dir.glob("*.log"), *run_dir.glob("rig/rig.log")):
        with contextlib.suppress(OSError):
            if log.stat().st_size:
                store_whole(session_dir / log.name, log.read_bytes())


def summarise(session_dir: Path) -> bool:
    """Draw session.png and write played.mid and summary.json, in a process of its own; says whether it worked.

    The process is out of the terminal's reach: a second Ctrl-C, or a closed terminal, does not cost the picture.
    """
    command = interpreter("-m", "device.sessions.summary", str(session_dir.resolve()))
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            command, cwd=HOUSE, check=False, capture_output=True, timeout=SUMMARY_TIMEOUT_S, start_new_session=True
        )
        if done.returncode:
            store_whole(session_dir / "summary.log", done.stderr)
        return done.returncode == 0
    return False
