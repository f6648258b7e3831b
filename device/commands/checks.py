"""Checks what the machine must have: each check returns what it found, or raises the refusal that is due.

Rooms are imported by name when their check runs, so that one that cannot be imported is a finding and not the end.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import locale
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from device.acquisition.source import Check
from device.clock import SystemClock
from device.config import DeviceConfig, path_of
from device.errors import ConfigError, DiskError, ModelError, SoundError, SystemMissingError
from device.files.models import ModelFolder
from device.imports import import_name
from device.processes import PROCESSES
from device.runtime.bus import is_publishing
from device.runtime.interpreter import interpreter
from device.runtime.run_folder import make_always_dir, run_root
from device.text import printable
from device.voice.prompts import PROMPTS

REINSTALL = "Install the pinned packages again: rm .venv/.set-up && deploy/run --help."
LOAD_TIMEOUT_S = 60
IMPORT_ONNX = "import onnxruntime; print('onnxruntime', onnxruntime.__version__)"
OPEN_MODEL = (
    "import sys, pathlib; from device.affect.runtimes import open_runtime; "
    "print(open_runtime(pathlib.Path(sys.argv[1])).backend)"
)


def session_checks(device: DeviceConfig, models_dir: Path) -> list[Check]:
    """What a session with this configuration needs, the most basic first."""
    transformer = device.music.generator == "transformer"
    checks = [
        Check("python", find_python),
        Check("onnxruntime", load_onnxruntime),
        Check("litert", partial(load_litert, models_dir / device.affect.wrist_models[-1]), is_needed=False),
        *(Check("model of EEG", partial(verify_model, models_dir, name)) for name in device.affect.eeg_models),
        *(Check("model of wrist", partial(verify_model, models_dir, name)) for name in device.affect.wrist_models),
        Check("model of music", partial(verify_model, models_dir, device.music.model), is_needed=transformer),
        Check("policy", partial(find_policy, device, models_dir)),
        Check("generator", partial(find_generator, device)),
        Check("synthesiser", find_synthesiser),
        Check("sound font", partial(find_soundfont, device)),
        Check("sound card", partial(find_card, device)),
        Check("headphones", partial(weigh_headphones, device)),
    ]
    return checks + sensor_checks(device)


def sensor_checks(device: DeviceConfig) -> list[Check]:
    """What the sensors of this configuration ask for; what several ask for is asked once."""
    found: dict[str, Check] = {}
    for name in device.sources:
        # A sensor that cannot be built is told of when it is asked whether it is there.
        with contextlib.suppress(Exception):
            source = import_name("device.acquisition.sensors:build_source")(name, device, SystemClock())
            found |= {check.name: check for check in source.checks()}
    may_wait = device.session.start_without_sensors
    return [check._replace(is_needed=check.is_needed and not may_wait) for check in found.values()]


def machine_checks(device: DeviceConfig) -> list[Check]:
    """What is good to have, and what only some commands need."""
    return [
        Check("rig", find_dbus_daemon, is_needed=False),
        Check("listener", partial(find_listener, device, device.box.listener), is_needed=False),
        *box_checks(device),
        Check("text", check_encoding, is_needed=False),
        Check("processor", count_cores, is_needed=False),
        Check("real time", try_realtime, is_needed=False),
        Check("systemd", check_notify_socket),
    ]


def box_checks(device: DeviceConfig) -> list[Check]:
    """What a box has beside its sessions."""
    return [
        Check("voice", partial(find_voice, device), is_needed=False),
        Check("disk", partial(measure_disk, device)),
        Check("run folder", find_run_root),
        Check("buttons and light", partial(find_buttons, device), is_needed=has_own_buttons(device)),
    ]


def find_python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info < (3, 14):
        raise SystemMissingError(
            f"Python {version} is not supported.", "Install Python 3.11, 3.12 or 3.13: sudo apt install python3."
        )
    return f"Python {version}."


def load_onnxruntime() -> str:
    broken: str = import_name("device.affect.runtimes:BROKEN_ONNXRUNTIME")
    if importlib.metadata.version("onnxruntime") == broken:
        raise ModelError(f"onnxruntime {broken} dies of an illegal instruction on some boards.", REINSTALL)
    return _load("ONNX Runtime", IMPORT_ONNX)


def load_litert(folder: Path) -> str:
    models = sorted(folder.glob("*.tflite"))
    if not models:
        raise ModelError(f"{folder} has no .tflite model to try LiteRT with.", "Reinstall the models.")
    return _load("LiteRT", OPEN_MODEL, str(models[0]))


def _load(what: str, program: str, *arguments: str) -> str:
    """Load a native library in an interpreter of its own: an illegal instruction there is a finding here."""
    command = interpreter("-c", program, *arguments)
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LOAD_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{what} did not load within {LOAD_TIMEOUT_S} s.", REINSTALL) from error
    if done.returncode < 0:
        raise ModelError(f"{what} crashes when it loads ({signal.Signals(-done.returncode).name}).", REINSTALL)
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        raise ModelError(f"{what} cannot be loaded: {why[0]}.", REINSTALL)
    return f"{done.stdout.strip()}."


def verify_model(models_dir: Path, name: str) -> str:
    files = ModelFolder(models_dir, name).card.files
    return f"{name}: {len(files)} {'file is' if len(files) == 1 else 'files are'} as its card says."


def find_policy(device: DeviceConfig, models_dir: Path) -> str:
    """The policy that device.toml names, with its model where it has one."""
    loading = "device.control.policies.loading"
    import_name(f"{loading}:choose_policy")(device.control)
    model = import_name(f"{loading}:model_of")(device.control)
    return verify_model(models_dir, model) if model else f"{device.control.policy}."


def find_generator(device: DeviceConfig) -> str:
    name, known = device.music.generator, import_name("device.music:GENERATORS")
    if name not in known:
        sentence = f"There is no generator `{name}` (device.toml, music.generator)."
        raise ConfigError(sentence, f"Choose one of {', '.join(sorted(known))}.")
    return f"{name}."


def find_synthesiser() -> str:
    library = import_name("device.audio.synth:open_library")()
    return f"FluidSynth {library.fluid_version_str().decode()}."


def find_soundfont(device: DeviceConfig) -> str:
    """Load it and listen to the instruments that play where nothing is prescribed."""
    programs = sorted(set(import_name("device.music.playing:DEFAULT_PROGRAMS").values()))
    synth = import_name("device.audio.synth:Synth")(device.audio, programs)
    synth.close()
    return f"{synth.soundfont}."


def find_card(device: DeviceConfig) -> str:
    if device.audio.sink == "wav":
        return "Not used: the sound is only recorded."
    return f"{import_name('device.audio.player:probe')(device.audio)}."


def weigh_headphones(device: DeviceConfig) -> str:
    """How loud they can be: without that no session begins."""
    room = "device.audio.safety.headphones"
    spl = import_name(f"{room}:full_scale_spl")(device.headphones)
    said = f"{device.headphones.profile}: {spl:.0f} dB SPL at full scale (estimate)."
    if import_name(f"{room}:are_known")(device.headphones):
        return said
    known = ", ".join(import_name(f"{room}:PROFILES"))
    return (
        f"{said} As the loudest are assumed, music is kept very soft. Say in device.toml which are worn: "
        f"[headphones] profile (one of {known}), or sensitivity_db_v as the maker states it."
    )


def find_voice(device: DeviceConfig) -> str:
    """Read what every prompt says."""
    if device.voice.speak != "words":
        return f"Not used: `voice.speak` is {device.voice.speak}."
    if device.voice.folder and not path_of(device.voice.folder, "voice.folder").is_dir():
        raise SoundError(f"voice.folder, {device.voice.folder}, is no folder.", "Mend its name, or remove the key.")
    refusals, n_prompts = import_name("device.audio.speech:refused_words")(device.voice), len(PROMPTS)
    if refusals:
        sentence = f"{len(refusals)} of {n_prompts} prompts have no words and are told by musical signs: {refusals[0]}"
        raise SoundError(sentence, "`isotone voices` makes them, `isotone say` lists them.")
    return f"{n_prompts} prompts in {device.voice.language}."


def find_listener(device: DeviceConfig, listener: str) -> str:
    """Whether `isotone box` may play to this listener."""
    import_name("device.commands.intake:demand_known")(device, listener)
    return f"The box may play to {printable(listener)}."


def find_dbus_daemon() -> str:
    found = shutil.which("dbus-daemon")
    if found is None:
        raise SystemMissingError("dbus-daemon, which `isotone demo` needs, is missing.", "sudo apt install dbus")
    return f"{found}, for the demo's wristband."


def measure_disk(device: DeviceConfig) -> str:
    root: Path = import_name("device.commands.session_folder:sessions_root")(device)
    folder = next(parent for parent in (root, *root.parents) if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise DiskError(f"Sessions cannot be kept in {root}.", f"Run `sudo chown $USER {folder}`, or give --out.")
    free_mb = shutil.disk_usage(folder).free / 1e6
    spare: int = import_name("device.commands.session:SPARE_MEGABYTES")
    per_minute: int = import_name("device.commands.session:MEGABYTES_PER_MINUTE")
    needed_mb = spare + device.session.minutes * per_minute
    if free_mb < needed_mb:
        raise DiskError(
            f"The disk of {root} has {free_mb:.0f} MB free, a session needs {needed_mb:.0f} MB.",
            f"Free some space (`du -sh {root}/*` shows the largest), or set session.directory in device.toml.",
        )
    return f"{root} has room for {(free_mb - spare) / per_minute / 60:.0f} hours of sessions."


def find_run_root() -> str:
    """The sockets of sessions must lie where no other user can reach them."""
    return f"{run_root()}, for the sockets of sessions."


def has_own_buttons(device: DeviceConfig) -> bool:
    """Whether device.toml says what is wired, which then must be there; headsets come and go."""
    return bool(device.panel.pins or device.panel.keys)


def find_buttons(device: DeviceConfig) -> str:
    """Where a box runs, its panel has the pins and the keys, and tells of what is missing itself."""
    if is_publishing(make_always_dir(), "panel"):
        return "The box is running and hears them; `isotone buttons` shows what is pressed."
    return str(import_name("device.panel.fittings:examine")(device.panel, SystemClock()))


def check_encoding() -> str:
    encoding = locale.getencoding()
    if encoding.lower().replace("-", "") != "utf8":
        raise SystemMissingError(f"The terminal's text is {encoding}, not UTF-8.", "Run `export LANG=C.UTF-8`.")
    return "UTF-8."


def count_cores() -> str:
    cores = len(os.sched_getaffinity(0))
    if cores < 2:
        raise SystemMissingError(f"Only {cores} processor core may be used.", "Use a board with two or more.")
    return f"{cores} cores."


def try_realtime() -> str:
    """Take the audio process's priority for an instant."""
    priority = PROCESSES["audio"].realtime_priority
    policy, param = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
        os.sched_setscheduler(0, policy, param)
    except OSError as error:
        raise SystemMissingError(
            "The sound may not run at real-time priority, so a busy machine may make it stutter.",
            f"Run `echo '@audio - rtprio {priority}' | sudo tee /etc/security/limits.d/isotone.conf` "
            "and `sudo usermod -aG audio $USER`, then log out and in again.",
        ) from error
    return f"Priority {priority} is allowed."


def check_notify_socket() -> str:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return "Not started by systemd."
    if importlib.util.find_spec("systemd") is None:
        raise SystemMissingError("systemd-python is missing.", REINSTALL)
    if address.startswith("/") and not Path(address).is_socket():
        raise SystemMissingError(
            f"NOTIFY_SOCKET names {address}, which is no socket.", "Run `unset NOTIFY_SOCKET`, or start by systemctl."
        )
    return "Tells systemd that it is alive."
