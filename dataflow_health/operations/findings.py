"""Findings of all recordings, and what people judge of them."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health.schemas import FindingEntry, FindingPage
from dataflow_health.storage.queries import findings
from dataflow_health.storage.queries.findings import FindingFilter
from dataflow_health.storage.records import audit_log, finding_states
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.records.finding_states import NEW
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import upsert


def page(
    engine: Engine, chosen: FindingFilter, pseudonyms: Pseudonyms | None = None
) -> FindingPage:
    """One page of findings, newest first; with the aircraft's pseudonyms, if there are any.

    Raises:
        DatabaseError: The database does not answer.
    """
    rows, total = findings.read_page(engine, chosen)
    undated = findings.count(engine, replace(chosen, undated=True, from_at=None, to_at=None))
    return FindingPage(
        findings=tuple(
            FindingEntry.model_validate(
                {**row._asdict(), "pseudonym": pseudonyms.of(row.tail) if pseudonyms else ""}
            )
            for row in rows
        ),
        total=total,
        is_capped=total >= findings.MAX_COUNTED,
        undated=undated,
        limit=chosen.limit,
        offset=chosen.offset,
    )


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """Finding that a person judges, as the person saw it.

    Attributes:
        recording: Recording id.
        algorithm: Name of the algorithm.
        number: Position among the findings of the algorithm in the recording.
        start_s: Start in seconds after the recording's.
        severity: ``info``, ``warning`` or ``alert``.
        detail: What it says; two events of one algorithm may begin at the same time.
    """

    recording: str
    algorithm: str
    number: int
    start_s: float
    severity: str
    detail: str


def judge(
    engine: Engine,
    event: JudgedEvent,
    operator: Operator,
    *,
    state: str,
    reason: str,
    at: datetime,
) -> None:
    """Saves that a finding is confirmed, dismissed or new again, with an audit entry.

    Args:
        engine: Database of the results.
        event: The finding as the operator saw it.
        operator: Who judges.
        state: ``new``, ``confirmed`` or ``dismissed``.
        reason: Reason in the operator's words.
        at: Time of the judgement, UTC.

    Raises:
        NotFound: There is no such finding.
        NotAllowed: A dismissal has no reason, or the finding is another one by now.
        DatabaseError: The database does not answer.
    """
    if state == "dismissed" and not reason.strip():
        raise NotAllowed("a finding is dismissed with a reason: give one")
    key = {
        "recording_id": event.recording, "algorithm": event.algorithm,
        "start_s": event.start_s, "detail": event.detail,
    }  # fmt: skip
    with writing(engine) as connection:
        day = _check_unchanged(connection, event)
        if state == NEW:
            table = tables.finding_triage
            statement = delete(table).where(*(table.c[name] == key[name] for name in key))
            connection.execute(statement)
        else:
            judged = {"state": state, "reason": reason, "operator": operator.name, "judged_at": at}
            row = {**key, "severity": event.severity, **judged}
            upsert(connection, tables.finding_triage, [row])
        finding_states.renew(connection, day, [event.recording])
        subject = f"{event.algorithm} at {event.start_s:g} s of {event.recording}: {state}"
        audit_log.append(connection, operator, "judge", [subject], reason, at)


def _check_unchanged(connection: Connection, event: JudgedEvent) -> str:
    """Arrival day of an event; refuses to judge one that the operator has not seen.

    It is locked: a load that replaces it at the same time comes before or after the judgement. One
    that was replaced while this waited is looked for once more.
    """
    table = tables.finding
    seen = (table.c.start_s, table.c.severity, table.c.detail)
    statement = (
        select(*seen, table.c.arrival_day)
        .with_for_update()
        .where(
            table.c.recording_id == event.recording,
            table.c.algorithm == event.algorithm,
            table.c.number == event.number,
        )
    )
    found = (
        connection.execute(statement).one_or_none() or connection.execute(statement).one_or_none()
    )
    name = f"finding {event.number} of {event.algorithm}"
    if found is None:
        raise NotFound(
            f"no {name} is in the recording {event.recording[:12]}; GET /findings lists all"
        )
    if tuple(found[:3]) != (event.start_s, event.severity, event.detail):
        raise NotAllowed(
            f"{name} is by now {found.severity} at {found.start_s:g} s ({found.detail}), not "
            f"{event.severity} at {event.start_s:g} s ({event.detail}): read the findings again "
            "and judge that"
        )
    return str(found.arrival_day)
