"""``dataflow-health api``: the API, and the watch behind it."""

import hashlib
import secrets
from pathlib import Path

import click

from dataflow_health.cli.options import load_settings, report_errors


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that everything is kept in.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option(
    "--new-key",
    metavar="NAME:SCOPE",
    help="Make a key, with scope read or operate, print it and its digest, and end.",
)
@report_errors
def command(home: Path | None, host: str, port: int, new_key: str | None) -> None:
    """Serves the API and asks the live checks, until interrupted.

    Its pages: /api/v1/docs. It starts though the database is away, and says so.
    """
    if new_key is not None:
        click.echo(_new_key(new_key))
        return
    chosen = load_settings(home)
    from dataflow_health.api.app import create_app
    from dataflow_health.api.server import Server
    from dataflow_health.orchestration.instance_state import HomeInstanceState

    app = create_app(chosen, dagster=HomeInstanceState(chosen.dagster_home))
    click.echo(f"API: http://{host}:{port}/api/v1/docs")
    Server(app, host, port).run()


def _new_key(wanted: str) -> str:
    name, _, scope = wanted.partition(":")
    if scope not in ("read", "operate"):
        raise click.BadParameter("write NAME:read or NAME:operate", param_hint="--new-key")
    key = secrets.token_urlsafe(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    return (
        f"key, shown only now: {key}\n"
        f"add to DATAFLOW_HEALTH_API_KEYS, with commas between: {name}:{scope}:{digest}"
    )
