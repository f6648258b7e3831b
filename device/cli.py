"""The command `isotone`."""

from __future__ import annotations

from typing import Any

import click

from device import __version__
from device.errors import IsotoneError
from device.imports import import_name

EPILOG = """
\b
Exit codes: 0 done, 1 internal error, 2 usage, 3 configuration, 4 sensor, 5 sound,
6 model, 7 disk, 8 recording, 9 replay differs, 10 the session ended by a fault,
11 something the system must provide is missing.
"""
COMMANDS: dict[str, str] = {
    "affect": "device.commands.affect:affect",
    "bench": "device.commands.bench:bench",
    "completion": "device.commands.completion:completion",
    "compose": "device.commands.compose:compose",
    "demo": "device.commands.run:demo",
    "doctor": "device.commands.doctor:doctor",
    "replay": "device.commands.replay:replay",
    "run": "device.commands.run:run",
    "send": "device.commands.send:send",
    "sessions": "device.commands.sessions:sessions",
}


class Commands(click.Group):
    """Imports a command when it is asked for, and turns our refusals into one sentence and the documented exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_name(COMMANDS[cmd_name])
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except IsotoneError as error:
            click.echo(f"isotone: {error}", err=True)
            ctx.exit(int(error.exit_code))


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="isotone")
def main() -> None:
    """Generative music that listens back. A research and wellness aid, not a medical device."""


if __name__ == "__main__":
    main(prog_name="isotone")
