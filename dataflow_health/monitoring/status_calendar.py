"""The last days of every process, from the seconds that were saved by day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine

from dataflow_health.health import status_day
from dataflow_health.health.report import ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.schemas import ProcessCalendar, StatusCalendar
from dataflow_health.storage.records import status_days


def read(
    engine: Engine, processes: Sequence[ProcessHealth], days: int, now: datetime
) -> StatusCalendar:
    """Every process on each of the last days.

    It reads the rows of these days only: at most one for each day, process and status.

    Args:
        engine: Database of the ledger.
        processes: The declared processes, in order.
        days: Number of days, today included.
        now: Evaluation time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    today = now.astimezone(UTC).date()
    shown = [today - timedelta(days=ago) for ago in range(days - 1, -1, -1)]
    seconds: defaultdict[tuple[date, str], dict[Status, float]] = defaultdict(dict)
    for key, each in status_days.read(engine, shown[0]).items():
        seconds[key.day, key.process][key.status] = each
    calendars = [
        ProcessCalendar(
            process=process.name,
            external=process.external,
            days=tuple(
                status_day.summarise(day, seconds.get((day, process.name), {}), now)
                for day in shown
            ),
        )
        for process in processes
    ]
    return StatusCalendar(first_day=shown[0], last_day=today, processes=tuple(calendars))
