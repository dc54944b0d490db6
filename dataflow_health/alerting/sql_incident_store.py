"""Incident store in the ledger's database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Incident, Streak
from dataflow_health.storage.records import incident_streaks, incidents, message_queue
from dataflow_health.storage.sql import locks
from dataflow_health.storage.sql.database import reading, writing

INCIDENTS_LOCK = "incidents"
"""Lock of alert cycles and operators' actions, which read incidents and then write them."""
SENDER_LOCK = "messages"
"""Lock of senders."""


@dataclass(frozen=True, slots=True)
class SqlIncidents:
    """Incidents, streaks and deliveries on one connection."""

    connection: Connection

    def open_incidents(self) -> Mapping[str, Incident]:
        """Open incidents by fingerprint."""
        return incidents.find_open(self.connection)

    def incident(self, number: int) -> Incident:
        """The incident with this number.

        Raises:
            NotFound: No incident has this number.
        """
        return incidents.get(self.connection, number)

    def find_opened(self, fingerprint: str, opened_at: datetime) -> Incident | None:
        """The incident of this cause that was opened at this time, open or closed."""
        return incidents.find_opened(self.connection, fingerprint, opened_at)

    def ended_since(self, since: datetime) -> Sequence[Incident]:
        """Incidents that were closed at or after a time, in the order of their numbers."""
        return incidents.find_ended(self.connection, since)

    def streaks(self) -> Mapping[str, Streak]:
        """Streaks by fingerprint."""
        return incident_streaks.read(self.connection)

    def deliveries(self, numbers: Sequence[int]) -> Mapping[int, Sequence[Delivery]]:
        """Deliveries about these incidents, by incident number."""
        return message_queue.of_incidents(self.connection, numbers)

    def due_deliveries(self) -> Sequence[Delivery]:
        """Deliveries that are neither sent nor dropped."""
        return message_queue.find_due(self.connection)

    def sent_since(self, since: datetime) -> Sequence[Delivery]:
        """Deliveries sent at or after a time."""
        return message_queue.find_sent(self.connection, since)

    def save_incident(self, incident: Incident) -> Incident:
        """Stores an incident; a new one is returned with its number."""
        return incidents.save(self.connection, incident)

    def save_streaks(self, streaks: Mapping[str, Streak | None]) -> None:
        """Stores streaks by fingerprint; None deletes one."""
        incident_streaks.save(self.connection, streaks)

    def save_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        """Stores deliveries, replacing those with the same key."""
        message_queue.save(self.connection, deliveries)


@dataclass(frozen=True, slots=True)
class SqlIncidentStore:
    """Incident store in the ledger's database.

    Attributes:
        engine: Engine of the ledger.
    """

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[SqlIncidents]:
        """Access for reading."""
        with reading(self.engine) as connection:
            yield SqlIncidents(connection)

    @contextmanager
    def writing(self) -> Iterator[SqlIncidents]:
        """Exclusive transaction."""
        with locks.acquire(self.engine, INCIDENTS_LOCK), writing(self.engine) as connection:
            yield SqlIncidents(connection)

    def sending(self) -> AbstractContextManager[None]:
        """Exclusive right to send messages."""
        return locks.acquire(self.engine, SENDER_LOCK)
