"""Port of the alert engine: where incidents, streaks and deliveries are stored.

Implementations: :mod:`~dataflow_health.alerting.sql_incident_store` while the ledger is reachable,
:mod:`~dataflow_health.alerting.offline_store` while it is not.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Incident, Streak


class IncidentReader(Protocol):
    """Stored incidents, streaks and deliveries."""

    def open_incidents(self) -> Mapping[str, Incident]:
        """Open incidents by fingerprint."""
        ...

    def incident(self, number: int) -> Incident:
        """The incident with this number.

        Raises:
            NotFound: No incident has this number.
        """
        ...

    def find_opened(self, fingerprint: str, opened_at: datetime) -> Incident | None:
        """The incident of this cause that was opened at this time, open or closed."""
        ...

    def ended_since(self, since: datetime) -> Sequence[Incident]:
        """Incidents that were closed at or after a time, in the order of their numbers."""
        ...

    def streaks(self) -> Mapping[str, Streak]:
        """Streaks by fingerprint."""
        ...

    def deliveries(self, numbers: Sequence[int]) -> Mapping[int, Sequence[Delivery]]:
        """Deliveries about these incidents, by incident number."""
        ...

    def due_deliveries(self) -> Sequence[Delivery]:
        """Deliveries that are neither sent nor dropped."""
        ...

    def sent_since(self, since: datetime) -> Sequence[Delivery]:
        """Deliveries sent at or after a time."""
        ...


class IncidentWriter(IncidentReader, Protocol):
    """One transaction: reads see its own writes, and either all writes are stored or none."""

    def save_incident(self, incident: Incident) -> Incident:
        """Stores an incident; a new one is returned with its number."""
        ...

    def save_streaks(self, streaks: Mapping[str, Streak | None]) -> None:
        """Stores streaks by fingerprint; None deletes one."""
        ...

    def save_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        """Stores deliveries, replacing those with the same key."""
        ...


class IncidentStore(Protocol):
    """Store of one alert engine.

    Every method may raise :class:`~dataflow_health.errors.DatabaseError`.
    """

    def reading(self) -> AbstractContextManager[IncidentReader]:
        """Access for reading."""
        ...

    def writing(self) -> AbstractContextManager[IncidentWriter]:
        """Exclusive transaction: no other alert cycle or operator writes meanwhile."""
        ...

    def sending(self) -> AbstractContextManager[None]:
        """Exclusive right to send messages, so that no two processes send the same one."""
        ...
