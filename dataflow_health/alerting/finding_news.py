"""Messages about findings: one per aircraft and algorithm, once for each recording.

They are planned like the messages about incidents, so hours, throttle and retries are the same. A
new rule sends nothing about findings that were in SQL before it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from sqlalchemy import Connection, Engine

from dataflow_health.alerting import alert
from dataflow_health.alerting.alert import Alert
from dataflow_health.alerting.message_format import Line, Message, render
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.diagram.escape import asset_url
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.criteria import limit
from dataflow_health.health.alert_rule import AlertRule, FindingSelector
from dataflow_health.health.debt_evidence import format_count
from dataflow_health.health.delivery import FINDINGS, Delivery
from dataflow_health.storage.records import finding_messages
from dataflow_health.storage.records.finding_messages import (
    FindingDetail,
    FindingSubject,
    FoundPair,
)

Draw = Callable[[str, str, tuple[float, float]], str]
"""Draws a parameter of a recording around a finding as a line of text; empty when it cannot."""
AROUND_S = 60.0
"""Seconds around a finding that its page shows."""
MAX_FINDINGS = 5
"""Findings that a message lists of an aircraft and algorithm; the rest are counted."""
MAX_PARTS = 20
"""Aircraft and algorithms that one message lists: mail gateways refuse large ones."""
LIST_COMMAND = "dataflow-health findings"
WITHDRAWN = "the recording was analysed again, without a finding"
WORST_FIRST = ("alert", "warning", "info")


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """What a message says of findings beside what stands in SQL.

    Attributes:
        algorithms: Declared algorithms, for their meaning and limits.
        links: Where the pages are.
        draw: Draws a parameter around a finding.
    """

    algorithms: Mapping[str, Algorithm]
    links: MessageLinks
    draw: Draw = lambda _recording, _parameter, _span: ""


def plan(
    store: SqlIncidentStore,
    rules: Mapping[str, AlertRule],
    declared: Mapping[str, AlertRule],
    now: datetime,
) -> tuple[Delivery, ...]:
    """Saves a due message for each aircraft and algorithm with new findings.

    A declared rule whose channels are not set here keeps its place: what is found meanwhile is news
    once they are set.

    Args:
        store: Store of the ledger.
        rules: Alert rules with a channel, by name.
        declared: All alert rules, by name.
        now: Current time.

    Returns:
        Deliveries that are new.

    Raises:
        DatabaseError: The ledger is unreachable.
    """
    selecting = {name: rule for name, rule in rules.items() if rule.findings is not None}
    kept = {name for name, rule in declared.items() if rule.findings is not None}
    with store.reading() as known:
        if not selecting and finding_messages.saved_rules(known.connection) <= kept:
            return ()
    with store.writing() as stored:
        finding_messages.keep_rules(stored.connection, kept)
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
    engine: Engine, facts: FindingFacts, now: datetime, deliveries: Sequence[Delivery]
) -> Message:
    """The message of one or several deliveries, with the findings as they are in SQL now.

    Args:
        engine: Engine of the ledger.
        facts: What the message says of them.
        now: Current time, UTC.
        deliveries: Deliveries of findings that are sent as one message.

    Raises:
        DatabaseError: The ledger is unreachable.
    """
    subjects = finding_messages.read(engine, [each.sequence for each in deliveries])
    alerts = [_alert(each, now) for each in subjects if each.findings]
    if len(deliveries) == 1 and subjects:
        return render(_title(subjects[0]), _lines(subjects[0], facts), alerts)
    subjects = sorted(subjects, key=_rank)
    lines = [Line("", _title(each)) for each in subjects]
    if (more := len(subjects) - MAX_PARTS) > 0:
        lines.append(Line("", f"the last {more} without details: {LIST_COMMAND}"))
    for each in subjects[:MAX_PARTS]:
        lines += [Line("", ""), *_lines(each, facts)]
    return render(_title_of_many(subjects), lines, alerts)


def _alert(subject: FindingSubject, now: datetime) -> Alert:
    """The alert of a subject for Alertmanager, which soon ends: a finding has no recovery."""
    annotations = {
        "summary": _title(subject),
        "description": "\n".join(line.value for line in _values(subject.findings)),
        "recordings": ", ".join(line.value for line in _recordings(subject)),
    }
    labels = {"aircraft": subject.tail, "algorithm": subject.algorithm}
    return alert.of_notice(subject.algorithm, _worst(subject), annotations, now, **labels)


def _rank(subject: FindingSubject) -> int:
    """Place of a subject in a message: the worst severity first, withdrawn ones last."""
    ranks = [WORST_FIRST.index(each.severity) for each in subject.findings]
    return min(ranks, default=len(WORST_FIRST))


def _title_of_many(subjects: Sequence[FindingSubject]) -> str:
    algorithms = format_count(len({each.algorithm for each in subjects}), "algorithm")
    aircraft = len({each.tail for each in subjects})
    return f"[FINDING] {_worst(subjects[0])}: {algorithms} on {aircraft} aircraft"


def _title(subject: FindingSubject) -> str:
    """Subject line: worst severity, algorithm and aircraft."""
    return f"[FINDING] {_worst(subject)}: {subject.algorithm} on {subject.tail}"


def _worst(subject: FindingSubject) -> str:
    return (*WORST_FIRST, "withdrawn")[_rank(subject)]


def _lines(subject: FindingSubject, facts: FindingFacts) -> list[Line]:
    algorithm = facts.algorithms.get(subject.algorithm)
    details = asset_url(facts.links.public_url, f"analyse/{subject.algorithm}")
    lines = [
        Line("Finding", algorithm.describes if algorithm else ""),
        Line("Aircraft", subject.tail),
        *_values(subject.findings),
        Line("Limit", limit(algorithm) if algorithm else ""),
        *_first_flight(subject.findings, algorithm, facts),
        Line("Source", algorithm.source if algorithm else ""),
        *_recordings(subject),
        Line("Details", details, "link"),
    ]
    return [line for line in lines if line.value]


def _first_flight(
    findings: Sequence[FindingDetail], algorithm: Algorithm | None, facts: FindingFacts
) -> Iterator[Line]:
    """Plot of the first finding, and the page of its flight."""
    if not findings:
        return
    first, parameter = findings[0], _parameter(findings[0], algorithm)
    if parameter:
        drawn = facts.draw(first.recording_id, parameter, (first.start_s, first.end_s))
        yield Line("Plot", f"{parameter} {drawn}" if drawn else "")
    if facts.links.board_url:
        shown = {"p": parameter} if parameter else {}
        shown["from"] = f"{max(first.start_s - AROUND_S, 0):g}"
        shown["to"] = f"{first.end_s + AROUND_S:g}"
        page = f"{facts.links.board_url.rstrip('/')}/recordings/{first.recording_id}"
        yield Line("Flight", f"{page}?{urlencode(shown)}", "link")


def _parameter(finding: FindingDetail, algorithm: Algorithm | None) -> str:
    """The parameter that a finding measured, or else the first that its algorithm uses."""
    names = sorted(algorithm.parameter_names) if algorithm else []
    named = (word for word in re.findall(r"\w+", finding.detail) if word in names)
    return next(named, names[0] if names else "")


def _values(findings: Sequence[FindingDetail]) -> list[Line]:
    """What was measured, or that it is there no more."""
    if not findings:
        return [Line("Withdrawn", WITHDRAWN)]
    measured = [_measured(each) for each in findings[:MAX_FINDINGS]]
    more = len(findings) - len(measured)
    measured += [f"and {more} more"] if more else []
    return [Line("" if number else "Measured", text) for number, text in enumerate(measured)]


def _recordings(subject: FindingSubject) -> list[Line]:
    """A command for each recording that shows its findings and its way."""
    found = dict.fromkeys(each.recording_id for each in subject.findings)
    ids = list(found or subject.recording_ids)[:MAX_FINDINGS]
    return [
        Line("" if number else "Recording", f"dataflow-health recording show {id_[:12]}", "command")
        for number, id_ in enumerate(ids)
    ]


def _measured(each: FindingDetail) -> str:
    """Measured value, time and duration of one finding."""
    at = f"{each.start_at:%Y-%m-%d %H:%M:%S} UTC" if each.start_at else f"second {each.start_s:g}"
    return f"{each.detail} at {at}, {each.end_s - each.start_s:g} s, {each.severity}"
