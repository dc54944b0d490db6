"""Messages about findings: one per aircraft and algorithm, once for each recording.

They are planned like the messages about incidents, so hours, throttle and retries are the same. A
new rule sends nothing about findings that were in SQL before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, Engine

from dataflow_health.alerting.message_format import Line, Message, render
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.diagram.escape import asset_url
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.criteria import limit
from dataflow_health.health.alert_rule import AlertRule, FindingSelector
from dataflow_health.health.delivery import FINDINGS, Delivery
from dataflow_health.storage.records import finding_messages
from dataflow_health.storage.records.finding_messages import FindingDetail, FoundPair

MAX_FINDINGS = 5
"""Findings that a message lists; the rest are counted."""
WORST_FIRST = ("alert", "warning", "info")


def plan(
    store: SqlIncidentStore, rules: Mapping[str, AlertRule], now: datetime
) -> tuple[Delivery, ...]:
    """Saves a due message for each aircraft and algorithm with new findings.

    Args:
        store: Store of the ledger.
        rules: Alert rules by name.
        now: Current time.

    Returns:
        Deliveries that are new.

    Raises:
        DatabaseError: The ledger is unreachable.
    """
    selecting = {name: rule for name, rule in rules.items() if rule.findings is not None}
    with store.reading() as known:
        if not selecting and not finding_messages.has_rules(known.connection):
            return ()
    with store.writing() as stored:
        finding_messages.keep_rules(stored.connection, selecting.keys())
        new = tuple(
            delivery
            for name, rule in selecting.items()
            for delivery in _of_rule(stored.connection, name, rule, now)
        )
        stored.save_deliveries(new)
    return new


def _of_rule(
    connection: Connection, name: str, rule: AlertRule, now: datetime
) -> Iterator[Delivery]:
    since = finding_messages.read_since(connection, name, now)
    found = finding_messages.find_new(connection, name, since)
    chosen = [each for each in found if rule.findings and _is_selected(rule.findings, each)]
    for _, pairs in groupby(chosen, key=lambda each: (each.tail, each.algorithm)):
        number = finding_messages.next_number(connection)
        finding_messages.save(connection, name, number, list(pairs))
        for channel in rule.channels:
            yield Delivery(
                incident_id=FINDINGS,
                kind="finding",
                sequence=number,
                channel=channel,
                rule=name,
                due_at=rule.next_send_at(now),
            )


def _is_selected(selector: FindingSelector, pair: FoundPair) -> bool:
    return any(
        selector.matches(severity, pair.algorithm, pair.tail) for severity in pair.severities
    )


def make_message(
    engine: Engine,
    algorithms: Mapping[str, Algorithm],
    public_url: str,
    deliveries: Sequence[Delivery],
) -> Message:
    """The message of one or several deliveries, with the findings as they are in SQL now.

    Args:
        engine: Engine of the ledger.
        algorithms: Declared algorithms, for their meaning and limits.
        public_url: URL of the Dagster UI.
        deliveries: Deliveries of findings that are sent as one message.

    Raises:
        DatabaseError: The ledger is unreachable.
    """
    found = finding_messages.read(engine, [each.sequence for each in deliveries])
    parts = [
        (_title(findings), _lines(findings, algorithms, public_url)) for findings in found.values()
    ]
    if len(parts) == 1:
        return render(*parts[0])
    lines = [Line("", title) for title, _ in parts]
    for _, of_part in parts:
        lines += [Line("", ""), *of_part]
    return render(f"{len(parts)} findings in one message", lines)


def _title(findings: Sequence[FindingDetail]) -> str:
    """Subject line: worst severity, algorithm and aircraft."""
    if not findings:
        return "[FINDING] withdrawn: the recording was analysed again, without a finding"
    worst = min((each.severity for each in findings), key=WORST_FIRST.index)
    return f"[FINDING] {worst}: {findings[0].algorithm} on {findings[0].tail}"


def _lines(
    findings: Sequence[FindingDetail], algorithms: Mapping[str, Algorithm], public_url: str
) -> list[Line]:
    if not findings:
        return []
    first = findings[0]
    algorithm = algorithms.get(first.algorithm)
    measured = [_measured(each) for each in findings[:MAX_FINDINGS]]
    more = len(findings) - len(measured)
    measured += [f"and {more} more"] if more else []
    lines = [
        Line("Finding", algorithm.describes if algorithm else ""),
        Line("Aircraft", first.tail),
        *(Line("" if number else "Measured", text) for number, text in enumerate(measured)),
        Line("Limit", limit(algorithm) if algorithm else ""),
        Line("Source", algorithm.source if algorithm else ""),
        *_recordings(findings),
        Line("Details", asset_url(public_url, f"analyse/{first.algorithm}"), "link"),
    ]
    return [line for line in lines if line.value]


def _recordings(findings: Sequence[FindingDetail]) -> list[Line]:
    """A command for each recording that shows its findings and its way."""
    ids = list(dict.fromkeys(each.recording_id for each in findings))[:MAX_FINDINGS]
    return [
        Line("" if number else "Recording", f"dataflow-health recording show {id_[:12]}", "command")
        for number, id_ in enumerate(ids)
    ]


def _measured(each: FindingDetail) -> str:
    """Measured value, time and duration of one finding."""
    at = f"{each.start_at:%Y-%m-%d %H:%M:%S} UTC" if each.start_at else f"second {each.start_s:g}"
    return f"{each.detail} at {at}, {each.end_s - each.start_s:g} s, {each.severity}"
