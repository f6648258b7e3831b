"""The command `isotone`."""

from __future__ import annotations

import signal
import sys
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from device import __version__
from device.console.printing import guard_output, say
from device.errors import IsotoneError
from device.imports import import_name
from device.text import printable

EPILOG = """
\b
Exit codes: 0 done, 1 internal error, 2 usage, 3 configuration, 4 sensor, 5 sound,
6 model, 7 disk, 8 recording, 9 replay differs, 10 the session ended by a fault,
11 something the system must provide is missing, or nobody answered,
12 the listener's intake questions are open, or an answer speaks against a session,
13 an update is refused, 14 the box is to be started again, into another version.
128 + n: stopped by signal n before there was anything to keep.
"""


class Entry(NamedTuple):
    """A command before it is imported."""

    name: str
    """`module:function`."""
    summary: str


COMMANDS = {
    "affect": Entry("device.commands.affect:affect", "Say how one person seemed to feel in recordings."),
    "bench": Entry("device.commands.bench:bench", "Measure this machine against the numbers asked for."),
    "box": Entry("device.commands.box:box", "Be the box that is always on: a press begins a session."),
    "buttons": Entry("device.commands.buttons:buttons", "Show what is pressed, and what it would do."),
    "clinic": Entry("device.commands.clinic:clinic", "Count sessions, hours and their cost for a clinic."),
    "completion": Entry("device.commands.completion:completion", "Print the shell's completion script."),
    "brief": Entry("device.commands.brief:brief", "Compose a piece for a few plain words, step by step."),
    "compose": Entry("device.commands.compose:compose", "Compose a piece, much faster than it plays."),
    "decide": Entry("device.commands.decide:decide", "Answer estimates and commands with what would sound."),
    "demo": Entry("device.commands.run:demo", "Play a session with emulated sensors on a virtual listener."),
    "doctor": Entry("device.commands.doctor:doctor", "Find what is missing and say how to mend it."),
    "dose": Entry("device.commands.dose:dose", "Say how much of the week's sound a listener has had."),
    "export": Entry("device.commands.export:export", "Write a session in a format that others' programs read."),
    "fleet": Entry("device.commands.fleet:fleet", "Tell a clinic how its boxes are, and see it."),
    "listeners": Entry("device.commands.listeners:listeners", "Show whom the box knows, and forget them."),
    "plan": Entry("device.commands.plan:plan", "Say what is wrong with a session plan, and draw it."),
    "refine": Entry("device.commands.refine:refine", "Propose another policy for a listener, from their own sessions."),
    "replay": Entry("device.commands.replay:replay", "Run a recorded session again and compare it."),
    "report": Entry("device.commands.report:report", "Say what sessions were, as PDF, page or JSON."),
    "run": Entry("device.commands.run:run", "Play a session with the sensors that device.toml names."),
    "say": Entry("device.commands.say:say", "Say a prompt of the box, or list them."),
    "send": Entry("device.commands.send:send", "Give a command to the running session."),
    "sessions": Entry("device.commands.sessions:sessions", "List and show recorded sessions."),
    "trial": Entry("device.commands.trial:trial", "Register, allot and export trials of music."),
    "update": Entry("device.commands.update:update", "Install a newer version, keep it or go back."),
    "verdict": Entry("device.commands.verdict:verdict", "Say whether adaptive music helped one listener."),
    "voices": Entry("device.commands.voices:voices", "Make the spoken prompts anew."),
    "web": Entry("device.commands.web:web", "Show a box or a session in a browser, and pair browsers."),
}


class Commands(click.Group):
    """Imports a command when it is asked for, and turns our refusals into one sentence and the documented exit code.

    Help and completion come from the table: importing all commands takes a box seconds.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_name(COMMANDS[cmd_name].name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        found = [CompletionItem(name, help=COMMANDS[name].summary) for name in names]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def main(self, *args: Any, **options: Any) -> Any:
        guard_output()
        try:
            return super().main(*args, **options)
        except IsotoneError as error:
            say(f"isotone: {error}", err=True)
            sys.exit(int(error.exit_code))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):
            raise  # these quote nothing that was typed
        except click.UsageError as error:
            raise click.UsageError(printable(error.format_message()), error.ctx) from error
        except KeyboardInterrupt:
            say("isotone: Stopped by SIGINT.", err=True)
            ctx.exit(128 + signal.SIGINT)


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="isotone")
def main() -> None:
    """Generative music that listens back. A research and wellness aid, not a medical device."""


if __name__ == "__main__":
    main(prog_name="isotone")
