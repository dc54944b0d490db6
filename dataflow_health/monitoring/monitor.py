"""The long-lived watch: probes asked, answers and transitions kept, one report for all who ask.

Two threads, so that a database that hangs delays nobody: one judges what was last read together
with the probes' newest answers, the other keeps and reads. Whoever asks gets the newest
:class:`Snapshot`; a thousand who ask cost no more than one.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Any

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import evaluation, status_history
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.monitoring.ledger_sync import LedgerSync, unpublished
from dataflow_health.monitoring.probe_results import ProbeResults
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.storage.records.status_changes import StatusChangeRow

TICK_S = 0.1
READ_EVERY_S = 1.0
JUDGE_EVERY_S = 2.0
RELOAD_EVERY_S = 2.0
SLOW_S = 4.0
"""A step of the ledger's that takes longer is told; what changes meanwhile is told unwritten."""
LOST_S = 30.0
"""A step that takes longer still counts as a ledger that does not answer."""
FIRST_S = 2.5
"""The first report waits this long for every probe's first answer."""
DUTY = 10
"""Reading takes at most a tenth of the time, however large the ledger."""

Clock = Callable[[], datetime]
Tell = Callable[[Sequence[StatusChangeRow]], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is shown until the next one.

    Attributes:
        report: The verdict.
        version: Differs when anything but the moment does.
        fault: Why the ledger could not be read; empty when it was.
        config_faults: What is wrong with the YAML as it lies there; the last right one is shown.
        made_at_s: On the monotonic clock.
    """

    report: HealthReport
    version: str
    fault: str
    config_faults: tuple[str, ...]
    made_at_s: float

    @property
    def age_s(self) -> float:
        """How old it is."""
        return time.monotonic() - self.made_at_s


class Monitor:
    """Watches over one installation.

    Without :meth:`start` it has no threads, and :meth:`snapshot` reads when what it has is old.
    """

    def __init__(
        self,
        engine: Engine,
        config: ConfigReloader,
        clock: Clock,
        pool: ProbeScheduler | None = None,
    ) -> None:
        """Starts nothing yet.

        Args:
            engine: The ledger's.
            config: What is declared.
            clock: The moment, UTC.
            pool: Asks the live checks; None where another process does.
        """
        self.engine = engine
        self.config = config
        self._clock = clock
        self._pool = pool
        self._live = ProbeResults()
        self._keeper = LedgerSync(engine, self._live)
        self._snapshot: Snapshot | None = None
        self._fingerprints: status_history.Fingerprints | None = None
        self._unwritten: status_history.Fingerprints | None = None
        self._listeners: list[Tell] = []
        self._lock = Lock()
        self._stop, self._wake, self._made = Event(), Event(), Event()
        self._threads: list[Thread] = []

    def snapshot(self, oldest_s: float = READ_EVERY_S) -> Snapshot:
        """The newest report; without threads, made anew when older than ``oldest_s``."""
        if self._threads:
            self._made.wait(FIRST_S + SLOW_S)
        now = self._snapshot
        if now is not None and (self._threads or now.age_s <= oldest_s):
            return now
        with self._lock:
            now = self._snapshot
            if now is None or (not self._threads and now.age_s > oldest_s):
                self.config.look()
                self._keeper.step(None, self._clock())
                now = self._judged()
        return now

    def listen(self, tell: Tell) -> Callable[[], None]:
        """Tells every transition from now on, from a thread of the watch; gives what ends it."""
        self._listeners.append(tell)
        return lambda: self._listeners.remove(tell)

    def start(self) -> None:
        """Starts both threads."""
        for event in (self._stop, self._wake, self._made):
            event.clear()
        self._threads = [
            Thread(target=self._guarded, args=(each,), name=each.__name__.strip("_"), daemon=True)
            for each in (self._keeping, self._judging)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends both threads; one that hangs in the database is left behind."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=2)
        self._threads = []

    def _guarded(self, loop: Callable[[], None]) -> None:
        """Runs a loop again after whatever it did not expect: a watch that dies watches nothing."""
        while not self._stop.is_set():
            try:
                loop()
            except Exception:  # noqa: BLE001  (told in the log, and the snapshot grows old)
                logger.exception("the watch stumbled")
                self._stop.wait(1)

    def _keeping(self) -> None:
        while not self._stop.is_set():
            snapshot = self._snapshot
            told_before = tuple(self._keeper.pending)
            report = snapshot.report if snapshot else None
            rows = self._keeper.step(report, self._clock())
            self._tell(unpublished(rows, told_before))
            self._wake.wait(max(READ_EVERY_S, DUTY * self._keeper.read_s))
            self._wake.clear()

    def _judging(self) -> None:
        self._first_round()
        looked_s = judged_s = 0.0
        seen: object = None
        while not self._stop.wait(TICK_S):
            now_s = time.monotonic()
            changed = self._probe()
            if now_s - looked_s >= RELOAD_EVERY_S:
                looked_s = now_s
                changed = self._reload() or changed
            if changed or seen is not self._keeper.seen or now_s - judged_s >= JUDGE_EVERY_S:
                seen, judged_s = self._keeper.seen, now_s
                self._tell_at_once(self._judged())

    def _first_round(self) -> None:
        """Waits for the ledger and every probe once, so that no start looks like an outage."""
        until_s = time.monotonic() + FIRST_S
        wanted = sum(1 for _ in evaluation.live_checks(self.config.current.processes))
        while time.monotonic() < until_s and not self._stop.wait(TICK_S):
            self._probe()
            asked = self._pool is None or len(self._live.newest) >= wanted
            if asked and self._keeper.steps:
                break
        while not self._keeper.steps and self._keeper.busy_s() <= SLOW_S:
            self._stop.wait(TICK_S)

    def _probe(self) -> bool:
        return self._pool is not None and self._live.take(self._pool.poll())

    def _reload(self) -> bool:
        changed = self.config.look()
        if changed and self._pool is not None:
            self._pool.replace_pipeline(Pipeline(self.config.current.processes))
        return changed

    def _judged(self) -> Snapshot:
        now, declared = self._clock(), self.config.current
        keeper, busy_s = self._keeper, self._keeper.busy_s()
        fault = keeper.fault or (f"no answer for {busy_s:.0f} s" if busy_s > SLOW_S else "")
        is_away = bool(keeper.fault) or busy_s > LOST_S
        records = [*keeper.seen, *self._live.newest]
        report = evaluation.make_report(declared, records, now, fault if is_away else "")
        self._snapshot = Snapshot(
            report, report_version(report), fault, self.config.faults, time.monotonic()
        )
        self._made.set()
        return self._snapshot

    def _tell_at_once(self, snapshot: Snapshot) -> None:
        """Has transitions written; while the ledger is away, tells them before they are."""
        marks = status_history.fingerprints_of(snapshot.report)
        before = self._unwritten or self._keeper.fingerprints
        if not snapshot.fault:
            self._unwritten = None
        elif before is not None:
            changed = status_history.changes(before, snapshot.report)
            self._keeper.wait_with(changed)
            self._tell(changed)
            self._unwritten = marks
        if marks != self._fingerprints:
            self._fingerprints = marks
            self._wake.set()

    def _tell(self, rows: Sequence[StatusChangeRow]) -> None:
        for tell in tuple(self._listeners) if rows else ():
            tell(rows)


def report_version(report: HealthReport) -> str:
    """Differs when anything but the moment, and when checks were last answered, does."""
    but: dict[str, Any] = {"at": True, "processes": {"__all__": {"checks": {"__all__": {"at"}}}}}
    return hashlib.sha256(report.model_dump_json(exclude=but).encode()).hexdigest()[:16]
