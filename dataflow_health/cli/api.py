"""``dataflow-health api``: serve the HTTP API, or create an API key."""

import hashlib
import secrets
from pathlib import Path

import click
from loguru import logger

from dataflow_health.cli.options import home_option, load_settings, report_errors

KEY_BYTES = 32


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option(
    "--new-key",
    metavar="NAME:SCOPE",
    help="Create an API key with scope read or operate, print it with its digest, and exit.",
)
@report_errors
def command(home: Path | None, host: str, port: int, new_key: str | None) -> None:
    """Serve the API and run the live checks, until interrupted.

    The documentation of the API is at /api/v1/docs. The API starts even when the database is
    unreachable, and reports that.
    """
    if new_key is not None:
        click.echo(_create_key(new_key))
        return
    settings = load_settings(home)
    from dataflow_health.api.app import create_app
    from dataflow_health.api.door import allowed_hosts
    from dataflow_health.api.server import Server
    from dataflow_health.orchestration.instance_state import HomeInstanceState

    hosts = allowed_hosts(settings.api_hosts, host)
    app = create_app(settings, dagster=HomeInstanceState(settings.dagster_home), hosts=hosts)
    place = f"API: http://{host}:{port}/api/v1/docs"
    logger.info(place) if settings.log_format == "json" else click.echo(place)
    Server(app, host, port, settings.trusted_proxies).run()


def _create_key(name_and_scope: str) -> str:
    name, _, scope = name_and_scope.partition(":")
    if scope not in ("read", "operate"):
        raise click.BadParameter("write NAME:read or NAME:operate", param_hint="--new-key")
    key = secrets.token_urlsafe(KEY_BYTES)
    digest = hashlib.sha256(key.encode()).hexdigest()
    return (
        f"Key (shown only once): {key}\n"
        f"Add to DATAFLOW_HEALTH_API_KEYS (separate keys with commas): {name}:{scope}:{digest}"
    )
