"""`isotone run` and `isotone demo`: a session with real sensors, or with the rig's."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from device.clock import SystemClock
from device.commands.diagnosis import refuse_if_unfit
from device.commands.intake import demand_intake
from device.commands.kept import find_session
from device.commands.options import DEVICE_TOML, Bounded, Words, device_option, json_option
from device.commands.plans import Planned, plan_session, read_plan
from device.commands.prescriptions import load_prescription
from device.commands.rig import RigProcess, listeners
from device.commands.session import End, has_recording, prepared, run_session, summarise
from device.commands.signals import Signals, orderly_signals
from device.commands.trial_folder import key_of
from device.commands.trial_session import prepared_in_trial
from device.config import AudioConfig, DeviceConfig, SessionConfig, load
from device.console import observers
from device.console.observers import FAREWELL_S, Extra
from device.console.printing import forgive, output_trouble, refusal, say, say_json
from device.errors import Exit, RecordingError, SoundError
from device.runtime.children import InterpreterLauncher, ThreadLauncher
from device.sealing.door import stored_path
from device.sessions.store import log_paths
from device.sessions.wav import wav_paths
from device.text import printable

SEED_MAX = 2**63 - 1
"""The largest whole number that TOML and messages hold."""


def session_options(command: Any) -> Any:
    """Options that demo and run share."""
    options = [
        click.option("--minutes", type=Bounded(min=0.2, max=240), help="Length of the session."),
        click.option("--listener", type=Words(), default="guest", show_default=True, help="Who listens."),
        click.option("--out", type=click.Path(path_type=Path), help="Folder for the session (new or empty)."),
        click.option("--no-sound", is_flag=True, help="No sound card: record what would be heard, in real time."),
        click.option("--seed", type=click.IntRange(0, SEED_MAX), help="Seed of all randomness (default: a new one)."),
        click.option("--prescription", "prescription_path", type=click.Path(path_type=Path), help="prescription.toml."),
        click.option("--plan", "plan_path", type=click.Path(path_type=Path), help="A session plan (TOML)."),
        click.option("--trial", "trial_path", type=click.Path(path_type=Path), help="Play a session of this trial."),
        click.option("--key", type=click.Path(path_type=Path), help="The trial's key file [default: FOLDER.key]."),
        click.option("--one-process", is_flag=True, help="Host everything in one process (for debugging)."),
        json_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _list_listeners(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    """Say whom the demo has, and end."""
    if is_asked and not context.resilient_parsing:
        for line in listeners():
            say(line)
        context.exit()


@click.command()
@session_options
@device_option
@click.option("--recording", "recordings", multiple=True, type=click.Path(path_type=Path), help="Feed the rig with it.")
@click.option(
    "--list-listeners",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_list_listeners,
    help="Who can be worn by --listener.",
)
def demo(recordings: tuple[Path, ...], device_path: Path | None, **options: Any) -> None:
    """Play a session with an emulated headset and wristband on a virtual listener."""
    recordings = tuple(find_session(str(recording)) for recording in recordings)
    for recording in recordings:
        if not recording.exists():
            raise RecordingError(f"The recording {recording} does not exist.", "Give an existing .npz or session.")
    with orderly_signals() as signals:
        with signals.interrupting():  # a pipe that nobody writes
            device = load(device_path, DeviceConfig) if device_path else DeviceConfig()
            planned = _planned(device, options, 10.0)
        device = msgspec.structs.replace(device, audio=_demo_audio(device.audio, no_sound=options["no_sound"]))
        with _prepared(device, planned, options) as config:
            run_dir = Path(config.run_dir)
            with RigProcess(
                run_dir / "rig", run_dir, config.listener, config.seed, recordings, SystemClock(), signals
            ) as rig:
                worn = msgspec.structs.replace(config, device=rig.connect(config.device))
                end = _play(worn, options, signals, _breakages(rig))
            has_picture = _sum_up(config, end, signals, as_json=options["as_json"])
        _say_farewell(config, end, signals, has_picture=has_picture, as_json=options["as_json"])


def _breakages(rig: RigProcess) -> Extra:
    """Keys of the demo that make something go wrong."""
    return {
        "u": ("unplug headset", lambda: rig.inject("unplug", 10.0)),
        "w": ("drop wristband", lambda: rig.inject("drop_wristband", 10.0)),
    }


@click.command()
@session_options
@device_option
def run(device_path: Path | None, **options: Any) -> None:
    """Play a session with the sensors that device.toml names."""
    with orderly_signals() as signals:
        with signals.interrupting():  # a pipe that nobody writes
            device = load(device_path or DEVICE_TOML, DeviceConfig)
            demand_intake(device, options["listener"])
            planned = _planned(device, options, device.session.minutes)
        if options["no_sound"]:
            device = msgspec.structs.replace(device, audio=msgspec.structs.replace(device.audio, sink="wav"))
        with _prepared(device, planned, options) as config:
            with signals.interrupting():
                refuse_if_unfit(config, device_path or DEVICE_TOML)
            end = _play(config, options, signals, {})
            has_picture = _sum_up(config, end, signals, as_json=options["as_json"])
        _say_farewell(config, end, signals, has_picture=has_picture, as_json=options["as_json"])


def _demo_audio(audio: AudioConfig, *, no_sound: bool) -> AudioConfig:
    """The sound card if there is one; a demo goes on without it."""
    if not no_sound and audio.sink == "card":
        from device.audio.player import probe  # noqa: PLC0415 - a box that only records has no card

        try:
            probe(audio)
        except SoundError as error:
            say(f"{error.sentence} The demo goes on and records what would be heard.", err=True)
            no_sound = True
    return msgspec.structs.replace(audio, sink="wav") if no_sound else audio


def _planned(device: DeviceConfig, options: dict[str, Any], usual_minutes: float) -> Planned:
    """The prescription with the plan that is played under it, and how long that lasts; a trial has its own of both."""
    if options["trial_path"] and (options["plan_path"] or options["minutes"]):
        raise click.UsageError("A trial's registration says how long its sessions are: give no --minutes, no --plan.")
    prescription = load_prescription(options["prescription_path"])
    written = read_plan(options["plan_path"], prescription, options["prescription_path"])
    return plan_session(written, prescription, options["minutes"], usual_minutes, device.affect.baseline_s)


def _prepared(device: DeviceConfig, planned: Planned, options: dict[str, Any]) -> AbstractContextManager[SessionConfig]:
    def prepare(minutes: float) -> AbstractContextManager[SessionConfig]:
        return prepared(
            device,
            planned.prescription,
            listener=options["listener"],
            minutes=minutes,
            seed=options["seed"],
            out=options["out"],
        )

    if folder := options["trial_path"]:
        return prepared_in_trial(prepare, folder, key_of(folder, options["key"]))
    return prepare(planned.minutes)


def _play(config: SessionConfig, options: dict[str, Any], signals: Signals, extra: Extra) -> End:
    signals.check()
    forgive()
    for sentence in config.heard:
        say(f"isotone: {sentence}", err=True)
    title = f"ISOTONE  {printable(config.listener)}"
    watcher: observers.Watcher
    if options["as_json"]:
        say_json({"session": config.session_dir, "run_dir": config.run_dir, "seed": config.seed})
        watcher = observers.JsonWatcher(title, say)
    elif observers.can_draw():
        watcher = observers.LiveWatcher(title, extra)
    else:
        watcher = observers.PlainWatcher(title, say)
    launcher = ThreadLauncher() if options["one_process"] else InterpreterLauncher()
    return run_session(config, watcher, signals, launcher)


def _sum_up(config: SessionConfig, end: End, signals: Signals, *, as_json: bool) -> bool:
    """Write the summary's files of what was recorded, and say whether there is a picture now."""
    if not has_recording(config):
        if not end.sentence:
            signals.check()
        return False
    if not as_json:
        # Beside the summary, as a terminal that is held must not cost it.
        threading.Thread(target=say, args=["The session has ended; drawing its picture ..."], daemon=True).start()
    return summarise(Path(config.session_dir))


def _say_farewell(config: SessionConfig, end: End, signals: Signals, *, has_picture: bool, as_json: bool) -> NoReturn:
    """Print the last words and exit; where nobody reads them (a held terminal, a full pipe), a signal ends the wait."""
    n_before = signals.count
    words = threading.Thread(target=_tell, args=(config, end, has_picture, as_json), daemon=True)
    words.start()
    while words.is_alive():
        words.join(FAREWELL_S)
        if words.is_alive() and signals.count > n_before:
            os._exit(int(end.code))
    sys.exit(int(end.code or (Exit.DISK if output_trouble() else Exit.OK)))


def _tell(config: SessionConfig, end: End, has_picture: bool, as_json: bool) -> None:
    """Tell where the session lies and what ended it."""
    folder = Path(config.session_dir)
    logs = [str(path) for path in log_paths(folder)]
    made = [*wav_paths(folder / "heard.wav"), *(stored_path(folder / name) for name in ("played.mid", "session.png"))]
    files = {path.name: str(path) for path in made if path.exists()}
    if as_json:
        result = {"session": str(folder), "log": logs, "files": files, "exit": int(end.code), "fault": end.sentence}
        say_json(result | {"seed": config.seed})
    elif logs:
        say(f"Session {config.session_id} (seed {config.seed}) lies in {folder}")
        for name in (*(Path(log).name for log in logs), *files):
            say(f"  {name}")
        if not has_picture:
            say(f"Its picture could not be drawn: see {folder / 'summary.log'}.", err=True)
    elif config.keep == "nothing":
        say("The session is over; nothing of it was kept.")
    elif not end.sentence:
        say("Stopped before the session began; nothing was recorded.")
    if end.sentence:
        say(f"isotone: {end.sentence}", err=True)
    if trouble := output_trouble():
        say(f"isotone: {refusal(trouble)}", err=True)
