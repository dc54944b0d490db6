"""Alert sensor: updates incidents from the health report and sends their messages."""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import dagster as dg
import httpx
from loguru import logger
from pydantic import ValidationError
from sqlalchemy import Engine

from dataflow_health import settings, wiring
from dataflow_health.alerting import cycle
from dataflow_health.alerting.offline_store import OfflineRecords
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER, yaml_files
from dataflow_health.config.catalogue import Catalogue, catalogue_digest
from dataflow_health.config.yaml_files import Fingerprint
from dataflow_health.errors import ConfigError
from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.operations import finding_plot, run_events
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors.running_sensor import running_sensor
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator

INTERVAL_S = 10
PING_EVERY_S = 60
"""Interval of pings of the dead man's switch."""
PING_TIMEOUT_S = 5


class AlertCursor(FrozenModel):
    """State of the alert sensor between two ticks.

    Attributes:
        offline: Records that alerting needs while the ledger is unreachable.
        pinged_at_s: Time of the last ping of the dead man's switch, seconds since 1970.
    """

    offline: OfflineRecords = OfflineRecords()
    pinged_at_s: float = 0.0


@dataclass
class DeclaredCatalogue:
    """The newest valid YAML: a process saved after Dagster loaded its definitions has incidents.

    Attributes:
        newest: The catalogue that was valid last.
        fingerprint: Fingerprint of the files that were read last.
    """

    newest: Catalogue
    fingerprint: Fingerprint | None = None

    def read(self, chosen: Settings) -> Catalogue:
        """The catalogue in the files, or the last valid one while a file is invalid."""
        with suppress(ConfigError):
            found = yaml_files.fingerprint(BUILTIN_FOLDER, *chosen.config_folders)
            if found != self.fingerprint:
                self.fingerprint = found
                self.newest = wiring.catalogue(chosen)
        return self.newest


def read_cursor(cursor: str | None) -> AlertCursor:
    """State after the last tick; empty when another version of this code wrote it."""
    try:
        return AlertCursor.model_validate_json(cursor or "{}")
    except ValidationError:
        return AlertCursor()


def sensor(
    catalogue: Catalogue, pause: Callable[[str], None] = lambda _step: None
) -> dg.SensorDefinition:
    """The alert sensor.

    Args:
        catalogue: Declared processes and alert rules, as Dagster loaded them.
        pause: Called with the name of each step of a cycle; tests kill the daemon there.
    """
    digest, declared = catalogue_digest(catalogue), DeclaredCatalogue(catalogue)
    recorded: list[bool] = []

    @running_sensor(
        "on_call",
        INTERVAL_S,
        "Opens one incident per cause and sends its messages. Starts no run.",
    )
    def on_call(context: dg.SensorEvaluationContext, pipeline: PipelineResource) -> dg.SensorResult:
        configured, now = pipeline.settings, utc_now()
        environment = settings.export(configured)
        newest, cursor = declared.read(configured), read_cursor(context.cursor)
        notifier = cycle.make_notifier(newest, configured, environment, pause=pause)

        def connect() -> Dependencies:
            return replace(pipeline.deps, catalogue=newest)

        result = cycle.run_cycle(connect, newest, notifier, cursor.offline, now, finding_plot.draw)
        if not recorded and not result.ledger_error:
            recorded.append(_record_reload(pipeline.deps.engine, digest, now))
        run_events.deliver_in_background(configured)
        pinged_at_s = _ping(configured.ping_url.get_secret_value(), cursor.pinged_at_s, now)
        after = AlertCursor(offline=result.offline, pinged_at_s=pinged_at_s)
        return dg.SensorResult(skip_reason=str(result), cursor=after.model_dump_json())

    return on_call


def _record_reload(engine: Engine, digest: str, now: datetime) -> bool:
    """Writes the digest of newly loaded definitions to the audit log."""
    operator = Operator("dagster", f"dagster@{socket.gethostname()}")
    return audit_log.record_reload(engine, operator, digest, now)


def _ping(url: str, pinged_at_s: float, now: datetime) -> float:
    """Pings the external dead man's switch once a minute; returns the time of the last ping."""
    if not url or now.timestamp() - pinged_at_s < PING_EVERY_S:
        return pinged_at_s
    try:
        httpx.get(url, timeout=PING_TIMEOUT_S).raise_for_status()
    except httpx.HTTPError as error:
        logger.warning("the dead man's switch cannot be pinged: {}", type(error).__name__)
        return pinged_at_s
    return now.timestamp()
