"""A notification to one channel, from the time it is due until it is sent or dropped."""

from typing import Literal

from pydantic import AwareDatetime

from dataflow_health.health.frozen_model import Count, FrozenModel

MessageKind = Literal[
    "opened", "flapping", "unmuted", "reminder", "escalated", "recovered", "digest", "finding"
]

FINDINGS = -1
"""Number in place of an incident's, of messages about findings."""


class Delivery(FrozenModel):
    """One message to one channel.

    Attributes:
        incident_id: Incident that the message is about; 0 for a digest,
            :data:`FINDINGS` for findings.
        kind: Kind of message.
        sequence: Number among messages of this kind about this incident: the second reminder is 2.
            Of a digest, the proleptic ordinal of its day; of findings, their message's number.
        channel: Environment variable that holds the channel's URL.
        rule: Name of the alert rule.
        due_at: Earliest time of the next attempt.
        attempts: Attempts made.
        error: Reason why the last attempt failed.
        outcome: ``due`` until ``sent``; ``dropped`` when a newer message replaces it.
        settled_at: Time when it was sent or dropped.
        batch: Number of the message within its alert cycle; deliveries that a throttle combined
            into one message share it.
    """

    incident_id: int
    kind: MessageKind
    sequence: Count = 0
    channel: str
    rule: str
    due_at: AwareDatetime
    attempts: Count = 0
    error: str = ""
    outcome: Literal["due", "sent", "dropped"] = "due"
    settled_at: AwareDatetime | None = None
    batch: Count = 0

    @property
    def key(self) -> tuple[int, str, int, str]:
        """Identity: a message with the same key is sent at most once."""
        return self.incident_id, self.kind, self.sequence, self.channel
