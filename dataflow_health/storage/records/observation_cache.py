"""All check results, of which each reading fetches only those that were saved since the last one.

Results of days long past stay in memory and are not read again, however many they are.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import Connection, Engine

from dataflow_health.health.observation import Observation
from dataflow_health.storage.records import observations
from dataflow_health.storage.records.observations import Key
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import snapshot

Results = dict[Key, Observation]

READ_WHOLE_EVERY = timedelta(hours=6)
"""All results are read again and compared after this long, or when the clock was set back."""


class ObservationCache:
    """The newest result of every check in one ledger, for one thread."""

    def __init__(self) -> None:
        """Reads nothing yet."""
        self._known: Results = {}
        self._next_unread = 0
        self._read_whole_at: datetime | None = None

    @property
    def next_unread(self) -> int:
        """Number of changes from which the next reading goes on."""
        return self._next_unread

    @property
    def results(self) -> Results:
        """All results as of the last reading, by key."""
        return self._known

    def read(self, engine: Engine, now: datetime) -> tuple[Observation, ...]:
        """All results, as :func:`observations.read` returns them.

        Args:
            engine: Database of the ledger; the same one each time.
            now: Current time, UTC.

        Raises:
            DatabaseError: The database does not answer.
        """
        self.update(engine, now)
        return tuple(self._known.values())

    def update(self, engine: Engine, now: datetime) -> Results | None:
        """Reads what was saved since the last reading.

        Args:
            engine: Database of the ledger; the same one each time.
            now: Current time, UTC.

        Returns:
            The results that were saved; None when all were read, as the first time.

        Raises:
            DatabaseError: The database does not answer.
        """
        with snapshot(engine) as connection:
            next_unread = change_numbers.next_unread(connection, tables.observation.c.changed)
            changed = observations.read_changed(connection, self._next_unread)
            is_first = self._next_unread == 0
            is_whole = is_first or self._is_old(now) or next_unread < self._next_unread
            if is_whole and not is_first:
                changed = self._read_whole(connection, self._known | changed)
        if is_whole:
            self._known, self._read_whole_at = {}, now
        self._known.update(changed)
        self._next_unread = next_unread
        return None if is_whole else changed

    def resume(
        self, engine: Engine, since: int, days: Collection[str], now: datetime
    ) -> tuple[Results, Results]:
        """Reads the results of some arrival days, those of no day, and what changed since.

        Later readings go on from here. Results of other days are not known.

        Args:
            engine: Database of the ledger; the same one each time.
            since: Number of changes.
            days: The arrival days.
            now: Current time, UTC.

        Returns:
            The results that changed, and the others.

        Raises:
            DatabaseError: The database does not answer.
        """
        with snapshot(engine) as connection:
            self._next_unread = change_numbers.next_unread(connection, tables.observation.c.changed)
            changed = observations.read_changed(connection, since)
            others = observations.read_days(connection, {"", *days})
        self._known, self._read_whole_at = others | changed, now
        return changed, others

    def _is_old(self, now: datetime) -> bool:
        at = self._read_whole_at
        return at is None or not at <= now < at + READ_WHOLE_EVERY

    def _read_whole(self, connection: Connection, known: Results) -> Results:
        """All results of the ledger, and an error in the log where those in memory differ."""
        found = observations.read_changed(connection, since=0)
        different = {key for key, _ in known.items() ^ found.items()}
        if different:
            process, check, part, day = min(different)
            logger.error(
                "{} check results in memory differed from the ledger, such as {} of {} {} {}",
                len(different), check, process, part, day,
            )  # fmt: skip
        return found
