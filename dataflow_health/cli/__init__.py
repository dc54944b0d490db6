"""The command line. Each command is a module of this folder, imported only when it is called."""

import importlib

import click

COMMANDS = {
    "demo": "A small fleet through all eight stages, on this machine.",
    "up": "Serve the Dagster UI, daemon, sensors and API.",
    "simulate": "Write archives of a synthetic fleet.",
    "ledger": "The account of every archive and recording at every stage.",
    "layout": "Import a ground station's own layout file.",
    "validate": "Check every YAML file and run its worked examples.",
    "api": "Serve the API: status, diagram, why, events, metrics.",
    "status": "The board: one line a process, red first.",
    "explain": "Show why a process or recording failed, down to the byte.",
    "diagram": "The graph, now, then, or what changed between.",
    "fleet": "Aircraft by stage, worst first.",
    "recording": "One recording: its way through the stages, its parameters.",
    "rerun": "Run again what is not done, and nothing else.",
    "quarantine": "What stages refused: look, replay, write off.",
    "audit": "Who did what, when, and why.",
    "incident": "What is open, who looks after it, how it ended.",
    "alert": "Alert rules, their channels, one round now.",
    "canary": "A recording with known answers through all stages.",
    "digest": "What one shift hands over to the next.",
    "doctor": "What this machine has, what it lacks, and the fix.",
}
"""Command name to its one-line help, so that ``--help`` imports no command."""


class LazyGroup(click.Group):
    """A group whose commands are modules ``dataflow_health.cli.<name>`` holding ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All command names, in the order of the map."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Imports the one command asked for."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the map, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dataflow-health")
def main() -> None:
    """Helicopter recorder files in, answers and their health out."""
