"""The whole pipeline, in order, on one page: what Dagster loads."""

import dagster as dg

from dataflow_health import settings, wiring
from dataflow_health.orchestration.asset_checks import health_checks, stage_checks
from dataflow_health.orchestration.assets import (
    analyse,
    compress,
    download,
    external,
    extract,
    ingest,
    load,
    overview,
    parse,
    store,
)
from dataflow_health.orchestration.jobs import arrival_day, canary, rerun
from dataflow_health.orchestration.resources import PipelineResource, SparkResource, spark_config
from dataflow_health.orchestration.sensors import alerts, arrivals, live_checks


def build() -> dg.Definitions:
    """Eight stages, their checks, the processes around them, and what starts and watches them."""
    chosen = settings.load()
    catalogue = wiring.catalogue(chosen)
    stages = [
        download.archives,
        extract.recordings,
        parse.parameters,
        compress.counts,
        store.tsv,
        ingest.samples,
        analyse.algorithms(catalogue.algorithms),
        load.findings,
    ]
    return dg.Definitions(
        assets=[
            *(external.surrounded(catalogue, stage) for stage in stages),
            *external.assets(catalogue),
            overview.asset(catalogue),
        ],
        asset_checks=[
            *stage_checks.stage_checks(catalogue),
            *external.checks(catalogue),
            *health_checks.checks(catalogue),
        ],
        jobs=[arrival_day.PIPELINE, rerun.RERUN, canary.CANARY],
        sensors=[
            arrivals.arrivals,
            live_checks.sensor(catalogue),
            overview.sensor(catalogue),
            alerts.sensor(catalogue),
            canary.first,
        ],
        schedules=[canary.SCHEDULE],
        resources={
            "pipeline": PipelineResource(),
            "spark": SparkResource(spark_config=spark_config(chosen)),
        },
    )


@dg.definitions
def pipeline() -> dg.Definitions:
    """What Dagster finds; read anew at every "Reload definitions"."""
    return build()
