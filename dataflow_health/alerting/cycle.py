"""One round of on call: look at everything, take incidents a step on, send what is due.

The sensor does it every few seconds; ``dataflow-health alert send`` does it once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dataflow_health.alerting import (
    apprise_channel,
    delivery,
    digest,
    incident_engine,
    offline_store,
)
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.incident_engine import Watched
from dataflow_health.alerting.messages import Message, MessageLinks
from dataflow_health.alerting.offline_store import Memory
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import DatabaseError
from dataflow_health.monitoring import dagster_links, health_service
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What a round did.

    Attributes:
        changed: Incidents that changed.
        sent: Messages that went out.
        failed: Messages that could not.
        memory: What the next round must know, the ledger being away.
        fault: Why the ledger is away; empty when it is not.
    """

    changed: int
    sent: int
    failed: int
    memory: Memory
    fault: str = ""

    def __str__(self) -> str:
        words = f"{self.changed} incidents changed, {self.sent} messages sent, {self.failed} failed"
        return f"{words}; {self.fault}" if self.fault else words


def make_notifier(
    catalogue: Catalogue,
    chosen: Settings,
    environment: Mapping[str, str],
    *,
    pause: Callable[[str], None] = lambda _step: None,
) -> Notifier:
    """What sending needs, from what is declared and set.

    Args:
        catalogue: Declares the rules.
        chosen: The settings.
        environment: Where channels' URLs are.
        pause: Called between the steps.
    """

    def send(url: str, message: Message) -> str:
        return apprise_channel.send(url, message, environment)

    processes = catalogue.processes
    owners = {name: process.owner for name, process in processes.items()}
    place = MessageLinks(chosen.public_url, dagster_links.asset_paths(processes), owners)
    rules = incident_engine.configured_rules(catalogue.alerts, environment)
    return Notifier(rules, environment, place, send, pause)


def run_cycle(
    deps: Callable[[], Dependencies],
    catalogue: Catalogue,
    posted: Notifier,
    memory: Memory,
    now: datetime,
) -> CycleResult:
    """One round; the ledger may be away.

    Args:
        deps: Gives the dependencies; raises :class:`DatabaseError` while the ledger is away.
        catalogue: What is declared.
        posted: Rules and channels.
        memory: What the last round left.
        now: The moment.
    """
    try:
        return _with_ledger(deps(), posted, memory, now)
    except DatabaseError as fault:
        report = health_service.without_ledger(catalogue, str(fault), now)
        left = offline_store.away(memory, report, posted, now)
        told = sum(len(each.told) for each in left.causes.values())
        before = sum(len(each.told) for each in memory.causes.values())
        return CycleResult(len(left.causes), told - before, 0, left, str(fault))


def _with_ledger(
    deps: Dependencies, posted: Notifier, memory: Memory, now: datetime
) -> CycleResult:
    forgotten = offline_store.back(deps.engine, memory, now)
    report = health_service.from_ledger(deps.engine, deps.catalogue, now)
    posted.pause("before looking")
    watched = Watched(deps.catalogue.processes, posted.rules)
    changed = incident_engine.update_incidents(deps.engine, watched, report, now)
    posted.pause("after looking")
    digest.schedule_digests(deps.engine, posted.rules, now)
    tried = delivery.deliver(deps.engine, posted, now)
    sent = sum(each.outcome == "sent" for each in tried)
    return CycleResult(len(changed), sent, len(tried) - sent, forgotten)
