"""The newest result of every check, stored beside the ledger for all readers."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, get_args

from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    func,
    or_,
    select,
    tuple_,
)

from dataflow_health.health.check import STEP
from dataflow_health.health.check_status import FAILING_OUTCOMES
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health.storage.sql.statements import CHUNK, Values, chunks, fetch, upsert

OVERTAKEN_WITHIN = timedelta(minutes=2)
"""Results of one check that are further apart come from a clock that was set back."""
Key = tuple[str, str, str, str]
"""Process, check, part and arrival day."""
KEYS = CHUNK // len(get_args(Key))
"""Keys in one statement."""


def save(engine: Engine, results: Sequence[Observation], run_id: str = "") -> None:
    """Replaces the saved results of the same checks; ``since_at`` stays while the outcome stays.

    A result that is a little older than the saved one is left out: its check was slow, or another
    process was quicker. One that is much older replaces it, as after a clock was set back.

    Raises:
        DatabaseError: The database does not answer.
    """
    if not results:
        return
    with writing(engine) as connection:
        saved = _saved(connection, results)
        pairs = [(each, saved.get(_key(each))) for each in results]
        changed = change_numbers.current(connection, tables.observation.c.changed)
        rows = [
            {**_values(each, before, run_id), "changed": changed}
            for each, before in pairs
            if run_id or not (before and is_overtaken(each.at, before.observed_at))
        ]
        upsert(connection, tables.observation, rows)


def _saved(connection: Connection, results: Sequence[Observation]) -> Mapping[Key, Row[Any]]:
    """The saved results of the same checks, parts and days; no others are read."""
    table = tables.observation
    key = (table.c.process, table.c.check_name, table.c.part, table.c.arrival_day)
    statement = select(*key, table.c.outcome, table.c.since_at, table.c.observed_at)
    return {
        (row.process, row.check_name, row.part, row.arrival_day): row
        for chunk in chunks(sorted(set(map(_key, results))), KEYS)
        for row in connection.execute(statement.where(tuple_(*key).in_(chunk)))
    }


def _key(each: Observation) -> Key:
    day = each.arrival_day.isoformat() if each.arrival_day else ""
    return each.process, each.check, each.part, day


def is_overtaken(at: datetime, newest_at: datetime) -> bool:
    """Whether a later one was saved meanwhile; a much later one is from before a clock change.

    Args:
        at: Time of a result or of a status change.
        newest_at: Time of the newest saved one of the same check or process.
    """
    return timedelta() < newest_at - at < OVERTAKEN_WITHIN


def _values(each: Observation, before: Row[Any] | None, run_id: str) -> Values:
    process, check, part, day = _key(each)
    same = before is not None and before.outcome == each.outcome
    return {
        "process": process,
        "check_name": check,
        "part": part,
        "arrival_day": day,
        "outcome": each.outcome,
        "severity": each.severity,
        "detail": each.detail,
        "evidence": [item.model_dump(mode="json", exclude_defaults=True) for item in each.evidence],
        "since_at": before.since_at if before and same else each.since_at or each.at,
        "observed_at": each.at,
        "link": each.link,
        "run_id": run_id,
    }


def read(engine: Engine) -> list[Observation]:
    """All results, in one query.

    Raises:
        DatabaseError: The database does not answer.
    """
    return [_observation(row) for row in fetch(engine, _RESULTS)]


def read_undated(engine: Engine, checks: Collection[tuple[str, str]]) -> list[Observation]:
    """Results of checks, by process and name, that belong to no arrival day.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.observation
    statement = _RESULTS.where(table.c.arrival_day == "")
    named = tuple_(table.c.process, table.c.check_name)
    with reading(engine) as connection:
        return [
            _observation(row)
            for chunk in chunks(sorted(checks), KEYS)
            for row in connection.execute(statement.where(named.in_(chunk)))
        ]


def read_changed(connection: Connection, since: int) -> dict[Key, Observation]:
    """Results by key.

    Args:
        connection: Any connection.
        since: Only those with this change number or a higher one; 0 for all.
    """
    changed = tables.observation.c.changed >= since
    results = map(_observation, connection.execute(_RESULTS.where(changed) if since else _RESULTS))
    return {_key(each): each for each in results}


def read_days(connection: Connection, days: Collection[str]) -> dict[Key, Observation]:
    """Results by key of some arrival days; an empty day stands for results without one."""
    day = tables.observation.c.arrival_day
    return {
        _key(each): each
        for chunk in chunks(sorted(days))
        for each in map(_observation, connection.execute(_RESULTS.where(day.in_(chunk))))
    }


_RESULTS = select(
    tables.observation.c.process,
    tables.observation.c.check_name,
    tables.observation.c.part,
    tables.observation.c.arrival_day,
    tables.observation.c.outcome,
    tables.observation.c.severity,
    tables.observation.c.detail,
    cast(tables.observation.c.evidence, Text),
    tables.observation.c.since_at,
    tables.observation.c.observed_at,
    tables.observation.c.link,
)
"""Evidence is parsed only where there is any: thousands of results have none."""


def _observation(row: Row[Any]) -> Observation:
    process, check, part, day, outcome, severity, detail, evidence, since_at, at, link = row
    return Observation(
        process=process,
        check=check,
        part=part,
        arrival_day=date.fromisoformat(day) if day else None,
        outcome=outcome,
        severity=severity,
        detail=detail,
        evidence=()
        if evidence == "[]"
        else tuple(map(Evidence.model_validate, json.loads(evidence))),
        at=at,
        since_at=min(since_at, at),
        link=link,
    )


_AS_THE_INDEX: BindParameter[Any] = bindparam(
    "failing", FAILING_OUTCOMES, expanding=True, literal_execute=True
)
"""Written into the statement: a partial index cannot serve bound parameters."""


def failed_run_days(engine: Engine, stage: str | None = None) -> set[str]:
    """Arrival days whose newest run of a stage failed.

    Args:
        engine: Database of the ledger.
        stage: The stage; all stages for None.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.observation
    statement = select(table.c.arrival_day).where(
        table.c.check_name == STEP, table.c.arrival_day != "",
        table.c.outcome.in_(_AS_THE_INDEX),
    )  # fmt: skip
    if stage is not None:
        statement = statement.where(table.c.process == stage)
    return {row.arrival_day for row in fetch(engine, statement)}


def unchecked_days(
    engine: Engine,
    checks: Collection[tuple[str, str]],
    days: Collection[str] | None = None,
) -> list[str]:
    """Arrival days whose data changed after it was last checked, oldest first.

    A run that died between its work and its checks leaves such a day behind.

    Args:
        engine: Database of the ledger.
        checks: Process and name of each declared asset check. Results of others stay as they are,
            because no run evaluates them any more, so they do not count.
        days: Only these arrival days; without them the cost grows with the history.

    Raises:
        DatabaseError: The database does not answer.
    """
    if days is None:
        return sorted(row.arrival_day for row in fetch(engine, _unchecked(checks)))
    return sorted(
        row.arrival_day
        for some in chunks(sorted(days))
        for row in fetch(engine, _unchecked(checks, some))
    )


def _unchecked(
    checks: Collection[tuple[str, str]], days: Collection[str] | None = None
) -> Select[tuple[str]]:
    results, counts = tables.observation, tables.day_count
    named = tuple_(results.c.process, results.c.check_name).in_(sorted(checks))
    place = (results.c.process, results.c.arrival_day)
    is_checked = (results.c.arrival_day != "") & (results.c.part == "") & named
    if days is not None:
        is_checked &= results.c.arrival_day.in_(days)
    checked = (
        select(*place, func.min(results.c.observed_at).label("at"))
        .where(is_checked)
        .group_by(*place)
        .subquery()
    )
    same = (checked.c.process == counts.c.step) & (checked.c.arrival_day == counts.c.arrival_day)
    statement = (
        select(counts.c.arrival_day)
        .distinct()
        .join_from(counts, checked, same, isouter=True)
        .where(counts.c.number > 0, counts.c.finished_at.is_not(None))
        .where(counts.c.step.in_(sorted({process for process, _ in checks})))
        .where(or_(checked.c.at.is_(None), checked.c.at < counts.c.finished_at))
    )
    return statement if days is None else statement.where(counts.c.arrival_day.in_(days))
