"""Archives and recordings that stages have finished, and how long their runs took."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, case, false, func, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


class DayCost(NamedTuple):
    """Finished recordings of one arrival day.

    Attributes:
        arrival_day: The arrival day.
        recordings: Number of recordings that the first of the stages has finished.
        took: Their share of the time from start to end of the stages' runs.
    """

    arrival_day: date
    recordings: int
    took: timedelta


class ArchiveCost(NamedTuple):
    """Finished archives of all days.

    Attributes:
        archives: Number of archives that the stage has finished.
        took: Time from start to end of the stage's runs, added up.
    """

    archives: int
    took: timedelta


def read_archives(engine: Engine, stage: str) -> ArchiveCost:
    """Finished archives at a stage, whatever their day.

    Args:
        engine: Database of the ledger.
        stage: The stage.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.archive_stage
    statement = (
        select(
            func.count(),
            func.min(table.c.started_at),
            func.max(table.c.finished_at),
        )
        .where(table.c.stage == stage, table.c.state == "done")
        .group_by(table.c.arrival_day, table.c.run_id)
    )
    runs = fetch(engine, statement)
    took = (ended_at - begun_at for _, begun_at, ended_at in runs if begun_at and ended_at)
    return ArchiveCost(sum(count for count, _, _ in runs), sum(took, timedelta()))


def read(
    engine: Engine,
    stages: Sequence[str],
    *,
    recorders: Sequence[str] = (),
    layouts: Sequence[str] = (),
    of_all: bool = False,
) -> list[DayCost]:
    """Finished recordings of some recorders or layouts, newest arrival day first.

    A run takes its recordings side by side, so its time is shared among them.

    Args:
        engine: Database of the ledger.
        stages: The stages, first to last.
        recorders: Recorders of the recordings.
        layouts: Layouts of the recordings.
        of_all: All recordings, whatever their recorder and layout.

    Raises:
        DatabaseError: The database does not answer.
    """
    stage, recording = tables.recording_stage, tables.recording
    chosen: ColumnElement[bool] = recording.c.recorder.in_(recorders)
    chosen = chosen | func.coalesce(recording.c.layout.in_(layouts), false())
    counted = func.sum(case((chosen, 1), else_=0)) if not of_all else func.count()
    statement = (
        select(
            stage.c.arrival_day,
            stage.c.stage,
            func.count().label("all"),
            counted.label("chosen"),
            func.min(stage.c.started_at).label("begun_at"),
            func.max(stage.c.finished_at).label("ended_at"),
        )
        .join(recording, recording.c.id == stage.c.recording_id)
        .where(stage.c.stage.in_(stages), stage.c.state == "done")
        .group_by(stage.c.arrival_day, stage.c.stage, stage.c.run_id)
    )
    counts: dict[str, int] = {}
    took_s: dict[str, float] = {}
    for day, name, every, some, begun_at, ended_at in fetch(engine, statement):
        counts[day] = counts.get(day, 0) + (some if name == stages[0] else 0)
        run_s = (ended_at - begun_at).total_seconds() if begun_at and ended_at else 0.0
        took_s[day] = took_s.get(day, 0.0) + run_s * some / every
    return [
        DayCost(date.fromisoformat(day), count, timedelta(seconds=took_s[day]))
        for day, count in sorted(counts.items(), reverse=True)
        if count
    ]
