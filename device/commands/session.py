"""Prepares a session, runs it under the manager and finishes it: what `isotone run` and `isotone demo` share."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from device.clock import SystemClock, wall_time
from device.config import DeviceConfig, Preference, Prescription, SessionConfig, Theme
from device.console.observers import Watcher
from device.errors import ConfigError, DiskError, Exit, RecordingError, SystemMissingError
from device.interpreter import interpreter
from device.messages import Command, PersonalBaseline
from device.models import MODELS_DIR
from device.music.theme import BYTES_MAX, theme_of
from device.runtime.children import InterpreterLauncher, ThreadLauncher
from device.runtime.manager import Manager
from device.sessions.earlier import Earlier, recall_rest

MEGABYTES_PER_MINUTE = 13
"""heard.wav is 11.5 MB a minute, the log about 1."""
N_PROGRAMS = 128
WITHOUT_MELODY = "The music goes on without this melody."
SPARE_MEGABYTES = 50
SUMMARY_TIMEOUT_S = 120
EARLIER_LOG = "earlier.log"
"""Where the listener's rest comes from, or why not."""


def sessions_root(device: DeviceConfig) -> Path:
    """Where sessions are kept: the configured folder, else the user's data directory (XDG)."""
    if device.session.directory:
        return Path(device.session.directory).expanduser()
    data_home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data_home) / "isotone" / "sessions"


def run_root() -> Path:
    """Where the sockets of running sessions are: the user's runtime directory (XDG), else the temporary one."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.access(runtime, os.W_OK) and len(runtime) < 40:
        return Path(runtime) / "isotone"
    return Path(tempfile.gettempdir()) / f"isotone-{os.getuid()}"


def prepare(
    device: DeviceConfig,
    prescription: Prescription,
    *,
    listener: str,
    minutes: float,
    seed: int | None,
    out: Path | None,
) -> SessionConfig:
    """Name the session, make its folders and check that the disk holds it.

    `out` is the session's own folder when it is new or empty; where something lies in it already, the session gets a
    folder of its own inside, so that nothing recorded is overwritten. What sessions beside it tell of the listener's
    rest is carried on.

    Raises:
        ConfigError: the prescription leaves nothing to play on.
        DiskError: the folder cannot be written or the disk is too full.
    """
    refuse_silence(prescription)
    session_id = f"{wall_time():%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
    session_dir, run_dir = _make_folders(session_id, out or sessions_root(device) / session_id)
    _check_space(session_dir, minutes)
    theme, never, remarks = read_themes(prescription.preference)
    return SessionConfig(
        session_id=session_id,
        listener=listener,
        seed=int.from_bytes(os.urandom(4), "big") if seed is None else seed,
        minutes=minutes,
        run_dir=str(run_dir),
        session_dir=str(session_dir.resolve()),
        models_dir=str(MODELS_DIR),
        device=device,
        prescription=prescription,
        baselines=_recall(session_dir.parent, listener, run_dir / EARLIER_LOG),
        theme=theme,
        never=never,
        remarks=remarks,
    )


def _make_folders(session_id: str, wanted: Path) -> tuple[Path, Path]:
    """Make the session's own folder, which is the wanted one if that is new or empty, and the one of its sockets."""
    run_dir = run_root() / session_id
    try:
        is_new = not wanted.exists() or (wanted.is_dir() and not any(wanted.iterdir()))
        session_dir = wanted if is_new else wanted / session_id
        session_dir.mkdir(parents=True, exist_ok=True)
        run_dir.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise DiskError(f"The session folder {wanted} cannot be made: {error}.", "Give another --out.") from error
    return session_dir, run_dir


def refuse_silence(prescription: Prescription) -> None:
    """What forbids every instrument is a mistake, and the guard would keep to it.

    Raises:
        ConfigError: it does.
    """
    if len(set(prescription.never_programs)) == N_PROGRAMS:
        raise ConfigError("The prescription's never_programs leaves no instrument to play on.", "Allow one at least.")


def read_theme(path: Path) -> Theme:
    """The melody of a MIDI file.

    Raises:
        RecordingError: no file that can be read, or `theme_of` refuses what is in it.
    """
    return theme_of(read_song(path), path.name)


def read_song(path: Path) -> bytes:
    """What a MIDI file holds, as far as `theme_of` looks at it.

    Raises:
        RecordingError: no file that can be read.
    """
    try:
        if not path.is_file():
            raise RecordingError(f"{path} is no file.", "Give an existing MIDI file.")
        with path.open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path} cannot be read: {error}.", "Give a MIDI file that can be read.") from error


def read_themes(preference: Preference) -> tuple[Theme | None, tuple[Theme, ...], tuple[str, ...]]:
    """The melody to take up, those that may never sound, and a sentence for each file that cannot be read.

    A session is not stopped by such a file.
    """
    liked, remarks = _read_all(filter(None, [preference.seed_melody]), WITHOUT_MELODY)
    never, more = _read_all(preference.never_melodies, "This melody cannot be kept out.")
    return (liked[0] if liked else None), never, (*remarks, *more)


def _read_all(names: Iterable[str], effect: str) -> tuple[tuple[Theme, ...], list[str]]:
    themes: list[Theme] = []
    sentences: list[str] = []
    for name in names:
        try:
            themes.append(read_theme(Path(name).expanduser()))
        except RecordingError as error:
            sentences.append(f"{error.sentence} {effect} {error.action}")
    return tuple(themes), sentences


def _recall(root: Path, listener: str, log: Path) -> tuple[PersonalBaseline, ...]:
    """The listener's rest as earlier sessions left it; where it comes from, or why there is none, goes into `log`."""
    try:
        earlier = recall_rest(root, listener, wall_time())
    except Exception as error:  # noqa: BLE001 - whatever old folders hold, it never stops a new session
        earlier = Earlier(sentences=(f"Earlier sessions in {root} were passed over: {error!r}.",))
    if earlier.sentences:
        log.write_text("\n".join(earlier.sentences) + "\n", "utf-8")
    return earlier.baselines


def discard(config: SessionConfig) -> None:
    """Leave nothing of a session that was refused: a box tries again every few seconds."""
    shutil.rmtree(config.run_dir, ignore_errors=True)
    with contextlib.suppress(OSError):
        Path(config.session_dir).rmdir()


def _check_space(session_dir: Path, minutes: float) -> None:
    free_mb = shutil.disk_usage(session_dir).free / 1e6
    needed_mb = SPARE_MEGABYTES + minutes * MEGABYTES_PER_MINUTE
    if free_mb < needed_mb:
        raise DiskError(
            f"The disk of {session_dir} has {free_mb:.0f} MB free, the session needs {needed_mb:.0f} MB.",
            "Free some space or give another folder with --out.",
        )


def run_session(config: SessionConfig, watcher: Watcher, *, one_process: bool) -> tuple[Exit, str]:
    """Run the session to its end; returns the exit code and, after a fault, its sentence."""
    launcher = ThreadLauncher() if one_process else InterpreterLauncher()
    manager = Manager(config, SystemClock(), launcher, watcher)
    watcher.attach(manager)
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in previous:
        signal.signal(number, lambda *_: manager.request_stop())
    try:
        with watcher:
            code = manager.run()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        keep_logs(config)
    fault = manager.fault
    return code, f"{fault.sentence} {fault.action}".strip() if fault else ""


def keep_logs(config: SessionConfig) -> None:
    """What the processes and the rig printed belongs to the session; the sockets do not."""
    run_dir, session_dir = Path(config.run_dir), Path(config.session_dir)
    for log in (*run_dir.glob("*.log"), *run_dir.glob("rig/rig.log")):
        if log.stat().st_size:
            shutil.copy(log, session_dir / log.name)
    shutil.rmtree(run_dir, ignore_errors=True)


def summarise(session_dir: Path) -> bool:
    """Draw session.png and write played.mid and summary.json, in a process of its own; whether it worked."""
    command = interpreter("-m", "device.sessions.summary", str(session_dir))
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=SUMMARY_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode:
        (session_dir / "summary.log").write_bytes(done.stderr)
    return done.returncode == 0


def send(command: Command) -> Path:
    """Give a command to the running session; returns its run folder.

    Raises:
        SystemMissingError: no session is running.
    """
    import zmq  # noqa: PLC0415 - only this command needs it here

    doors = sorted(run_root().glob("*/control.ipc"), key=lambda path: path.stat().st_mtime)
    if not doors:
        raise SystemMissingError("No session is running here.", "Start one with `isotone demo` or `isotone run`.")
    with zmq.Context() as context, context.socket(zmq.PUSH) as door:
        door.setsockopt(zmq.LINGER, 1000)
        door.connect(f"ipc://{doors[-1]}")
        door.send(msgspec.msgpack.encode(command))
    return doors[-1].parent
