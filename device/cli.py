"""The command `isotone`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from device import __version__
from device.clock import SystemClock
from device.compose import compose
from device.config import AudioConfig, DeviceConfig, Prescription, SessionConfig, load
from device.console import options as kinds
from device.errors import Exit, IsotoneError, RecordingError, SoundError
from device.messages import Author, Command, CommandKind
from device.models import MODELS_DIR

EPILOG = """
\b
Exit codes: 0 done, 1 internal error, 2 usage, 3 configuration, 4 sensor, 5 sound,
6 model, 7 disk, 8 recording, 9 replay differs, 10 the session ended by a fault,
11 something the system must provide is missing.
"""
DEVICE_TOML = Path("/etc/isotone/device.toml")


class Refusals(click.Group):
    """Turns our refusals into one sentence on stderr and the documented exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except IsotoneError as error:
            click.echo(f"isotone: {error}", err=True)
            ctx.exit(int(error.exit_code))


@click.group(cls=Refusals, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="isotone")
def main() -> None:
    """Generative music that listens back. A research and wellness aid, not a medical device."""


main.add_command(compose)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
device_option = click.option(
    "--device",
    "device_path",
    type=click.Path(path_type=Path),
    help="device.toml (run: default /etc/isotone/device.toml).",
)
session_argument = click.argument("session", type=click.Path(path_type=Path))


def session_options(command: Any) -> Any:
    """Options that demo and run share."""
    options = [
        click.option("--minutes", type=click.FloatRange(min=0.2, max=240), help="Length of the session."),
        click.option("--listener", default="guest", show_default=True, help="Who listens."),
        click.option("--out", type=click.Path(path_type=Path), help="Folder for the session (new or empty)."),
        click.option("--no-sound", is_flag=True, help="No sound card: record what would be heard, in real time."),
        click.option("--seed", type=click.IntRange(min=0), help="Seed of all randomness (default: a new one)."),
        click.option("--prescription", "prescription_path", type=click.Path(path_type=Path), help="prescription.toml."),
        click.option("--one-process", is_flag=True, help="Host everything in one process (for debugging)."),
        json_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
@session_options
@device_option
@click.option("--recording", "recordings", multiple=True, type=click.Path(path_type=Path), help="Feed the rig with it.")
def demo(recordings: tuple[Path, ...], device_path: Path | None, **options: Any) -> None:
    """Play a session with an emulated headset and wristband on a virtual listener."""
    from device.demo import Rig  # noqa: PLC0415 - keeps the other commands quick

    for recording in recordings:
        if not recording.exists():
            raise RecordingError(f"The recording {recording} does not exist.", "Give an existing .npz or session.")
    device = load(device_path, DeviceConfig) if device_path else DeviceConfig()
    device = msgspec.structs.replace(device, audio=_demo_audio(device.audio, no_sound=options["no_sound"]))
    config = _prepare(device, options, minutes=options["minutes"] or 10.0)
    run_dir = Path(config.run_dir)
    rig = Rig(
        run_dir / "rig",
        run_dir,
        seed=config.seed,
        listener=config.listener,
        recordings=recordings,
        clock=SystemClock(),
    )
    with rig:
        config = msgspec.structs.replace(config, device=rig.connect(config.device))
        extra = {
            "u": ("unplug headset 10 s", lambda: rig.inject("unplug", 10.0)),
            "w": ("drop wristband 10 s", lambda: rig.inject("drop_wristband", 10.0)),
        }
        code, sentence = _play(config, options, extra)
    _finish(config, code, sentence, as_json=options["as_json"])


@main.command()
@session_options
@device_option
def run(device_path: Path | None, **options: Any) -> None:
    """Play a session with the sensors that device.toml names."""
    from device.doctor import refuse_if_unfit  # noqa: PLC0415
    from device.launch import discard  # noqa: PLC0415

    device = load(device_path or DEVICE_TOML, DeviceConfig)
    if options["no_sound"]:
        device = msgspec.structs.replace(device, audio=msgspec.structs.replace(device.audio, sink="wav"))
    config = _prepare(device, options, minutes=options["minutes"] or device.session.minutes)
    try:
        refuse_if_unfit(config)
    except IsotoneError:
        discard(config)
        raise
    code, sentence = _play(config, options, {})
    _finish(config, code, sentence, as_json=options["as_json"])


def _demo_audio(audio: AudioConfig, *, no_sound: bool) -> AudioConfig:
    """Sound card if there is one; a demo goes on without."""
    if not no_sound and audio.sink == "card":
        from device.audio.player import probe  # noqa: PLC0415

        try:
            probe(audio)
        except SoundError as error:
            click.echo(f"{error.sentence} The demo goes on and records what would be heard.", err=True)
            no_sound = True
    return msgspec.structs.replace(audio, sink="wav") if no_sound else audio


def _prepare(device: DeviceConfig, options: dict[str, Any], *, minutes: float) -> SessionConfig:
    from device.launch import prepare  # noqa: PLC0415

    path = options["prescription_path"]
    prescription = load(path, Prescription) if path else Prescription()
    return prepare(
        device,
        prescription,
        listener=options["listener"],
        minutes=minutes,
        seed=options["seed"],
        out=options["out"],
    )


def _play(config: SessionConfig, options: dict[str, Any], extra: dict[str, Any]) -> tuple[Exit, str]:
    from device.console import observers  # noqa: PLC0415
    from device.launch import run_session  # noqa: PLC0415

    title = f"ISOTONE  {config.listener}"
    watcher: observers.Watcher
    if options["as_json"]:
        begun = {"session": config.session_dir, "run_dir": config.run_dir, "seed": config.seed}
        click.echo(json.dumps(begun))
        watcher = observers.JsonWatcher(title, click.echo)
    elif sys.stdout.isatty():
        watcher = observers.LiveWatcher(title, extra)
    else:
        watcher = observers.PlainWatcher(title, click.echo)
    return run_session(config, watcher, one_process=options["one_process"])


def _finish(config: SessionConfig, code: Exit, sentence: str, *, as_json: bool) -> None:
    """Summary files, where the session lies, exit code."""
    from device.launch import summarise  # noqa: PLC0415

    folder = Path(config.session_dir)
    if not as_json:
        click.echo("The session has ended; drawing its picture ...")
    summarised = summarise(folder)
    files = {
        name: str(folder / name) for name in ("heard.wav", "played.mid", "session.png") if (folder / name).exists()
    }
    logs = [str(path) for path in sorted(folder.glob("log-*.mcap"))]
    if as_json:
        result = {"session": str(folder), "log": logs, "files": files, "exit": int(code), "fault": sentence}
        click.echo(json.dumps(result | {"seed": config.seed}))
    else:
        click.echo(f"Session {config.session_id} (seed {config.seed}) lies in {folder}")
        for name in (*(Path(log).name for log in logs), *files):
            click.echo(f"  {name}")
        if not summarised:
            click.echo(f"Its picture could not be drawn: see {folder / 'summary.log'}.", err=True)
    if sentence:
        click.echo(f"isotone: {sentence}", err=True)
    sys.exit(int(code))


@main.command()
@session_argument
@click.option("--tolerance", type=click.FloatRange(min=0), default=0.0, help="For sessions of another processor: 1e-5.")
@json_option
def replay(session: Path, tolerance: float, as_json: bool) -> None:
    """Run a recorded session again and compare every decision and every bar (exit 0: all the same)."""
    from device.replay import replay_session  # noqa: PLC0415

    report = replay_session(session, tolerance)
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        table = Table("stream", "recorded", "same", "first difference")
        for row in report.streams:
            table.add_row(row.stream, str(row.recorded), str(row.same), row.difference)
        Console().print(table)
        for problem in report.problems:
            click.echo(problem, err=True)
        click.echo("Every decision and bar is the same." if report.is_same else "The replay differs.")
    sys.exit(int(Exit.OK if report.is_same else Exit.REPLAY_DIFFERS))


@main.command()
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--calibrate", type=kinds.Seconds(0, 600), help="Take the first SECONDS for rest [default: 60].")
@click.option(
    "--window", type=kinds.Seconds(0, 600), default=0.0, help="Use the last SECONDS only [default: they fade]."
)
@click.option("--sources", metavar="NAMES", type=kinds.sources, help="eeg, wrist or both [default: what there is].")
@click.option("--channels", metavar="NAMES", type=kinds.names, help="EEG channels, as Fp1,Fp2 [default: all].")
@click.option("--models", type=click.Path(path_type=Path), default=MODELS_DIR, help="Folder of models.")
@json_option
def affect(recordings: tuple[Path, ...], models: Path, as_json: bool, **options: Any) -> None:
    """Say second by second how one person seemed to feel in RECORDINGS, and how sure that is.

    Recordings are .npz files or session folders; several are one session in the order given. Arousal runs from -1
    (calm) to 1 (load, stress); where nothing can be known it is 0 with a deviation of 1, and the reasons say why.
    A line never rests on less than one window of features: 4 s of EEG, up to 60 s of the wrist.
    """
    from device.console.affect_table import show as show_affect  # noqa: PLC0415
    from device.reading import line_of, open_recordings, read_affect  # noqa: PLC0415

    session = open_recordings(recordings, sources=options["sources"] or (), ch_names=options["channels"] or ())
    for note in session.notes:
        click.echo(note, err=True)
    estimates = read_affect(session, calibrate_s=options["calibrate"], window_s=options["window"], models_dir=models)
    if as_json:
        for estimate in estimates:
            click.echo(msgspec.json.encode(line_of(estimate)))
    else:
        show_affect(estimates, Console())


@main.group()
def sessions() -> None:
    """List and show recorded sessions."""


@sessions.command("list")
@click.option("--dir", "root", type=click.Path(path_type=Path), help="Where sessions are kept.")
@json_option
def list_all(root: Path | None, as_json: bool) -> None:
    """All sessions, newest first."""
    from device.launch import sessions_root  # noqa: PLC0415
    from device.sessions.listing import list_sessions  # noqa: PLC0415

    found = list_sessions(root or sessions_root(DeviceConfig()))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    table = Table("session", "listener", "began (UTC)", "minutes", "ended")
    for info in found:
        table.add_row(info.session_id, info.listener, info.began, f"{info.minutes:.1f}", info.ended)
    Console().print(table)


@sessions.command()
@session_argument
@json_option
def show(session: Path, as_json: bool) -> None:
    """What happened in one session."""
    from device.sessions.listing import show as describe  # noqa: PLC0415

    summary = describe(session)
    if as_json:
        click.echo(json.dumps(summary))
        return
    table = Table(show_header=False)
    for key, value in summary.items():
        table.add_row(key, json.dumps(value) if isinstance(value, dict | list) else str(value))
    Console().print(table)


@main.command()
@device_option
@click.option("--quick", is_flag=True, help="Do not talk to the sensors.")
@json_option
def doctor(device_path: Path | None, quick: bool, as_json: bool) -> None:
    """Find what is missing or misconfigured and say how to mend it."""
    from device.doctor import diagnose  # noqa: PLC0415

    path = device_path or (DEVICE_TOML if DEVICE_TOML.exists() else None)
    device = load(path, DeviceConfig) if path else DeviceConfig()
    findings = diagnose(device, MODELS_DIR, deep=not quick)
    if as_json:
        click.echo(msgspec.json.encode(findings).decode())
    else:
        styles = {"ok": "green", "warn": "yellow", "fail": "red"}
        table = Table("", "what", Column("found", overflow="fold"), Column("to do", overflow="fold"))
        for finding in findings:
            words = (Text(finding.name), Text(finding.sentence), Text(finding.action))
            table.add_row(Text(finding.state, styles[finding.state]), *words)
        Console().print(table)
    failed = [finding for finding in findings if finding.state == "fail"]
    sys.exit(failed[0].exit_code if failed else 0)


@main.command()
@click.argument("kind", type=click.Choice([kind for kind in get_args(CommandKind) if kind != "start"]))
@click.option("--value", type=kinds.Bounded(-1, 1), default=0.0, help="self_report: arousal, -1 calm to 1 tense.")
@click.option("--valence", type=kinds.Bounded(-1, 1), help="self_report: -1 unpleasant to 1 pleasant.")
@click.option("--author", type=click.Choice(["patient", "therapist"]), default="patient", show_default=True)
def send(kind: CommandKind, value: float, valence: float | None, author: Author) -> None:
    """Give a command to the running session."""
    from device.launch import send as send_command  # noqa: PLC0415

    send_command(Command(t_ns=SystemClock().now_ns(), kind=kind, author=author, value=value, valence=valence))


@main.group(invoke_without_command=True)
@click.pass_context
def bench(context: click.Context) -> None:
    """Measure this machine against the numbers asked for (alone: `bench demo`)."""
    if context.invoked_subcommand is None:
        context.invoke(bench_demo)


@bench.command("demo")
@click.option("--minutes", type=click.FloatRange(min=0.5), default=2.0, show_default=True)
@json_option
def bench_demo(minutes: float, as_json: bool) -> None:
    """One demo in real time: losses, lateness, load, memory, time to first sound."""
    from device import bench as benchmarks  # noqa: PLC0415

    _print_figures(benchmarks.bench_demo(minutes), as_json=as_json)


@bench.command("starts")
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--minutes", type=click.FloatRange(min=0.2), default=0.2, show_default=True, help="Length of each.")
@json_option
def bench_starts(count: int, minutes: float, as_json: bool) -> None:
    """Many short sessions with random seeds: how many do not finish."""
    from device import bench as benchmarks  # noqa: PLC0415

    def progress(done: int, text: str) -> None:
        click.echo(f"{done}/{count} {text}", err=True)

    _print_figures([benchmarks.bench_starts(count, minutes, progress)], as_json=as_json)


@bench.command("affect", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def bench_affect(options: tuple[str, ...]) -> None:
    """People not seen, abstention, heartbeats, cost: --data DIR --people N --part NAME --json."""
    sys.exit(subprocess.run([sys.executable, "-m", "hardware.bench.affect", *options], check=False).returncode)


@bench.command("music", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def bench_music(options: tuple[str, ...]) -> None:
    """Speed, memory, late bars, steering: --data DIR --quick --part NAME --json --out FILE.md --peers-python PYTHON."""
    sys.exit(subprocess.run([sys.executable, "-m", "hardware.bench.music", *options], check=False).returncode)


def _print_figures(figures: list[Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(figures).decode())
        return
    table = Table("figure", "measured", "at most", "")
    for figure in figures:
        met = "[green]met[/]" if figure.is_met else "[red]missed[/]"
        table.add_row(figure.name, f"{figure.value:.4g} {figure.unit}", f"{figure.limit:g}", met)
    Console().print(table)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion script: eval "$(isotone completion bash)"."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(main, {}, "isotone", "_ISOTONE_COMPLETE").source())


if __name__ == "__main__":
    main(prog_name="isotone")
