"""``dataflow-health code-server``: Dagster's code server, which ends when it answers no more."""

import runpy
import sys
import threading
from pathlib import Path

import click

from dataflow_health.cli.options import load_settings, report_errors

MODULE = "dataflow_health.definitions"
LOCATION = "dataflow_health"
"""Name of its code location, by which Dagster's UI and daemon know it."""
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - as the user gave it


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4000, show_default=True, help="Port to listen on.")
@click.option(
    "--socket",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Socket file to listen on, in place of address and port.",
)
@report_errors
def command(host: str, port: int, socket: Path | None) -> None:
    """Serve the definitions to Dagster's UI and daemon, until interrupted.

    The definitions are held by a process of its own, which this one reads anew when Dagster asks
    for it. When that process is killed or hangs, this command ends with exit code 1 within a minute
    and a half, so that 'up', systemd or Docker starts it again.
    """
    settings = load_settings(None)
    from dataflow_health.operations import code_server_watch

    place = ["--socket", str(socket)] if socket else ["--host", host, "--port", str(port)]
    address = f"unix:{socket.resolve()}" if socket else f"{reachable(host)}:{port}"
    threading.Thread(target=code_server_watch.end_when_silent, args=(address,), daemon=True).start()
    form = ["--log-format", "json"] if settings.log_format == "json" else []
    sys.argv = [
        *("dagster", "code-server", "start", "--module-name", MODULE, "--location-name", LOCATION),
        *(*place, *form, "--log-level", "warning", "--use-python-environment-entry-point"),
    ]
    runpy.run_module("dagster", run_name="__main__", alter_sys=True)


def reachable(host: str) -> str:
    """Name by which a program on this machine reaches a server that listens on a host."""
    return "localhost" if host in EVERY_ADDRESS else host
