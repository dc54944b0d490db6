"""Pipeline runs from the command line with progress bars, and their operator."""

import getpass
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dataflow_health import settings
from dataflow_health.cli import importing
from dataflow_health.operations import backfill
from dataflow_health.settings import Settings
from dataflow_health.storage.records.audit_log import Operator

if TYPE_CHECKING:
    import dagster as dg

SPARK_STAGES = ("ingest", "analyse")
"""Stages that need a Spark session; to import what declares it takes as long as this saves."""
SPARK_STARTS_WITHIN_S = 60.0


def current_operator(name: str | None = None) -> Operator:
    """Operator for the audit log: the given name or the login name, from this host."""
    return Operator(name or getpass.getuser(), f"cli@{socket.gethostname()}")


def run_days(
    chosen: Settings, days: Sequence[str], console: Console, *, stage: str = "", tail: str = ""
) -> list[str]:
    """Runs the pipeline for arrival days in this process; returns the days whose run failed.

    Args:
        chosen: Settings of the installation.
        days: Arrival days.
        console: Console of the progress bars.
        stage: The only stage; empty for all.
        tail: The only aircraft; empty for all.
    """
    needs_spark = stage in ("", *SPARK_STAGES)
    with _open_instance(chosen, console, needs_spark=needs_spark) as (definitions, instance, bars):
        from dataflow_health.orchestration.jobs import in_process

        day_bar = bars.add_task("arrival days", total=len(days))

        def begun(day: str) -> None:
            bars.update(day_bar, description=f"day {day}", completed=days.index(day))

        scope = in_process.RunScope(stage, tail)
        failed = in_process.run_days(definitions, instance, days, begun, scope)
        bars.update(day_bar, description="all days", completed=len(days))
    return failed


def pay_owed(chosen: Settings, console: Console) -> bool:
    """Pays all owed answers in one run in this process; returns whether it ended well."""
    with _open_instance(chosen, console, needs_spark=True) as (definitions, instance, bars):
        from dataflow_health.orchestration import resources
        from dataflow_health.orchestration.jobs import in_process

        bar = bars.add_task("owed", total=None)

        def show(progress: backfill.Progress) -> None:
            bars.update(bar, completed=progress.recordings, total=progress.of)
            console.print(progress.describe())

        resources.set_backfill_progress(show)
        return in_process.pay_owed(definitions, instance)


@contextmanager
def _open_instance(
    chosen: Settings, console: Console, *, needs_spark: bool
) -> Iterator[tuple["dg.Definitions", "dg.DagsterInstance", Progress]]:
    """Definitions and the persistent instance, with bars that every stage moves.

    Spark, if it is needed, starts meanwhile, also while Dagster is imported.
    """
    from dataflow_health.operations import spark_start

    settings.adopt(chosen.home)
    spark = spark_start.begin(chosen) if needs_spark else None
    try:
        with importing.uncollected():
            import dagster as dg

            from dataflow_health import definitions
            from dataflow_health.operations import dagster_home
            from dataflow_health.orchestration import instance_storage, resources

            declared = definitions.build()
        dagster_home.prepare(chosen)
        instance_storage.create(chosen.dagster_home)
        with dg.DagsterInstance.get() as instance, _bars(console) as bars:
            resources.set_progress(_progress_callback(bars))
            yield declared, instance, bars
    finally:
        if spark is not None:
            spark.join(SPARK_STARTS_WITHIN_S)  # it must not start while Python ends


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _progress_callback(bars: Progress) -> Callable[[str, int, int], None]:
    """Progress callback with one bar for each stage, which restarts with every day."""
    tasks: dict[str, object] = {}

    def show_progress(stage: str, finished: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=finished, total=total)  # type: ignore[arg-type]

    return show_progress
