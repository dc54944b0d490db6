"""``dataflow-health export``: findings or a recording's parameters as a file."""

import json
from pathlib import Path
from typing import Unpack

import click

from dataflow_health.cli.backend import open_ledger
from dataflow_health.cli.finding_options import FindingOptions, finding_options, given
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.cli.tail_option import tail_option
from dataflow_health.storage.queries.findings import FindingFilter

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Write findings or a recording's parameters to a CSV, JSON or Parquet file, by its suffix.

    With DATAFLOW_HEALTH_PSEUDONYM_KEY, aircraft have pseudonyms there.
    """


@command.command("findings")
@click.argument("file", type=FILE)
@tail_option("Only of this aircraft.")
@finding_options
@json_option
@report_errors
def findings_command(
    *,
    file: Path,
    tail: str | None,
    as_json: bool,
    **filters: Unpack[FindingOptions],
) -> None:
    """Write findings whose time is known, or with --undated the others, newest first, to FILE."""
    from dataflow_health.operations import export

    chosen, deps = open_ledger()
    wanted = FindingFilter(tail=tail or "", **given(filters))
    tables = export.finding_tables(deps.engine, wanted, chosen.pseudonyms)
    rows = export.write(tables, export.FINDINGS, file)
    _print(rows, "findings", file, as_json=as_json)


@command.command("series")
@click.argument("recording")
@click.argument("parameters", nargs=-1, required=True, metavar="PARAMETER...")
@click.argument("file", type=FILE)
@json_option
@report_errors
def series_command(
    *, recording: str, parameters: tuple[str, ...], file: Path, as_json: bool
) -> None:
    """Write every sample of each PARAMETER of RECORDING, an id or its beginning, to FILE."""
    from dataflow_health.operations import export

    chosen, deps = open_ledger()
    table = export.series_table(deps.engine, deps.lake, recording, parameters, chosen.pseudonyms)
    rows = export.write([table], table.schema, file)
    _print(rows, "samples", file, as_json=as_json)


def _print(rows: int, of: str, file: Path, *, as_json: bool) -> None:
    found = json.dumps({"file": str(file), "rows": rows})
    click.echo(found if as_json else f"{rows:,} {of} in {file}.")
