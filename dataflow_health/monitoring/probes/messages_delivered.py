"""Kind ``messages_delivered``: no message about an incident waits too long or keeps failing."""

from collections.abc import Mapping

from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.self_check import MessagesDelivered
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    passed_if,
)
from dataflow_health.storage.records import message_queue


def probe(check: MessagesDelivered, context: ProbeContext) -> ProbeResult:
    """Counts messages that failed at least once or are late.

    Raises:
        NotConfigured: No channel of any alert rule is set.
    """
    if not _has_channel(installation.load_catalogue(context).alerts, context.environment):
        raise NotConfigured("no channel of any alert rule is set, so nobody is notified")
    with installation.ledger(context) as engine:
        due = message_queue.find_due(engine)
    failing = [each for each in due if each.attempts > 1]
    late = [each for each in due if context.now - each.due_at > check.at_most]
    undelivered = len({each.key for each in (*failing, *late)})
    errors = "; ".join(sorted({f"{each.channel}: {each.error}" for each in failing}))
    detail = f"messages not delivered ({undelivered}) = 0 {errors}"
    return passed_if(not undelivered, detail.strip())


def _has_channel(rules: Mapping[str, AlertRule], environment: Mapping[str, str]) -> bool:
    return any(environment.get(channel) for rule in rules.values() for channel in rule.channels)
