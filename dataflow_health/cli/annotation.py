"""``dataflow-health annotation``: what people wrote about flights, findings and problems."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Unpack

import click
from rich.table import Table
from rich.text import Text

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options, open_backend
from dataflow_health.cli.options import json_option, limit_option, operator_option, report_errors
from dataflow_health.cli.records import LocalRecords, Where, open_records
from dataflow_health.cli.tail_option import tail_option
from dataflow_health.client import Client
from dataflow_health.schemas import Annotation

id_argument = click.argument("id_", metavar="ID", type=click.IntRange(1))


def _writing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of what changes annotations; the operator is the author."""
    return operator_option(backend_options(json_option(report_errors(function))))


@click.group()
def command() -> None:
    """List, add, edit or delete annotations of recordings, findings, processes and incidents."""


@command.command("list")
@click.option("--recording", help="Only of this recording: its id, or a unique prefix.")
@tail_option("Only of this aircraft's recordings.")
@click.option("--algorithm", default="", help="Only of findings of this algorithm.")
@click.option("--process", default="", help="Only of this process.")
@click.option("--incident", type=click.IntRange(1), help="Only of this incident.")
@limit_option
@backend_options
@json_option
@report_errors
def list_command(
    *,
    recording: str | None,
    tail: str | None,
    home: Path | None,
    url: str | None,
    as_json: bool,
    **query: str | int | None,
) -> None:
    """List annotations, newest first."""
    if recording:
        query["recording"] = open_backend(home, url).recording_history(recording).recording
    found = open_records(home, url).annotations(tail=tail or "", **query)
    if as_json:
        click.echo(json.dumps([each.model_dump(mode="json") for each in found]))
    elif found:
        terminal.console().print(_table(found))
    else:
        click.echo("There are no such annotations.")


@command.command("add")
@click.argument("text")
@click.option("--recording", help="About this recording: its id, or a unique prefix.")
@click.option("--at", "start_s", type=float, help="About this second of the recording.")
@click.option("--until", "end_s", type=float, help="To this second, for a range.")
@click.option("--algorithm", default="", help="About its finding that begins at --at.")
@click.option("--process", help="About this process.")
@click.option("--incident", type=click.IntRange(1), help="About this incident.")
@_writing
def add_command(
    text: str,
    *,
    recording: str | None,
    start_s: float | None,
    end_s: float | None,
    algorithm: str,
    process: str | None,
    incident: int | None,
    as_json: bool,
    **where: Unpack[Where],
) -> None:
    """Write TEXT about a recording, a second or range of it, a finding, a process or an incident.

    TEXT is plain text. The author is the operator, or with --url the owner of the key.
    """
    if sum(each is not None for each in (recording, process, incident)) != 1:
        raise click.UsageError("give one of --recording, --process and --incident")
    if recording is None and (algorithm or start_s is not None or end_s is not None):
        raise click.UsageError("--at, --until and --algorithm need --recording")
    records = open_records(**where)
    if recording is not None:
        place = {"start_s": start_s, "end_s": end_s}
        added = records.annotate_recording(recording, text, algorithm=algorithm, **place)
    else:
        added = _add_elsewhere(records, process, incident or 0, text)
    _print(added, "added", as_json=as_json)


def _add_elsewhere(
    records: LocalRecords | Client, process: str | None, incident: int, text: str
) -> Annotation:
    if process is not None:
        return records.annotate_process(process, text)
    return records.annotate_incident(incident, text)


@command.command("edit")
@id_argument
@click.argument("text")
@_writing
def edit_command(id_: int, text: str, *, as_json: bool, **where: Unpack[Where]) -> None:
    """Replace the text of annotation ID with TEXT. Only its author can."""
    _print(open_records(**where).edit_annotation(id_, text), "changed", as_json=as_json)


@command.command("delete")
@id_argument
@_writing
def delete_command(id_: int, *, as_json: bool, **where: Unpack[Where]) -> None:
    """Delete annotation ID. The audit log keeps its text."""
    _print(open_records(**where).delete_annotation(id_), "deleted", as_json=as_json)


def _print(annotation: Annotation, change: str, *, as_json: bool) -> None:
    line = f"Annotation {annotation.id} of {_subject(annotation)}: {change}."
    click.echo(annotation.model_dump_json() if as_json else line)


def _subject(each: Annotation) -> str:
    if each.kind == "process":
        return f"process {each.process}"
    if each.kind == "incident":
        return f"incident {each.incident}"
    place = "" if each.start_s is None else f" at {each.start_s:g} s"
    if each.end_s is not None:
        place += f" to {each.end_s:g} s"
    return f"{each.algorithm or 'recording'} {each.recording[:12]}{place}"


def _table(found: tuple[Annotation, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("id", "written", "author", "about", "text"):
        table.add_column(name, overflow="fold")
    for each in found:
        about = " ".join(filter(None, [each.tail, _subject(each)]))
        edited = " (edited)" if each.edited_at else ""
        at = f"{each.created_at:%Y-%m-%d %H:%M}Z{edited}"
        table.add_row(str(each.id), at, each.author, about, Text(each.text))
    return table
