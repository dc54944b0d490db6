"""``dataflow-health canary``: a recording with known answers through all eight stages, now."""

import click
from rich.console import Console
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.operations import canary
from dataflow_health.storage.ledger.stage_order import STAGES


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@report_errors
def command(*, as_json: bool) -> None:
    """Flies the canary now and compares every stage's result with the known one, bit by bit.

    It is an aircraft of its own beside the fleet: no count or answer of the fleet changes. Exit
    code 1 when a stage's result is wrong.
    """
    from dataflow_health.orchestration.resources import SparkResource, spark_config

    chosen = load_settings(quiet=True)
    spark = SparkResource(spark_config=spark_config(chosen))
    with Console(stderr=True, quiet=as_json).status("The canary flies through eight stages..."):
        found = canary.fly(wiring.dependencies(chosen), chosen, spark.session)
    if as_json:
        click.echo(found.model_dump_json())
    else:
        Console().print(_table(found))
    raise SystemExit(1 if found.stage else 0)


def _table(found: CanaryResult) -> Table:
    table = Table(title=f"Canary, {found.took_s:.0f} s", title_justify="left")
    table.add_column("stage")
    table.add_column("result", overflow="fold")
    wrong = STAGES.index(found.stage) if found.stage else len(STAGES)
    for place, stage in enumerate(STAGES):
        result = "✓ as known to the bit" if place < wrong else "? not judged"
        table.add_row(stage, f"× {found.fault}" if place == wrong else result)  # noqa: RUF001
    return table
