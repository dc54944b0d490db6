"""``dataflow-health view``: saved views of the board as their YAML files."""

import json
from pathlib import Path
from typing import Unpack

import click
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options, open_client, open_ledger
from dataflow_health.cli.options import json_option, load_settings, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator
from dataflow_health.cli.records import Where, refuse_with_url
from dataflow_health.client import Client
from dataflow_health.operations.views import Record, SavedViews, recorder
from dataflow_health.schemas import SavedViewDetail, SavedViewEntry, SavedViewResult

FILE = click.Path(path_type=Path, dir_okay=False)
COLUMNS = ("view", "title", "file")


class LocalViews:
    """Views of this machine's installation, with the methods of the client."""

    def __init__(self, home: Path | None, operator_name: str | None) -> None:
        """Keeps what the methods need; only an action needs the ledger."""
        self._home = home
        self._operator_name = operator_name
        self._views = SavedViews(load_settings(home, quiet=True))

    def views(self) -> tuple[SavedViewEntry, ...]:
        """All views by name."""
        return self._views.entries()

    def view(self, name: str) -> SavedViewDetail:
        """One view."""
        return self._views.get(name)

    def view_file(self, name: str) -> bytes:
        """The file of a view, byte for byte."""
        return self._views.file(name)

    def import_view(self, name: str, raw: bytes, *, version: str | None = None) -> SavedViewResult:
        """Saves the file of a view as it is."""
        return self._views.import_file(name, raw, version, self._record())

    def delete_view(self, name: str) -> None:
        """Deletes a view."""
        self._views.delete(name, self._record())

    def _record(self) -> Record:
        _, deps = open_ledger(self._home)
        return recorder(deps.engine, current_operator(self._operator_name), deps.clock())


def _open(
    home: Path | None, url: str | None, operator_name: str | None = None
) -> LocalViews | Client:
    if url is None:
        return LocalViews(home, operator_name)
    refuse_with_url(url, "--operator", operator_name, "the audit log names the API key")
    return open_client(home, url)


@click.group()
def command() -> None:
    """List, show, import, export or delete saved views of the board.

    A view is a file of the folder views in DATAFLOW_HEALTH_CONFIG; the board shows it at
    /?view=NAME.
    """


@command.command("list")
@backend_options
@json_option
@report_errors
def list_command(*, home: Path | None, url: str | None, as_json: bool) -> None:
    """List the views, also those whose file is invalid. Exit code 1 if there are any of these."""
    found = _open(home, url).views()
    if as_json:
        click.echo(json.dumps([each.model_dump(mode="json") for each in found]))
    elif found:
        terminal.console().print(_table(found))
    else:
        click.echo("There are no saved views.")
    raise SystemExit(1 if any(each.problem for each in found) else 0)


@command.command("show")
@click.argument("name")
@backend_options
@json_option
@report_errors
def show_command(name: str, *, home: Path | None, url: str | None, as_json: bool) -> None:
    """Show what view NAME shows: its file, or with --json what is in it."""
    views = _open(home, url)
    if as_json:
        click.echo(views.view(name).model_dump_json())
    else:
        click.echo(views.view_file(name).decode(), nl=False)


@command.command("export")
@click.argument("name")
@click.option("--to", "target", type=FILE, help="File to write. Default: NAME.yaml here.")
@backend_options
@json_option
@report_errors
def export_command(
    name: str, *, target: Path | None, home: Path | None, url: str | None, as_json: bool
) -> None:
    """Write the file of view NAME; an existing file is kept."""
    raw = _open(home, url).view_file(name)
    path = target or Path(f"{name}.yaml")
    try:
        with path.open("xb") as written:
            written.write(raw)
    except FileExistsError:
        raise click.UsageError(f"{path} already exists and is kept; give another --to") from None
    click.echo(json.dumps({"file": str(path)}) if as_json else f"{path} written")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--name", help="Name of the view. Default: the name of FILE without .yaml.")
@click.option("--replace", is_flag=True, help="Replace a view of this name.")
@operator_option
@backend_options
@json_option
@report_errors
def import_command(
    file: Path, *, name: str | None, replace: bool, as_json: bool, **where: Unpack[Where]
) -> None:
    """Save FILE as a view, if nothing in it is invalid."""
    views = _open(**where)
    version = None if replace else ""
    done = views.import_view(name or file.stem, file.read_bytes(), version=version)
    click.echo(done.model_dump_json() if as_json else f"saved as {done.file}: /?view={done.name}")


@command.command("delete")
@click.argument("name")
@operator_option
@backend_options
@json_option
@report_errors
def delete_command(name: str, *, as_json: bool, **where: Unpack[Where]) -> None:
    """Delete the file of view NAME."""
    _open(**where).delete_view(name)
    click.echo(json.dumps({"deleted": name}) if as_json else f"view {name} is deleted")


def _table(found: tuple[SavedViewEntry, ...]) -> Table:
    table = Table(title="Saved views", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for each in found:
        origin = "own" if each.is_own else "built in"
        table.add_row(
            each.name, each.describes, f"invalid: {each.problem}" if each.problem else origin
        )
    return table
