"""What the client does: incidents, quarantine, reruns, judgements. Needs a key that may operate."""

from datetime import datetime

from dataflow_health.client.connection import Connection, segment
from dataflow_health.health.incident import Incident
from dataflow_health.schemas import (
    ChangedCount,
    FindingEntry,
    JudgedFinding,
    RebuildResponse,
    RerunResponse,
)


class Actions(Connection):
    """Actions of an operator. The audit log names the key, or the person of the token."""

    def acknowledge(self, number: int, *, note: str = "") -> Incident:
        """Acknowledges an incident: it sends no more reminders and does not escalate.

        Raises:
            NotFound: There is no such incident.
            ApiError: The key may not operate, or the incident has ended.
        """
        return self._post(Incident, f"/incidents/{number}/ack", {"note": note})

    def mute(self, number: int, *, until: datetime, ticket: str, note: str = "") -> Incident:
        """Mutes the notifications of an incident until a given time.

        Args:
            number: Id of the incident.
            until: End of the mute.
            ticket: URL of the ticket that tracks the problem.
            note: Note for the audit log.
        """
        body = {"until": until.isoformat(), "ticket": ticket, "note": note}
        return self._post(Incident, f"/incidents/{number}/mute", body)

    def unmute(self, number: int, *, note: str = "") -> Incident:
        """Ends a mute early."""
        return self._post(Incident, f"/incidents/{number}/unmute", {"note": note})

    def resolve(self, number: int, *, how: str, note: str = "") -> Incident:
        """Resolves an incident by hand, with the way it ended."""
        return self._post(Incident, f"/incidents/{number}/resolve", {"how": how, "note": note})

    def replay(self, id_prefix: str, *, reason: str, layout: str | None = None) -> int:
        """Queues an item for the stage that refused it; the sensor runs it within seconds.

        Args:
            id_prefix: Id of the item, or a unique prefix of it.
            reason: Reason for the audit log.
            layout: Layout to decode it with from now on.

        Returns:
            Number of items queued.
        """
        body = {"reason": reason, "layout": layout}
        return self._post(ChangedCount, f"/quarantine/{segment(id_prefix)}/replay", body).changed

    def replay_selection(
        self, *, reason: str, layout: str | None = None, **filters: str | None
    ) -> int:
        """Queues all items that match the filters; returns their number."""
        body = {"reason": reason, "layout": layout, **filters}
        return self._post(ChangedCount, "/quarantine/replay", body).changed

    def write_off(self, id_prefix: str, *, reason: str) -> int:
        """Gives an item up, with a reason; its bytes are kept. Returns the number of items."""
        path = f"/quarantine/{segment(id_prefix)}/write-off"
        return self._post(ChangedCount, path, {"reason": reason}).changed

    def write_off_selection(self, *, reason: str, **filters: str | None) -> int:
        """Gives all items up that match the filters; returns their number."""
        return self._post(
            ChangedCount, "/quarantine/write-off", {"reason": reason, **filters}
        ).changed

    def rerun(
        self,
        *,
        stage: str = "",
        day: str = "",
        tail: str = "",
        dry_run: bool = False,
        reason: str = "",
    ) -> RerunResponse:
        """Queues unfinished work again; the sensor runs it within seconds.

        Args:
            stage: Only this stage.
            day: Only this arrival day.
            tail: Only this aircraft.
            dry_run: Change nothing.
            reason: Reason for the audit log.
        """
        chosen = {"stage": stage, "day": day, "tail": tail}
        return self._post(RerunResponse, "/rerun", {**chosen, "dry_run": dry_run, "reason": reason})

    def rebuild(
        self, recording: str, *, stage: str = "extract", reason: str = ""
    ) -> RebuildResponse:
        """Has a recording made again, from a stage on; the sensor runs it within seconds."""
        path = f"/recordings/{segment(recording)}/rebuild"
        return self._post(RebuildResponse, path, {"stage": stage, "reason": reason})

    def judge(self, finding: FindingEntry, *, state: str, reason: str = "") -> JudgedFinding:
        """Confirms a finding, dismisses it with a reason, or makes it new again.

        Args:
            finding: The finding, as it was read.
            state: ``confirmed``, ``dismissed`` or ``new``.
            reason: Reason; needed for a dismissal.
        """
        seen = {"start_s": finding.start_s, "severity": finding.severity, "detail": finding.detail}
        place = f"{segment(finding.recording)}/{segment(finding.algorithm)}/{finding.number}"
        body = {"state": state, "reason": reason, **seen}
        return self._post(JudgedFinding, f"/findings/{place}/judge", body)
