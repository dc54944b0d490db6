"""The long-lived monitor: runs the probes, saves results and status changes, makes the reports.

It has two threads, so that a database that hangs delays no caller: one evaluates what was last read
together with the newest probe results, the other saves and reads. Every caller gets the newest
:class:`Snapshot`; a thousand callers cost no more than one.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Protocol

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.clock import Clock
from dataflow_health.errors import DatabaseError
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import evaluation, prober_lease, status_history
from dataflow_health.monitoring.change_gate import fingerprint_of_text
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.monitoring.declarations import Declarations
from dataflow_health.monitoring.ledger_sync import LedgerSync, unpublished
from dataflow_health.monitoring.probe_results import ProbeResults
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.storage.records.status_changes import StatusChangeRow

TICK_S = 0.1
READ_EVERY_S = 1.0
EVALUATE_EVERY_S = 2.0
RELOAD_EVERY_S = 2.0
LEASE_S = 0.5
"""A process that does not know within this time whether another one probes, probes itself."""
SLOW_S = 4.0
"""A ledger step that takes longer is reported; status changes are published unsaved meanwhile."""
LOST_S = 30.0
"""A ledger step that takes longer counts as a ledger that does not answer."""
FIRST_S = 2.5
"""The first report waits this long for the first result of every probe."""
READ_INTERVAL_FACTOR = 10
"""Reading takes at most a tenth of the time, however large the ledger is."""

Publish = Callable[[Sequence[StatusChangeRow]], None]


class Keeper(Protocol):
    """Keeps something in the ledger equal to the board."""

    def is_due(self, report: HealthReport, now: datetime) -> bool:
        """Whether it may differ from the newest report."""
        ...

    def update(self, report: HealthReport, now: datetime) -> None:
        """Makes it equal to a report of what the ledger holds.

        Raises:
            DatabaseError: The ledger does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The report that is served until the next one is made.

    Attributes:
        report: The health report.
        version: Hash of the report without timestamps.
        ledger_error: Reason the ledger could not be read; empty when it was.
        config_errors: Errors in the current YAML files; the last valid ones are in use.
        made_at_s: Time of the evaluation, on the monotonic clock.
    """

    report: HealthReport
    version: str
    ledger_error: str
    config_errors: tuple[str, ...]
    made_at_s: float

    @property
    def age_s(self) -> float:
        """Seconds since the evaluation."""
        return time.monotonic() - self.made_at_s


class Monitor:
    """Monitors one installation.

    Without :meth:`start` it has no threads: it then only reads, when :meth:`snapshot` is called and
    the last snapshot is old.
    """

    def __init__(
        self,
        engine: Engine,
        config: ConfigReloader,
        clock: Clock,
        scheduler: ProbeScheduler | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        """Starts nothing yet.

        Args:
            engine: Engine of the ledger.
            config: The declared processes.
            clock: Returns the current time, UTC.
            scheduler: Runs the live checks; None in a process that only reads.
            keeper: Keeps the incidents equal to the board while this process runs the checks.
        """
        self.engine = engine
        self.config = config
        self.clock = clock
        self._scheduler = scheduler
        self._keeper = keeper
        self._probe_results = ProbeResults()
        lease = prober_lease.of_api() if scheduler is not None else None
        self._sync = LedgerSync(
            engine,
            self._probe_results,
            lease,
            Declarations(config),
            lambda: config.current.processes,
        )
        self._snapshot: Snapshot | None = None
        self._fingerprints: status_history.Fingerprints | None = None
        self._unsaved: status_history.Fingerprints | None = None
        self._listeners: list[Publish] = []
        self._lock = Lock()
        self._stop, self._wake, self._made = Event(), Event(), Event()
        self._threads: list[Thread] = []

    @property
    def is_prober(self) -> bool:
        """Whether this process runs the live checks, or would while the ledger is away."""
        sync = self._sync
        slow_s = SLOW_S if sync.steps else LEASE_S
        is_away = bool(sync.error) or sync.busy_s() > slow_s
        return self._scheduler is not None and (sync.has_lease or is_away)

    def snapshot(self, oldest_s: float = READ_EVERY_S) -> Snapshot:
        """The newest report; without threads, a new one when it is older than ``oldest_s``."""
        if self._threads:
            self._made.wait(FIRST_S + SLOW_S)
        latest = self._snapshot
        if latest is not None and (self._threads or latest.age_s <= oldest_s):
            return latest
        with self._lock:
            latest = self._snapshot
            if latest is None or (not self._threads and latest.age_s > oldest_s):
                self.config.reload_if_changed()
                self._sync.step(None, self.clock(), reads_only=True)
                latest = self._evaluate()
        return latest

    def listen(self, publish: Publish) -> Callable[[], None]:
        """Publishes all status changes from now on, from a thread of the monitor.

        Returns:
            Ends the publishing.
        """
        self._listeners.append(publish)
        return lambda: self._listeners.remove(publish)

    def start(self) -> None:
        """Starts both threads."""
        for event in (self._stop, self._wake, self._made):
            event.clear()
        loops = {"ledger sync": self._sync_loop, "evaluation": self._evaluation_loop}
        self._threads = [
            Thread(target=self._restart_on_error, args=(loop,), name=name, daemon=True)
            for name, loop in loops.items()
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends both threads and frees the lease; a thread that hangs in the database is left."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=2)
        if not any(thread.is_alive() for thread in self._threads):
            self._sync.release_lease()
        self._threads = []

    def _restart_on_error(self, loop: Callable[[], None]) -> None:
        """Runs a loop again after an unexpected error: a monitor that ends monitors nothing."""
        while not self._stop.is_set():
            try:
                loop()
            except Exception:  # noqa: BLE001  (it is logged, and the snapshot grows old)
                logger.exception("the monitor failed and starts again")
                self._stop.wait(1)

    def _sync_loop(self) -> None:
        while not self._stop.is_set():
            snapshot = self._snapshot
            published = tuple(self._sync.pending)
            report = snapshot.report if snapshot else None
            rows = self._sync.step(report, self.clock())
            self._publish(unpublished(rows, published))
            self._keep()
            self._wake.wait(max(READ_EVERY_S, READ_INTERVAL_FACTOR * self._sync.read_s))
            self._wake.clear()

    def _keep(self) -> None:
        """Has the incidents kept, with a report of what was just read."""
        keeper, snapshot, now = self._keeper, self._snapshot, self.clock()
        if keeper is None or snapshot is None or self._sync.error or not self._sync.has_lease:
            return
        try:
            if keeper.is_due(snapshot.report, now):
                keeper.update(self._evaluate().report, now)
        except DatabaseError as error:
            logger.warning("the incidents follow when the ledger answers again: {}", error)

    def _evaluation_loop(self) -> None:
        self._wait_for_first_results()
        reloaded_s = evaluated_s = 0.0
        records: object = None
        while not self._stop.wait(TICK_S):
            now_s = time.monotonic()
            changed = self._probe()
            if now_s - reloaded_s >= RELOAD_EVERY_S:
                reloaded_s = now_s
                changed = self._reload() or changed
            is_old = now_s - evaluated_s >= EVALUATE_EVERY_S
            if changed or is_old or records is not self._sync.records:
                records, evaluated_s = self._sync.records, now_s
                snapshot = self._evaluate()
                self._sync.watched.add(snapshot.report)
                self._publish_unsaved(snapshot)

    def _wait_for_first_results(self) -> None:
        """Waits for the ledger and every probe once, so that no start looks like an outage."""
        until_s = time.monotonic() + FIRST_S
        wanted = sum(1 for _ in evaluation.live_checks(self.config.current.processes))
        while time.monotonic() < until_s and not self._stop.wait(TICK_S):
            self._probe()
            if self._sync.steps and (
                not self.is_prober or len(self._probe_results.latest) >= wanted
            ):
                break
        while not self._sync.steps and self._sync.busy_s() <= SLOW_S:
            self._stop.wait(TICK_S)

    def _probe(self) -> bool:
        """Runs the checks that are due; whether a result differs from the one before."""
        if self._scheduler is None or not self.is_prober:
            return False
        return self._probe_results.add(self._scheduler.poll())

    def _reload(self) -> bool:
        changed = self.config.reload_if_changed()
        if changed and self._scheduler is not None:
            self._scheduler.replace_pipeline(Pipeline(self.config.current.processes))
        return changed

    def _evaluate(self) -> Snapshot:
        now, declared = self.clock(), self.config.current
        sync, busy_s = self._sync, self._sync.busy_s()
        error = sync.error or (f"no answer for {busy_s:.0f} s" if busy_s > SLOW_S else "")
        is_away = bool(sync.error) or busy_s > LOST_S
        records = [*sync.records, *self._probe_results.latest]
        report = evaluation.make_report(declared, records, now, error if is_away else "")
        self._snapshot = Snapshot(
            report, report_version(report), error, self.config.errors, time.monotonic()
        )
        self._made.set()
        return self._snapshot

    def _publish_unsaved(self, snapshot: Snapshot) -> None:
        """Has changes saved; publishes them first while the ledger is away."""
        fingerprints = status_history.fingerprints_of(snapshot.report)
        before = self._unsaved or self._sync.fingerprints
        if not snapshot.ledger_error:
            self._unsaved = None
        elif before is not None:
            changes = status_history.changes(before, snapshot.report)
            self._sync.add_pending(changes)
            self._publish(changes)
            self._unsaved = fingerprints
        if fingerprints != self._fingerprints:
            self._fingerprints = fingerprints
            self._wake.set()

    def _publish(self, rows: Sequence[StatusChangeRow]) -> None:
        for publish in tuple(self._listeners) if rows else ():
            publish(rows)


def report_version(report: HealthReport) -> str:
    """Hash of the report without timestamps; used as the ETag."""
    of_checks = {"__all__": {"checks": {"__all__": {"at"}}}}
    return fingerprint_of_text(report.model_dump_json(exclude={"at": True, "processes": of_checks}))
