"""Incident store while the ledger is unreachable: records kept as text in the sensor's cursor.

Dagster stores the cursor after each tick: a tick that dies repeats a message and loses none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from pydantic import AwareDatetime

from dataflow_health.errors import NotFound
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.health.incident import Incident, Streak


class OfflineRecords(FrozenModel):
    """Incidents, streaks and deliveries of causes that are checked without the ledger.

    Attributes:
        unreachable_since: Start of the outage. None while the ledger is reachable: the records
            are then a copy of the ledger's.
        incidents: Incidents. New ones have negative numbers until the hand-over.
        streaks: Streaks by fingerprint.
        deliveries: Deliveries about the incidents.
    """

    unreachable_since: AwareDatetime | None = None
    incidents: tuple[Incident, ...] = ()
    streaks: Mapping[str, Streak] = {}
    deliveries: tuple[Delivery, ...] = ()


class OfflineIncidents:
    """One transaction on offline records.

    Attributes:
        records: The records, including the writes of the transaction.
    """

    def __init__(self, records: OfflineRecords) -> None:
        self.records = records

    def open_incidents(self) -> Mapping[str, Incident]:
        """Open incidents by fingerprint."""
        return {each.fingerprint: each for each in self.records.incidents if each.is_open}

    def incident(self, number: int) -> Incident:
        """The incident with this number.

        Raises:
            NotFound: No incident has this number.
        """
        for each in self.records.incidents:
            if each.id == number:
                return each
        raise NotFound(f"there is no incident {number} in the alert sensor's cursor")

    def find_opened(self, fingerprint: str, opened_at: datetime) -> Incident | None:
        """The incident of this cause that was opened at this time, open or closed."""
        for each in self.records.incidents:
            if (each.fingerprint, each.opened_at) == (fingerprint, opened_at):
                return each
        return None

    def ended_since(self, since: datetime) -> Sequence[Incident]:
        """Incidents that were closed at or after a time, in the order of their numbers."""
        return [e for e in self.records.incidents if e.closed_at and e.closed_at >= since]

    def streaks(self) -> Mapping[str, Streak]:
        """Streaks by fingerprint."""
        return self.records.streaks

    def deliveries(self, numbers: Sequence[int]) -> Mapping[int, Sequence[Delivery]]:
        """Deliveries about these incidents, by incident number."""
        return {
            number: [each for each in self.records.deliveries if each.incident_id == number]
            for number in numbers
        }

    def due_deliveries(self) -> Sequence[Delivery]:
        """Deliveries that are neither sent nor dropped."""
        return [each for each in self.records.deliveries if each.outcome == "due"]

    def sent_since(self, since: datetime) -> Sequence[Delivery]:
        """Deliveries sent at or after a time."""
        return [
            each
            for each in self.records.deliveries
            if each.outcome == "sent" and each.settled_at is not None and each.settled_at >= since
        ]

    def save_incident(self, incident: Incident) -> Incident:
        """Stores an incident; a new one is returned with a negative number."""
        if incident.id == 0:
            lowest = min((each.id for each in self.records.incidents), default=0)
            incident = incident.model_copy(update={"id": min(lowest, 0) - 1})
        others = tuple(each for each in self.records.incidents if each.id != incident.id)
        self._update(incidents=(*others, incident))
        return incident

    def save_streaks(self, streaks: Mapping[str, Streak | None]) -> None:
        """Stores streaks by fingerprint; None deletes one."""
        merged = {**self.records.streaks, **streaks}
        self._update(streaks={name: each for name, each in merged.items() if each is not None})

    def save_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        """Stores deliveries, replacing those with the same key."""
        by_key = {each.key: each for each in (*self.records.deliveries, *deliveries)}
        self._update(deliveries=tuple(by_key.values()))

    def _update(self, **values: object) -> None:
        self.records = self.records.model_copy(update=values)


class OfflineIncidentStore:
    """Incident store over records that the caller keeps.

    Attributes:
        records: The records after the last completed transaction.
    """

    def __init__(self, records: OfflineRecords) -> None:
        self.records = records

    @contextmanager
    def reading(self) -> Iterator[OfflineIncidents]:
        """Access for reading."""
        yield OfflineIncidents(self.records)

    @contextmanager
    def writing(self) -> Iterator[OfflineIncidents]:
        """Transaction; the caller is the only writer."""
        transaction = OfflineIncidents(self.records)
        yield transaction
        self.records = transaction.records

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Right to send messages; the caller is the only sender."""
        yield
