"""``dataflow-health explain``: the evidence of what is red, down to the byte."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from dataflow_health.cli import recording
from dataflow_health.cli.backend import backend_options, open_backend
from dataflow_health.cli.options import report_errors
from dataflow_health.cli.tables import STATUS_STYLE
from dataflow_health.health.observation import Evidence
from dataflow_health.health.status import Status
from dataflow_health.schemas import Explanation

MAX_EVIDENCE = 5
"""Pieces of evidence that are shown without ``--all``."""

ID = re.compile(r"[0-9a-f]{6,64}")


@click.command()
@click.argument("name", required=False, metavar="[PROCESS|RECORDING]")
@backend_options
@click.option("--all", "everything", is_flag=True, help="Every piece of evidence.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@report_errors
def command(
    *, name: str | None, home: Path | None, url: str | None, everything: bool, as_json: bool
) -> None:
    """Why something is red: aircraft, archive, member, byte, and what puts it right.

    Of everything that is red, of one process, or of one recording by the beginning of its id. Exit
    code 0 when nothing is red, 1 when something is.
    """
    asked = open_backend(home, url)
    console = Console()
    if name is not None and ID.fullmatch(name) and asked.status().find(name) is None:
        found = asked.recording_history(name)
        click.echo(found.model_dump_json()) if as_json else recording.print_history(found, console)
        raise SystemExit(1 if any(each.state == "quarantined" for each in found.stages) else 0)
    told = asked.explain_pipeline() if name is None else asked.explain_process(name)
    causes = (told,) if isinstance(told, Explanation) else told.causes
    if as_json:
        click.echo(told.model_dump_json())
    else:
        for each in causes:
            for line in explanation_lines(each, None if everything else MAX_EVIDENCE):
                console.print(line, soft_wrap=True)
        if not causes:
            console.print("Nothing is red.")
    raise SystemExit(int(any(each.status in (Status.FAILED, Status.BLOCKED) for each in causes)))


def explanation_lines(why: Explanation, most: int | None) -> Iterator[Text]:
    """One cause in lines: verdict, failing checks, evidence, what waits, what to do."""
    head = Text(f"{why.status.symbol} {why.status}", STATUS_STYLE[why.status])
    head.append(f" {why.process}", "bold")
    head.append(f": {why.reason}", "default")
    yield head
    if why.since:
        yield Text(f"  since {why.since:%Y-%m-%d %H:%M:%SZ}", "dim")
    for check in why.checks:
        yield Text(
            f"  {check.status.symbol} {check.name}: {check.detail}", STATUS_STYLE[check.status]
        )
    for item in why.evidence[:most]:
        yield from _evidence(item)
    if most is not None and len(why.evidence) > most:
        yield Text(f"  and {len(why.evidence) - most} more: --all", "dim")
    if why.blocked_by:
        yield Text(f"  waits for {', '.join(why.blocked_by)}")
    if why.blocks:
        yield Text(f"  holds up {', '.join(why.blocks)}: {why.blocked_recordings} recordings")
    for command_line in why.commands[:most]:
        yield Text(f"  $ {command_line}", "cyan")
    for name, link in why.links.items():
        yield Text(f"  {name}: {link}", "dim")


def _evidence(item: Evidence) -> Iterator[Text]:
    place = " ".join(filter(None, (item.tail, item.archive, item.member)))
    where = [f"byte {item.byte_offset}"] if item.byte_offset is not None else []
    where += [f"frame {item.frame}"] if item.frame is not None else []
    yield Text(f"    {place or item.recording_id[:12]} {', '.join(where)} [{item.reason}]")
    if item.expected or item.found:
        expected = f"expected {item.expected}, " if item.expected else ""
        yield Text(f"      {expected}found {item.found}")
    if item.hex:
        yield Text(f"      {item.hex[:71]}", "dim")
