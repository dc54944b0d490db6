"""``dataflow-health explain``: show why a process or recording failed, down to the byte."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from dataflow_health.cli import recording, terminal
from dataflow_health.cli.backend import backend_options, open_backend
from dataflow_health.cli.options import as_typed, json_option, report_errors
from dataflow_health.cli.tables import STATUS_STYLE
from dataflow_health.health.observation import Evidence
from dataflow_health.health.status import Status
from dataflow_health.schemas import Explanation

MAX_EVIDENCE = 5
"""Pieces of evidence shown per process without ``--all``."""
MAX_HEX_CHARACTERS = 71
"""Characters of 24 bytes with spaces between them."""

_RECORDING_ID = re.compile(r"[0-9a-f]{6,64}")


@click.command()
@click.argument("name", required=False, metavar="[PROCESS|RECORDING]")
@backend_options
@click.option("--all", "show_all", is_flag=True, help="Show all evidence.")
@json_option
@report_errors
def command(
    *, name: str | None, home: Path | None, url: str | None, show_all: bool, as_json: bool
) -> None:
    """Show the reason for a failure: aircraft, archive, member, byte, and the repair commands.

    Without an argument, explains every failed process. RECORDING is an id or a unique prefix of
    one. Exit code 0 when nothing has failed, 1 when something has.
    """
    backend = open_backend(home, url)
    console = terminal.console()
    if name and _RECORDING_ID.fullmatch(name) and backend.status().find(name) is None:
        history = backend.recording_history(name)
        raise SystemExit(recording.show_history(history, console, as_json=as_json))
    found = backend.explain_process(name) if name else backend.explain_pipeline()
    causes = (found,) if isinstance(found, Explanation) else found.causes
    if as_json:
        click.echo(found.model_dump_json())
    else:
        _print(causes, console, show_all=show_all)
    is_failed = any(each.status in (Status.FAILED, Status.BLOCKED) for each in causes)
    raise SystemExit(int(is_failed))


def _print(causes: tuple[Explanation, ...], console: Console, *, show_all: bool) -> None:
    for cause in causes:
        for line in explanation_lines(cause, None if show_all else MAX_EVIDENCE):
            console.print(line, soft_wrap=True)
    if not causes:
        console.print("No process has failed.")


def explanation_lines(cause: Explanation, limit: int | None) -> Iterator[Text]:
    """Lines of one explanation: status, failed checks, evidence, blocked processes, commands.

    Args:
        cause: Explanation of one process.
        limit: Maximum number of pieces of evidence and of commands; None for all.
    """
    heading = Text(f"{cause.status.symbol} {cause.status}", STATUS_STYLE[cause.status])
    heading.append(f" {cause.process}", "bold")
    heading.append(f": {cause.reason}", "default")
    yield heading
    if cause.since:
        yield Text(f"  since {cause.since:%Y-%m-%d %H:%M:%SZ}", "dim")
    for check in cause.checks:
        yield Text(
            f"  {check.status.symbol} {check.name}: {check.detail}", STATUS_STYLE[check.status]
        )
    for evidence in cause.evidence[:limit]:
        yield from _evidence_lines(evidence)
    if limit is not None and len(cause.evidence) > limit:
        yield Text(f"  and {len(cause.evidence) - limit} more: --all", "dim")
    if cause.blocked_by:
        yield Text(f"  blocked by {', '.join(cause.blocked_by)}")
    if cause.blocks:
        yield Text(f"  blocks {', '.join(cause.blocks)}: {cause.blocked_recordings} recordings")
    for step in cause.steps:
        yield Text(f"  {as_typed(step)}")
    for command_line in cause.commands[:limit]:
        yield Text(f"  $ {as_typed(command_line)}", "cyan")
    for title, link in cause.links.items():
        yield Text(f"  {title}: {link}", "dim")


def _evidence_lines(evidence: Evidence) -> Iterator[Text]:
    source = " ".join(filter(None, (evidence.tail, evidence.archive, evidence.member)))
    position = [f"byte {evidence.byte_offset}"] if evidence.byte_offset is not None else []
    position += [f"frame {evidence.frame}"] if evidence.frame is not None else []
    source = source or evidence.recording_id[:12]
    yield Text(f"    {source} {', '.join(position)} [{evidence.reason}]")
    if evidence.expected or evidence.found:
        expected = f"expected {evidence.expected}, " if evidence.expected else ""
        yield Text(f"      {expected}found {evidence.found}")
    if evidence.hex:
        yield Text(f"      {evidence.hex[:MAX_HEX_CHARACTERS]}", "dim")
