"""``dataflow-health canary``: runs a recording with known results through all eight stages."""

import click
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.operations import canary
from dataflow_health.storage.ledger.stage_order import STAGES


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@report_errors
def command(*, as_json: bool) -> None:
    """Run the canary now and compare the result of every stage with the known one, bit by bit.

    The canary is a separate aircraft: counts and results of the fleet stay unchanged. Exit code 1:
    the result of a stage is wrong.
    """
    from dataflow_health.operations.spark_session import spark_config
    from dataflow_health.orchestration.resources import SparkResource

    chosen = load_settings(quiet=True)
    spark = SparkResource(spark_config=spark_config(chosen))
    with terminal.console(stderr=True, quiet=as_json).status(
        "Running the canary through eight stages..."
    ):
        found = canary.fly(wiring.dependencies(chosen), chosen, spark.session)
    if as_json:
        click.echo(found.model_dump_json())
    else:
        terminal.console().print(_table(found))
    raise SystemExit(1 if found.stage else 0)


def _table(found: CanaryResult) -> Table:
    table = Table(title=f"Canary, {found.took_s:.0f} s", title_justify="left")
    table.add_column("stage")
    table.add_column("result", overflow="fold")
    wrong = STAGES.index(found.stage) if found.stage else len(STAGES)
    for place, stage in enumerate(STAGES):
        result = "✓ equal to the known result" if place < wrong else "? not compared"
        table.add_row(stage, f"× {found.fault}" if place == wrong else result)  # noqa: RUF001
    return table
