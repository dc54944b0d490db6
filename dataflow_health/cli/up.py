"""``dataflow-health up``: the Dagster UI with daemon and sensors, and the pipeline behind them."""

import subprocess
import sys
from pathlib import Path

import click

from dataflow_health import settings
from dataflow_health.cli.faces import settled, speaking


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("home"),
    show_default=True,
    help="Folder that everything is kept in.",
)
@click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@speaking
def command(home: Path, port: int, host: str) -> None:
    """Serves the Dagster UI with daemon and sensors on, until interrupted.

    Drop a zip into the landing folder and it goes through to SQL by itself.
    """
    from dataflow_health.orchestration import instance, wiring

    chosen = settled(home)
    wiring.ports(chosen)
    instance.prepare(chosen)
    click.echo(f"Landing folder: {chosen.source_url}\nDagster UI:     http://{host}:{port}")
    dagster = [sys.executable, "-m", "dagster", "dev", "-m", "dataflow_health.definitions"]
    served = [*dagster, "--port", str(port), "--host", host]
    raise SystemExit(subprocess.call(served, env=settings.export(chosen)))  # noqa: S603
