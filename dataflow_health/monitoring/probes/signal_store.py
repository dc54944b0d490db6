"""The database of live signals, for the checks of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, make_url

from dataflow_health.monitoring.probes.installation import load_settings
from dataflow_health.monitoring.probes.result import ProbeContext
from dataflow_health.storage.signals.signal_database import has_tables
from dataflow_health.storage.sql import database


@contextmanager
def opened(context: ProbeContext) -> Iterator[Engine | None]:
    """The database on separate connections; None while no signal can have been stored in it."""
    url = load_settings(context).telemetry_url.get_secret_value()
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        yield None
        return
    engine = database.connect(url)
    try:
        yield engine if has_tables(engine) else None
    finally:
        engine.dispose()
