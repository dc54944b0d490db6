"""``dataflow-health ui``: Dagster's webserver behind a door."""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

import click
import uvicorn
from starlette.types import ASGIApp

from dataflow_health.cli.options import (
    home_option,
    load_settings,
    option_with_default,
    report_errors,
)
from dataflow_health.monitoring.dagster_links import GRAPH
from dataflow_health.operations.sign_in import SignInStore
from dataflow_health.settings import Settings

MOST_CONNECTIONS = 8
"""Connections of Dagster's webserver to PostgreSQL for each of its three storages (Dagster: 21)."""

NO_ADDRESS = "behind-the-door.invalid"
"""Address that Dagster is given: if it opened a port by itself, past the door, it would fail."""


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=3000, show_default=True, help="Port to listen on.")
@option_with_default(
    "--workspace",
    click.Path(path_type=Path, exists=True, dir_okay=False),
    Path("workspace.yaml"),
    "Dagster's workspace file, which names the code server.",
)
@report_errors
def command(home: Path | None, host: str, port: int, workspace: Path) -> None:
    """Serve the Dagster UI to browsers that are signed in, until interrupted.

    Requests by other hosts' names and of other sites' pages are refused. ``dataflow-health up``
    runs this command; on a server, run it beside ``dagster code-server`` and ``dagster-daemon``.
    """
    settings = load_settings(home)
    from dagster_webserver.cli import cli as dagster_webserver

    from dataflow_health.api.server import server_config

    SignInStore(settings.home).note_url(settings.public_url)

    def serve(app: ASGIApp, **_: object) -> None:
        uvicorn.Server(server_config(guarded(app, settings, host), host, port)).run()

    vars(uvicorn)["run"] = serve  # by which Dagster serves its app; it has no other way in
    dagster_webserver.main(
        [
            *("--workspace", str(workspace), "--host", NO_ADDRESS, "--port", str(port)),
            *("--db-pool-max-overflow", str(MOST_CONNECTIONS - 1)),
            *("--dagster-log-level", "warning"),
        ],
        prog_name="dagster-webserver",
    )


def guarded(app: ASGIApp, settings: Settings, host: str) -> ASGIApp:
    """The app behind the checks of Host and Origin and the sign-in.

    Args:
        app: App of the UI.
        settings: Settings of the installation.
        host: Address that the server listens on.
    """
    from dataflow_health.api.door import LOOPBACK_HOSTS, Door, allowed_hosts, host_name
    from dataflow_health.api.ui_door import UiDoor
    from dataflow_health.clock import utc_now

    url = urlsplit(settings.public_url)
    signed_in = UiDoor(
        app,
        SignInStore(settings.home),
        utc_now,
        start_page=GRAPH,
        cookie=_cookie_name(settings.home),
        is_secure=url.scheme == "https",
    )
    name = host_name(url.netloc)
    declared = (*settings.api_hosts, *(() if name in LOOPBACK_HOSTS else (name,)))
    return Door(signed_in, allowed_hosts(declared, host), ())


def _cookie_name(home: Path) -> str:
    return "dataflow_health_" + hashlib.sha256(str(home).encode()).hexdigest()[:8]
