"""A watch put together from the settings."""

from datetime import UTC, datetime

from dataflow_health import settings
from dataflow_health.health.graph import Pipeline
from dataflow_health.monitoring.config_reload import from_settings
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.orchestration.daemon_heartbeats import Heartbeats
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database


def utc_now() -> datetime:
    """The moment. Everything below takes it as an argument."""
    return datetime.now(UTC)


def over(chosen: Settings) -> Monitor:
    """A watch over one installation; nothing is asked or read yet, the database may be away.

    Raises:
        ConfigError: The declared YAML is wrong.
        DatabaseError: The database's URL is none.
    """
    config = from_settings(chosen)
    engine = database.connect(chosen.database_url.get_secret_value())
    if not chosen.api_probes:
        return Monitor(engine, config, utc_now)
    dependencies = ProbeDependencies(
        utc_now, settings.export(chosen), Heartbeats(chosen.dagster_home)
    )
    return Monitor(
        engine, config, utc_now, ProbeScheduler(Pipeline(config.current.processes), dependencies)
    )
