"""Numbers of every aircraft for graphs: newest arrival, open items, recent findings."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, func, select

from dataflow_health.storage.queries import newest_arrivals, readiness
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


class AircraftNumbers(NamedTuple):
    """Numbers of the fleet.

    Attributes:
        last_arrivals: Arrival of each aircraft's newest recording, UTC.
        open_items: Archives and recordings without results, by aircraft, stage and state.
        findings: Findings in flights since a time, by aircraft and severity.
    """

    last_arrivals: Mapping[str, datetime]
    open_items: Mapping[tuple[str, str, str], int]
    findings: Mapping[tuple[str, str], int]


def read(engine: Engine, since: datetime) -> AircraftNumbers:
    """Numbers of all aircraft; their cost follows the fleet and what is recent or open.

    Args:
        engine: Database of the ledger.
        since: Start of the findings that count, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    last_arrivals = newest_arrivals.by_tail(engine)
    items = Counter(
        (tail, each.stage, each.state)
        for tail, found in readiness.open_items(engine, tuple(last_arrivals)).items()
        for each in found
    )
    finding = tables.finding.c
    counted = (
        select(finding.tail, finding.severity, func.count().label("number"))
        .where(finding.start_at >= since)
        .group_by(finding.tail, finding.severity)
    )
    findings = {(row.tail, row.severity): row.number for row in fetch(engine, counted)}
    return AircraftNumbers(last_arrivals, items, findings)
