"""The database of live signals, for the checks of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, make_url

from dataflow_health.errors import DatabaseError
from dataflow_health.monitoring.probes.installation import load_settings
from dataflow_health.monitoring.probes.result import NotConfigured, ProbeContext
from dataflow_health.storage.signals.signal_database import has_tables
from dataflow_health.storage.sql import database, server_limits


@contextmanager
def opened(context: ProbeContext) -> Iterator[Engine | None]:
    """The database on separate connections; None while no signal can have been stored in it.

    Raises:
        NotConfigured: It is the results database, which does not answer: its own check shows that.
        DatabaseError: It is another database, which does not answer.
    """
    chosen = load_settings(context)
    url = chosen.telemetry_url.get_secret_value()
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        yield None
        return
    engine = database.connect(url, server_limits.from_settings(chosen))
    try:
        yield engine if has_tables(engine) else None
    except DatabaseError as error:
        if url != chosen.database_url.get_secret_value():
            raise
        raise NotConfigured("the results database does not answer; see its own checks") from error
    finally:
        engine.dispose()
