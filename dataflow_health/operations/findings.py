"""Findings of all recordings, and what people judge of them."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.schemas import FindingEntry, FindingPage
from dataflow_health.storage.queries import findings
from dataflow_health.storage.queries.findings import NEW, FindingFilter
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import upsert


def page(engine: Engine, chosen: FindingFilter) -> FindingPage:
    """One page of findings, newest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    rows, total = findings.read_page(engine, chosen)
    undated = findings.count(engine, replace(chosen, undated=True, from_at=None, to_at=None))
    return FindingPage(
        findings=tuple(FindingEntry.model_validate(row._asdict()) for row in rows),
        total=total,
        is_capped=total >= findings.MAX_COUNTED,
        undated=undated,
        limit=chosen.limit,
        offset=chosen.offset,
    )


def judge(
    engine: Engine,
    finding: tuple[str, str, int],
    operator: Operator,
    *,
    state: str,
    reason: str,
    at: datetime,
) -> None:
    """Saves that a finding is confirmed, dismissed or new again, with an audit entry.

    Args:
        engine: Database of the results.
        finding: Recording id, algorithm and number.
        operator: Who judges.
        state: ``new``, ``confirmed`` or ``dismissed``.
        reason: Reason in the operator's words.
        at: Time of the judgement, UTC.

    Raises:
        NotFound: There is no such finding.
        NotAllowed: A dismissal has no reason.
        DatabaseError: The database does not answer.
    """
    recording, algorithm, number = finding
    if state == "dismissed" and not reason.strip():
        raise NotAllowed("a finding is dismissed with a reason: give one")
    with writing(engine) as connection:
        start_s = _start_s(connection, recording, algorithm, number)
        key = {"recording_id": recording, "algorithm": algorithm, "number": number}
        if state == NEW:
            table = tables.finding_triage
            statement = delete(table).where(*(table.c[name] == key[name] for name in key))
            connection.execute(statement)
        else:
            judged = {"state": state, "reason": reason, "operator": operator.name, "judged_at": at}
            upsert(connection, tables.finding_triage, [{**key, "start_s": start_s, **judged}])
        subject = f"{algorithm} {number} of {recording}: {state}"
        audit_log.append(connection, operator, "judge", [subject], reason, at)


def _start_s(connection: Connection, recording: str, algorithm: str, number: int) -> float:
    table = tables.finding
    statement = select(table.c.start_s).where(
        table.c.recording_id == recording, table.c.algorithm == algorithm, table.c.number == number
    )
    found = connection.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(
            f"no finding {number} of {algorithm} is in the recording {recording[:12]}; "
            "GET /findings lists all"
        )
    return float(found)
