"""`isotone completion`: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from device.console.printing import say_script


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion script: eval "$(isotone completion bash)"."""
    program = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind is not None
    say_script(kind(program, {}, "isotone", "_ISOTONE_COMPLETE").source())
