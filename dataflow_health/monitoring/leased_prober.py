"""The live checks in a process that is called now and then: probed, or read from the ledger."""

from collections.abc import Callable
from threading import Thread

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.prober_lease import ProberLease
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.storage.records import observations


class LeasedProber:
    """Runs the live checks while it holds the lease; else gives the results of the holder.

    While the ledger is away it probes for itself. The ledger is used in a thread of its own: a
    database that hangs must not delay the caller.
    """

    def __init__(
        self, scheduler: ProbeScheduler, lease: ProberLease, connect: Callable[[], Engine]
    ) -> None:
        """Starts nothing yet.

        Args:
            scheduler: Runs the live checks.
            lease: The lease of this process.
            connect: Returns the ledger's engine, or raises DatabaseError while the ledger is away.
        """
        self._scheduler = scheduler
        self._lease = lease
        self._connect = connect
        self._thread: Thread | None = None

    def results(self, patience_s: float) -> tuple[Observation, ...]:
        """The newest result of every live check; later results are in the next call's.

        Args:
            patience_s: How long the ledger, then the probes, then the ledger may take.
        """
        of_holder: list[Observation] | None = None

        def read() -> None:
            nonlocal of_holder
            engine = self._connect()
            if not self._lease.acquire(engine):
                of_holder = self._read(engine)

        self._run(read, patience_s)
        if of_holder is not None:
            return tuple(of_holder)
        results = self._scheduler.probe_due(at_most_s=patience_s)
        self._run(lambda: observations.save(self._connect(), results), patience_s)
        return results

    def _read(self, engine: Engine) -> list[Observation]:
        return observations.read_undated(engine, self._scheduler.keys)

    def _run(self, use_ledger: Callable[[], None], patience_s: float) -> None:
        """Uses the ledger beside the caller, unless the last use still hangs."""
        if self._thread is not None and self._thread.is_alive():
            return

        def run() -> None:
            try:
                use_ledger()
            except DatabaseError as error:
                logger.warning("results of live checks are not shared: {}", error)

        self._thread = Thread(target=run, name="results of live checks", daemon=True)
        self._thread.start()
        self._thread.join(patience_s)
