"""Command line. Each command is a module of this package, imported only when it is called."""

import importlib
import re
import warnings

import click
from click.shell_completion import CompletionItem

COMMANDS = {
    "demo": "Run a small synthetic fleet through all eight stages on this machine.",
    "run": "Run all eight stages, or one, once on the archives in the landing folder.",
    "runs": "List the runs, newest first.",
    "land": "Copy archives into the landing folder.",
    "up": "Serve the Dagster UI, daemon, sensors and API.",
    "service": "Show, start, stop or restart the programs of 'up'.",
    "logs": "Show the output of the programs of 'up'.",
    "code-server": "Serve the definitions to Dagster's UI and daemon.",
    "ui": "Serve the Dagster UI to browsers that are signed in.",
    "sign-in": "Print a link that signs a browser in to the Dagster UI.",
    "simulate": "Write archives of a synthetic fleet.",
    "ledger": "Show input and output counts of every stage.",
    "layout": "Import a ground station's layout file, and map its parameters.",
    "vocabulary": "Search the quantities that algorithms use.",
    "new": "Write a file to begin with: algorithm, process, recorder, mapping, alert, view, probe.",
    "view": "List, show, import, export or delete saved views of the board.",
    "validate": "Check every YAML file and run the worked examples.",
    "api": "Serve the HTTP API, or create an API key.",
    "status": "Show the status of every process, worst first.",
    "explain": "Show why a process or recording failed, down to the byte.",
    "diagram": "Draw the pipeline with its health, now or in the past.",
    "fleet": "Show the health of every aircraft at every stage.",
    "ready": "Show whether the newest recordings of an aircraft have their results.",
    "recording": "Show the history of a recording, or plot its parameters.",
    "findings": "Show findings of all recordings.",
    "judge": "Confirm or dismiss a finding.",
    "annotation": "List, add, edit or delete what people wrote about flights and problems.",
    "export": "Write findings or parameters to a CSV, JSON or Parquet file.",
    "pseudonym": "Show which aircraft a pseudonym of messages and exports stands for.",
    "owed": "Show analysed recordings without an answer of a declared algorithm.",
    "impact": "Show what a change of an algorithm, layout or parser would redo.",
    "lineage": "Show what is made from what, from archives to findings.",
    "systems": "Show what other programs run: Airflow, Spark, databases.",
    "rerun": "Run unfinished work again.",
    "rebuild": "Make one recording again, from a stage on.",
    "quarantine": "List, show, replay or write off quarantined items.",
    "scrub": "Compare the files of the lake with the ledger.",
    "retention": "Remove files of the lake that retention.yaml keeps no longer.",
    "audit": "List the actions of operators, and verify the log.",
    "incident": "List, acknowledge, mute or resolve incidents.",
    "alert": "List alert rules, test their channels, or send due notifications.",
    "canary": "Run a recording with known results through all stages.",
    "digest": "Print a summary for a shift handover.",
    "config": "Show every setting, and where its value comes from.",
    "doctor": "Check this machine for everything a run needs.",
    "version": "Print the versions of this program and of what it runs on.",
    "completion": "Print the script that completes words in bash, zsh or fish.",
}
"""One-line help by command name, so that ``--help`` imports no command."""

DAGSTER_NOTICES = ("Parameter `owners` of initializer `SensorDefinition",)
"""Beginnings of warnings of Dagster about its own plans, on which a user here cannot act."""


class LazyGroup(click.Group):
    """Command group; its commands are ``dataflow_health.cli.<name>.command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All command names, in the order of :data:`COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Imports a command and returns it; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands, without importing any, and of the options before them."""
        names = (name for name in COMMANDS if name.startswith(incomplete))
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=COMMANDS[name]) for name in names), *options]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; a stage is named with the command that runs it."""
        from dataflow_health.storage.ledger.stage_order import STAGES

        if args[0] not in COMMANDS and args[0] in STAGES:
            land = ", and 'dataflow-health land FILE...' brings archives" * (args[0] == "ingest")
            ctx.fail(f"{args[0]} is a stage: 'dataflow-health run {args[0]}' runs it{land}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the command list without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dataflow-health")
def main() -> None:
    """Decode helicopter recorder files into SQL results, and monitor that pipeline's health."""
    for notice in DAGSTER_NOTICES:
        warnings.filterwarnings("ignore", message=re.escape(notice))
