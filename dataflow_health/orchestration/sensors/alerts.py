"""The sensor of on call: incidents from the health report, and their messages."""

import socket
from collections.abc import Callable
from datetime import datetime

import dagster as dg
import httpx
from loguru import logger
from sqlalchemy import Engine

from dataflow_health import settings
from dataflow_health.alerting import cycle, offline_store
from dataflow_health.alerting.offline_store import Memory
from dataflow_health.clock import utc_now
from dataflow_health.config.catalogue import Catalogue, catalogue_digest
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator

INTERVAL_S = 10
PING_EVERY_S = 60
PING_TIMEOUT_S = 5


def sensor(
    catalogue: Catalogue, pause: Callable[[str], None] = lambda _step: None
) -> dg.SensorDefinition:
    """The sensor over all that is declared.

    Args:
        catalogue: What is declared.
        pause: Called between the steps of a round, by name; tests stop the daemon there.
    """
    digest = catalogue_digest(catalogue)
    noted: list[bool] = []

    @dg.sensor(
        name="on_call",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="One incident a cause, one message an incident; starts no run.",
    )
    def tell(context: dg.SensorEvaluationContext, pipeline: PipelineResource) -> dg.SensorResult:
        chosen, now = pipeline.settings, utc_now()
        posted = cycle.make_notifier(catalogue, chosen, settings.export(chosen), pause=pause)
        memory = offline_store.read(context.cursor)
        done = cycle.run_cycle(lambda: pipeline.deps, catalogue, posted, memory, now)
        if not noted and not done.fault:
            noted.append(_note(pipeline.deps.engine, digest, now))
        left = _pinged(done.memory, chosen.ping_url.get_secret_value(), now.timestamp())
        return dg.SensorResult(skip_reason=str(done), cursor=left.model_dump_json())

    return tell


def _note(engine: Engine, digest: str, now: datetime) -> bool:
    """Keeps in the audit what "Reload definitions" brought into force."""
    operator = Operator("dagster", f"dagster@{socket.gethostname()}")
    return audit_log.record_reload(engine, operator, digest, now)


def _pinged(memory: Memory, url: str, now_s: float) -> Memory:
    """Tells a dead man's switch outside that this sensor lives, once a minute."""
    if not url or now_s - memory.pinged_at_s < PING_EVERY_S:
        return memory
    try:
        httpx.get(url, timeout=PING_TIMEOUT_S).raise_for_status()
    except httpx.HTTPError as error:
        logger.warning("the dead man's switch does not answer: {}", type(error).__name__)
        return memory
    return memory.model_copy(update={"pinged_at_s": now_s})
