"""``dataflow-health up``: the Dagster UI, its daemon with all sensors, and the API."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import click

from dataflow_health import masking, settings
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger.stage_order import STAGES

POLL_S = 0.5
"""Interval at which the child processes are checked."""
GRAPH = "/asset-groups?expanded=" + ",".join(
    f"global@global:{group}" for group in (*STAGES, "outside", "overview")
)
"""Path of the asset graph in the UI, with all groups except the algorithms expanded."""
STOP_TIMEOUT_S = 20
"""Seconds until a child is killed; Dagster waits for its own children when interrupted."""


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("home"),
    show_default=True,
    help="Folder for all data of the installation.",
)
@click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--api-port", default=8000, show_default=True, help="Port of the API; 0 for none.")
@report_errors
def command(home: Path, port: int, host: str, api_port: int) -> None:
    """Serve the Dagster UI, its daemon with all sensors, and the API until interrupted.

    A zip archive in the landing folder is processed automatically, up to the results in SQL.
    """
    from dataflow_health import wiring
    from dataflow_health.operations import dagster_home
    from dataflow_health.orchestration import instance_storage

    chosen = load_settings(home)
    wiring.dependencies(chosen)
    dagster_home.prepare(chosen)
    instance_storage.create(chosen.dagster_home)
    landing = masking.mask_url(chosen.source_url)
    click.echo(f"Landing folder: {landing}\nDagster UI:     http://{host}:{port}{GRAPH}")
    dagster = [sys.executable, "-m", "dagster", "dev", "-m", "dataflow_health.definitions"]
    commands = [[*dagster, "--port", str(port), "--host", host]]
    environ = child_environment(chosen, host, port, api_port)
    if api_port:
        click.echo(f"API:            http://{host}:{api_port}/api/v1/docs")
        api = [sys.executable, "-m", "dataflow_health.cli", "api"]
        commands.append([*api, "--port", str(api_port), "--host", host])
    raise SystemExit(_run_together(commands, environ))


def child_environment(chosen: Settings, host: str, port: int, api_port: int) -> dict[str, str]:
    """Environment of the child processes: links in messages and pages lead to the chosen ports.

    Args:
        chosen: Settings of the installation.
        host: Address that the servers listen on.
        port: Port of the Dagster UI.
        api_port: Port of the API; 0 for none.
    """
    environ = settings.export(chosen)
    environ.setdefault(f"{settings.PREFIX}PUBLIC_URL", f"http://{host}:{port}")
    if api_port:
        environ.setdefault(f"{settings.PREFIX}API_URL", f"http://{host}:{api_port}")
    return environ


def _run_together(commands: list[list[str]], environ: dict[str, str]) -> int:
    """Runs commands in parallel until one ends or the user interrupts; then stops the others.

    A shell starts background programs with SIGINT ignored, and their children inherit that. The
    children are stopped with SIGINT, so its default handler is restored first.

    Returns:
        Exit code of the command that ended first; 0 after an interrupt.
    """
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    running = [subprocess.Popen(command, env=environ) for command in commands]  # noqa: S603
    code = 0
    try:
        while all(process.poll() is None for process in running):
            time.sleep(POLL_S)
        code = next(process.returncode for process in running if process.poll() is not None)
    except KeyboardInterrupt:
        click.echo("Stopping.")
    finally:
        _stop(running)
    return code


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in running:
        process.send_signal(signal.SIGINT)
    for process in running:
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
