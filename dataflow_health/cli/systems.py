"""``dataflow-health systems``: what other programs run."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import click
from pydantic import TypeAdapter

from dataflow_health.cli.backend import backend_options
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.cli.records import LocalRecords, open_records, refuse_with_url
from dataflow_health.health.duration import format_duration
from dataflow_health.health.outside_system import ListedTable, Workflow
from dataflow_health.plain_text import on_one_line
from dataflow_health.schemas import OutsideSystem, OutsideSystemEntry


@click.command()
@click.argument("process", default="")
@click.option("--ask", is_flag=True, help="Ask them now. Otherwise: what the API last found.")
@backend_options
@json_option
@report_errors
def command(*, process: str, ask: bool, home: Path | None, url: str | None, as_json: bool) -> None:
    """Show what other programs run: Airflow, Spark, databases.

    PROCESS is a process with a check of the kind airflow_runs, spark_jobs or database_tables;
    without it all are listed. The API asks them every five minutes. Changes nothing there.
    """
    refuse_with_url(url, "--ask", ask, "the API asks by itself every five minutes")
    records = open_records(home, url)
    if ask and isinstance(records, LocalRecords):
        records.ask_systems(process)
    if process:
        found = records.system(process)
        as_text = TypeAdapter(tuple[OutsideSystem, ...]).dump_json(found).decode()
        click.echo(as_text if as_json else "\n\n".join(map(system_text, found)))
        return
    entries = records.systems()
    as_text = TypeAdapter(tuple[OutsideSystemEntry, ...]).dump_json(entries).decode()
    click.echo(as_text if as_json else list_text(entries))


def list_text(entries: Sequence[OutsideSystemEntry]) -> str:
    """One line a system: what it is, its version, how much it runs, and how old that is."""
    return "\n".join(map(_line, entries)) or (
        "No process watches another program. docs/howto/outside_systems.md shows how."
    )


def system_text(system: OutsideSystem) -> str:
    """A system with its components, workflows and tables."""
    found = system.description
    if found is None:
        return _line(system)
    lines = [
        _line(system),
        *(f"  {name}: {state}" for name, state in sorted(found.components.items())),
        *_workflows(found.workflows),
        *map(_table, found.tables),
        *(f"  not shown: {each}" for each in found.left_out),
    ]
    return "\n".join(map(on_one_line, lines))


def _line(entry: OutsideSystemEntry) -> str:
    amounts = [f"{entry.workflows} workflows" if entry.workflows else ""]
    amounts += [f"{entry.tables} tables" if entry.tables else ""]
    age = format_duration(timedelta(seconds=entry.age_s)) if entry.age_s is not None else ""
    parts = [
        f"{entry.process}.{entry.check}", entry.kind, entry.version, *amounts,
        f"{age} old" if age else "", f"not described: {entry.error}" if entry.error else "",
    ]  # fmt: skip
    return on_one_line("  ".join(filter(None, parts)))


def _workflows(workflows: Iterable[Workflow]) -> Iterator[str]:
    for each in workflows:
        state = "switched off" if each.is_paused else each.last_state or "never ran"
        owners = f", {', '.join(each.owners)}" if each.owners else ""
        yield f"  {each.name}: {state}, {len(each.tasks)} tasks{owners}"


def _table(table: ListedTable) -> str:
    rows = f", about {table.rows_estimate:,} rows" if table.rows_estimate is not None else ""
    size = f", {table.size_bytes / 1e6:,.1f} MB" if table.size_bytes is not None else ""
    return f"  {table.name}: {table.kind}, {len(table.columns)} columns{rows}{size}"
