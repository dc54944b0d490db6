"""Sensors: what starts work without a person."""

import hashlib
from collections import defaultdict
from datetime import datetime

import dagster as dg

from dataflow_health.errors import SourceUnreachable
from dataflow_health.orchestration.jobs import PIPELINE
from dataflow_health.orchestration.partitions import announce
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.stages import download
from dataflow_health.stages.download import Waiting

INTERVAL_S = 5
"""The sensor daemon looks no more often (its loop's minimum)."""


@dg.sensor(
    job=PIPELINE,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts the pipeline for every day on which a complete new archive arrived.",
)
def arrivals(
    context: dg.SensorEvaluationContext, pipeline: PipelineResource
) -> dg.SensorResult | dg.SkipReason:
    """One run a day with news; the same news asks for the same run, which Dagster starts once."""
    ports, chosen = pipeline.ports, pipeline.settings
    try:
        found = download.new(ports.engine, chosen.source_url, ports.clock(), chosen.settle_s)
    except SourceUnreachable as error:
        return dg.SkipReason(str(error))
    if not found:
        return dg.SkipReason("nothing new at the source")
    by_day: dict[str, list[Waiting]] = defaultdict(list)
    for each in found:
        by_day[each.day].append(each)
    announce(context.instance, sorted(by_day))
    return dg.SensorResult(
        run_requests=[_request(day, waiting, ports.clock()) for day, waiting in by_day.items()]
    )


def _request(day: str, waiting: list[Waiting], now: datetime) -> dg.RunRequest:
    """Asks again for the same news after five minutes: a run may have died with its machine."""
    told = [(w.offered.name, w.offered.size_bytes, str(w.offered.modified_at)) for w in waiting]
    turn = int(now.timestamp()) // 300
    key = hashlib.sha256(repr((sorted(told), turn)).encode()).hexdigest()[:16]
    return dg.RunRequest(run_key=f"{day}-{key}", partition_key=day)
