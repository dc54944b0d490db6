"""One alert cycle: evaluate health, update incidents, send due messages.

The alert sensor runs a cycle every few seconds; ``dataflow-health alert send`` runs one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from dataflow_health.alerting import (
    alert_refresh,
    delivery,
    digest,
    failure_correlation,
    finding_news,
    hand_over,
    incident_engine,
)
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.finding_news import FindingFacts
from dataflow_health.alerting.incident_engine import AlertConfig
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.alerting.offline_store import OfflineIncidentStore, OfflineRecords
from dataflow_health.alerting.outgoing import Outgoing
from dataflow_health.alerting.problem_detection import find_problems
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import DatabaseError
from dataflow_health.health.alert_rule import configured_rules
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Incident
from dataflow_health.monitoring import dagster_links, evaluation, health_service
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.sql import database

LOCKED_AFTER_S = 3.0
"""Time after which a ledger that another writer locks counts as unreachable: long before the probe
of it has failed twice, so that the message does not wait for the lock to end."""


DrawFrom = Callable[[Engine, Lake, str, str, tuple[float, float]], str]
"""Draws a parameter of a recording in the lake around a finding, as a line of text."""


@dataclass(frozen=True, slots=True)
class CycleResult:
    """Outcome of an alert cycle.

    Attributes:
        changed: Number of incidents that changed.
        sent: Number of deliveries that were sent.
        failed: Number of deliveries that could not be sent.
        offline: Records that the next cycle needs while the ledger is unreachable.
        ledger_error: Reason why the ledger is unreachable; empty while it is reachable.
    """

    changed: int
    sent: int
    failed: int
    offline: OfflineRecords
    ledger_error: str = ""

    def __str__(self) -> str:
        counts = f"incidents changed: {self.changed}"
        counts += f"; messages sent: {self.sent}, failed: {self.failed}"
        return f"{counts}; ledger unreachable: {self.ledger_error}" if self.ledger_error else counts


def make_notifier(
    catalogue: Catalogue,
    settings: Settings,
    environment: Mapping[str, str],
    *,
    pause: Callable[[str], None] = lambda _step: None,
) -> Notifier:
    """Notifier with the declared rules whose channels are set in the environment.

    Args:
        catalogue: Declared rules and processes.
        settings: Settings.
        environment: Environment variables that hold the channels' URLs.
        pause: Called with the name of each step of a cycle.
    """
    send = Outgoing(settings, catalogue.recorders, environment).send
    processes = catalogue.processes
    owners = {name: process.owner for name, process in processes.items()}
    paths = dagster_links.asset_paths(processes)
    links = MessageLinks(settings.public_url, paths, owners, settings.board_url)
    rules = configured_rules(catalogue.alerts, environment)
    return Notifier(rules, environment, links, send, pause)


def run_cycle(
    deps: Callable[[], Dependencies],
    catalogue: Catalogue,
    notifier: Notifier,
    offline: OfflineRecords,
    now: datetime,
    draw: DrawFrom = lambda *_: "",
) -> CycleResult:
    """Runs one cycle: with the ledger, or on the offline records while it is unreachable.

    Args:
        deps: Returns the dependencies; raises :class:`DatabaseError` while the ledger is
            unreachable.
        catalogue: Declared processes, for a cycle without the ledger.
        notifier: Rules, channels and transport of messages.
        offline: Records that the previous cycle returned.
        now: Current time.
        draw: Draws a parameter of a recording in the lake around a finding.
    """
    try:
        return _with_ledger(deps(), notifier, offline, now, draw)
    except DatabaseError as error:
        return _without_ledger(catalogue, notifier, offline, str(error), now)


def _with_ledger(
    deps: Dependencies, notifier: Notifier, offline: OfflineRecords, now: datetime, draw: DrawFrom
) -> CycleResult:
    engine, processes = deps.engine, deps.catalogue.processes
    database.require_unlocked(engine, LOCKED_AFTER_S)
    store = SqlIncidentStore(engine)
    hand_over.store_records(store, offline)
    report = health_service.from_ledger(engine, deps.catalogue, now)
    notifier.pause("before updating incidents")
    changed = incident_engine.update_incidents(
        store,
        AlertConfig(processes, notifier.rules),
        report,
        find_problems(report, quarantine.counts(engine)),
        now,
        partial(failure_correlation.likely_cause, engine),
    )
    notifier.pause("after updating incidents")
    digest.schedule_digests(store, notifier.rules, now)
    make_digest = partial(digest.make_digest, engine, processes, now)
    finding_news.plan(store, notifier.rules, deps.catalogue.alerts, now)
    facts = FindingFacts(
        deps.catalogue.algorithms, notifier.links, partial(draw, engine, deps.lake)
    )
    make_finding = partial(finding_news.make_message, engine, facts, now)
    attempted = delivery.deliver(store, notifier, now, make_digest, make_finding)
    alert_refresh.refresh(store, notifier, now)
    ledger_checks = {
        (each.process, each.check) for each in evaluation.ledger_failures(processes, "", now)
    }
    return _result(changed, attempted, hand_over.copy_records(store, ledger_checks))


def _without_ledger(
    catalogue: Catalogue, notifier: Notifier, offline: OfflineRecords, error: str, now: datetime
) -> CycleResult:
    """The only problem visible without the ledger is that its checks fail."""
    since = offline.unreachable_since or now
    report = health_service.without_ledger(catalogue, error, now)
    problems = [each.model_copy(update={"since": since}) for each in find_problems(report)]
    store = OfflineIncidentStore(offline.model_copy(update={"unreachable_since": since}))
    config = AlertConfig(catalogue.processes, notifier.rules)
    changed = incident_engine.update_incidents(store, config, report, problems, now)
    attempted = delivery.deliver(store, notifier, now)
    alert_refresh.refresh(store, notifier, now)
    return _result(changed, attempted, store.records, error)


def _result(
    changed: Sequence[Incident],
    attempted: Sequence[Delivery],
    offline: OfflineRecords,
    ledger_error: str = "",
) -> CycleResult:
    sent = sum(each.outcome == "sent" for each in attempted)
    return CycleResult(len(changed), sent, len(attempted) - sent, offline, ledger_error)
