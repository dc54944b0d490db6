"""A watch put together from the settings."""

from datetime import UTC, datetime

from dataflow_health import settings
from dataflow_health.health.graph import Pipeline
from dataflow_health.orchestration.heartbeats import Heartbeats
from dataflow_health.orchestration.probes.asking import Asker
from dataflow_health.orchestration.probes.pool import ProbePool
from dataflow_health.orchestration.reload import declared
from dataflow_health.orchestration.watch import Watch
from dataflow_health.settings import Settings
from dataflow_health.storage import database


def utc_now() -> datetime:
    """The moment. Everything below takes it as an argument."""
    return datetime.now(UTC)


def over(chosen: Settings) -> Watch:
    """A watch over one installation; nothing is asked or read yet, the database may be away.

    Raises:
        ConfigError: The declared YAML is wrong.
        DatabaseFault: The database's URL is none.
    """
    config = declared(chosen)
    engine = database.connect(chosen.database_url.get_secret_value())
    if not chosen.api_probes:
        return Watch(engine, config, utc_now)
    asker = Asker(utc_now, settings.export(chosen), Heartbeats(chosen.dagster_home))
    return Watch(engine, config, utc_now, ProbePool(Pipeline(config.current.processes), asker))
