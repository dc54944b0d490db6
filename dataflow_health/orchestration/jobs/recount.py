"""Job ``recount`` and its nightly schedule: kept counts and sums are compared with every row.

All rows have been read then, so PostgreSQL's statistics of the results are taken as well.
"""

import dagster as dg

from dataflow_health.clock import utc_now
from dataflow_health.errors import DatabaseError
from dataflow_health.monitoring import history_proof
from dataflow_health.orchestration.jobs.single_op import running_schedule, single_op_job
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.ledger import aircraft_counts, count_proof
from dataflow_health.storage.records import finding_count_proof
from dataflow_health.storage.sql import planner_statistics

CRON = "41 2 * * *"
"""At night: the cost of a full count grows with the history."""


@dg.op(
    name="compare_counts",
    description="Counts every row and sets wrong counts by day, aircraft and month right.",
)
def compare(context: dg.OpExecutionContext, pipeline: PipelineResource) -> None:
    """Fails when a count was wrong, after setting it right: something bypassed the triggers.

    Raises:
        Failure: Counts differed, or the database does not answer.
    """
    engine = pipeline.deps.engine
    try:
        days, aircraft = count_proof.repair(engine), aircraft_counts.repair(engine)
        months = finding_count_proof.repair(engine)
        is_proved = history_proof.is_proved(engine, pipeline.deps.catalogue.processes, utc_now())
        planner_statistics.renew(engine)
    except DatabaseError as error:
        raise dg.Failure(str(error)) from error
    context.add_output_metadata(
        {
            "wrong_days": len(days),
            "wrong_aircraft": len(aircraft),
            "wrong_months_of_findings": len(months),
        }
    )
    if days or aircraft:
        raise dg.Failure(
            f"counts of {', '.join([*days, *aircraft])} differed from the ledger's rows and were "
            "set right; find out who switched triggers off or changed the tables of counts",
            allow_retries=False,
        )
    if months:
        named = ", ".join(month or "findings without a time" for month in months)
        raise dg.Failure(
            f"counts of findings of {named} differed from the findings and were set right; find "
            "out who changed the table finding or finding_count",
            allow_retries=False,
        )
    if not is_proved:
        raise dg.Failure(
            "sums of settled days differed from the check results and counts and were dropped; "
            "find out who changed the table settled_history",
            allow_retries=False,
        )


RECOUNT = single_op_job(
    compare,
    "recount",
    "Proves the counts by day, which triggers keep, against a count of every row.",
)


SCHEDULE = running_schedule(RECOUNT, CRON, "Proves the ledger's counts every night.")
