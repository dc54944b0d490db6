"""The whole pipeline, in order, on one page: what Dagster loads."""

import dagster as dg

from dataflow_health import settings
from dataflow_health.orchestration import (
    alert_sensors,
    canary_job,
    checks,
    external,
    jobs,
    live_checks,
    overview,
    rerun_job,
    sensors,
    verdicts,
    wiring,
)
from dataflow_health.orchestration.assets import (
    analyse,
    compress,
    download,
    extract,
    ingest,
    load,
    parse,
    store,
)
from dataflow_health.orchestration.resources import PipelineResource, SparkResource, spark_config


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
            *checks.stage_checks(catalogue),
            *external.checks(catalogue),
            *verdicts.checks(catalogue),
        ],
        jobs=[jobs.PIPELINE, rerun_job.RERUN, canary_job.CANARY],
        sensors=[
            sensors.arrivals,
            live_checks.sensor(catalogue),
            overview.sensor(catalogue),
            alert_sensors.sensor(catalogue),
            canary_job.first,
        ],
        schedules=[canary_job.SCHEDULE],
        resources={
            "pipeline": PipelineResource(),
            "spark": SparkResource(spark_config=spark_config(chosen)),
        },
    )


@dg.definitions
def pipeline() -> dg.Definitions:
    """What Dagster finds; read anew at every "Reload definitions"."""
    return build()
