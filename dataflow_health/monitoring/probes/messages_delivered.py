"""Kind ``messages_delivered``: no message about an incident waits too long or keeps failing."""

from dataflow_health.health.alert_rule import configured_rules
from dataflow_health.health.delivery_capacity import capacity, longest_window
from dataflow_health.health.self_check import MessagesDelivered
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    passed_if,
)
from dataflow_health.storage.records import message_queue
from dataflow_health.storage.sql.database import reading


def probe(check: MessagesDelivered, context: ProbeContext) -> ProbeResult:
    """Counts messages that failed at least once or are late.

    A message that waits because its rule sent all that it may is not late.

    Raises:
        NotConfigured: No channel of any alert rule is set.
    """
    declared = installation.valid_catalogue(context).alerts
    if not configured_rules(declared, context.environment):
        raise NotConfigured("no channel of any alert rule is set; no messages are sent")
    with installation.ledger(context) as engine, reading(engine) as connection:
        due = message_queue.find_due(connection)
        since = context.now - longest_window(declared.values())
        sent = message_queue.find_sent(connection, since) if due else ()
    failing = [each for each in due if each.attempts > 1]
    late = [
        each
        for each in due
        if context.now - each.due_at > check.at_most
        and (each.attempts or capacity(each.rule, each.channel, declared, sent, context.now) > 0)
    ]
    undelivered = len({each.key for each in (*failing, *late)})
    errors = "; ".join(sorted({f"{each.channel}: {each.error}" for each in failing}))
    detail = f"messages not delivered ({undelivered}) = 0 {errors}"
    return passed_if(not undelivered, detail.strip())
