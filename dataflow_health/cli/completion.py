"""``dataflow-health completion``: the script by which a shell completes words of this program."""

import click
from click.shell_completion import ShellComplete, get_completion_class

PROGRAM = "dataflow-health"
VARIABLE = "_DATAFLOW_HEALTH_COMPLETE"
"""Variable by which click's script asks the program; click makes its name from the program's."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes commands, options and values in SHELL.

    Write it to ~/.local/share/bash-completion/completions/dataflow-health for bash, to
    _dataflow-health in a folder of $fpath for zsh, or to
    ~/.config/fish/completions/dataflow-health.fish for fish.

    It works in new shells, for the program as it is named there.
    """
    click.echo(completion_script(shell))


def completion_script(shell: str) -> str:
    """Script for a shell.

    Args:
        shell: ``bash``, ``zsh`` or ``fish``.
    """
    from dataflow_health.cli import main

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  (the choice of the argument)
    # Without the check of bash's version, which starts bash: the script may be for another machine.
    return ShellComplete.source(kind(main, {}, PROGRAM, VARIABLE))
