"""Everything that Dagster loads: assets, checks, jobs, sensors, schedules and resources."""

import dagster as dg

from dataflow_health import logs, settings, wiring
from dataflow_health.operations import dagster_connections
from dataflow_health.operations.spark_session import spark_config
from dataflow_health.orchestration.asset_checks import health_checks, stage_checks
from dataflow_health.orchestration.assets import algorithms, external, overview, retention, stages
from dataflow_health.orchestration.jobs import arrival_day, canary, owed, recount, rerun, scrub
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.sensors import alerts, arrivals, dead_runs, live_checks
from dataflow_health.orchestration.sensors import overview as overview_sensor
from dataflow_health.orchestration.sensors import owed as owed_sensor


def build() -> dg.Definitions:
    """The definitions for the settings and YAML files as they are now."""
    chosen = settings.load()
    dagster_connections.keep_open(chosen.dagster_home)
    catalogue = wiring.catalogue(chosen)
    stage_assets = [*stages.assets(), algorithms.assets(catalogue.algorithms)]
    return dg.Definitions(
        assets=[
            *(external.with_process_file(catalogue, each) for each in stage_assets),
            *external.assets(catalogue),
            overview.asset(catalogue),
            retention.retention,
        ],
        asset_checks=[
            *stage_checks.checks(catalogue),
            *external.checks(catalogue),
            *health_checks.checks(catalogue),
        ],
        jobs=[
            arrival_day.PIPELINE,
            rerun.RERUN,
            owed.OWED,
            canary.CANARY,
            recount.RECOUNT,
            scrub.SCRUB,
            retention.JOB,
        ],
        sensors=[
            arrivals.arrivals,
            dead_runs.dead_runs,
            live_checks.sensor(catalogue),
            overview_sensor.sensor(catalogue),
            alerts.sensor(catalogue),
            canary.first_canary,
            owed_sensor.owed,
        ],
        schedules=[canary.SCHEDULE, recount.SCHEDULE, scrub.SCHEDULE, retention.SCHEDULE],
        resources={
            "pipeline": PipelineResource(),
            "spark": SparkResource(spark_config=spark_config(chosen)),
        },
    )


@dg.definitions
def pipeline() -> dg.Definitions:
    """What Dagster finds; built anew at every "Reload definitions".

    Code servers and runs begin here, so their log is set up here.
    """
    chosen = settings.load()
    logs.configure(chosen.log_level, as_json=chosen.log_format == "json")
    logs.configure_runs()
    return build()
