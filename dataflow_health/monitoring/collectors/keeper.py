"""Asks declared systems every few minutes what they run, and keeps that in the ledger's database.

Their health is another matter: probes ask for it twice a minute.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from threading import Event, Thread

from loguru import logger
from sqlalchemy import Engine

from dataflow_health import masking
from dataflow_health.errors import DatabaseError
from dataflow_health.health.outside_check import SYSTEM_CHECKS, SystemCheck
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.health.process import Process
from dataflow_health.monitoring.collectors import collector
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import ProbeContext
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.storage.records import outside_systems

DESCRIBE_EVERY = timedelta(minutes=5)
LEAST_S = 60.0
"""A description takes many requests: it has at least this long."""
TICK_S = 10.0

Processes = Mapping[str, Process]


class SystemKeeper:
    """A thread that describes the systems of the declared processes one after the other."""

    def __init__(
        self, engine: Engine, config: ConfigReloader, dependencies: ProbeDependencies
    ) -> None:
        """Starts nothing yet.

        Args:
            engine: Database of the ledger.
            config: The declared processes.
            dependencies: Clock and environment.
        """
        self._engine = engine
        self._config = config
        self._dependencies = dependencies
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Starts the thread."""
        self._stop.clear()
        self._thread = Thread(target=self._run, name="outside systems", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; one that waits for a system is left to end by itself."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._stop.wait(TICK_S):
            try:
                describe_due(self._engine, self._config.current.processes, self._dependencies)
            except DatabaseError as error:
                logger.debug("descriptions of other systems wait for the ledger: {}", error)
            except Exception:  # noqa: BLE001  (logged; the next tick tries again)
                logger.exception("other systems could not be described")


def checks_of(processes: Processes) -> Iterator[tuple[outside_systems.Key, SystemCheck]]:
    """The checks of other programs, each with its process and name."""
    for name, process in processes.items():
        for check in process.checks:
            if isinstance(check, SYSTEM_CHECKS):
                yield (name, check.name), check


def describe_due(engine: Engine, processes: Processes, dependencies: ProbeDependencies) -> None:
    """Describes every system that was last asked some minutes ago; forgets those not declared.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    declared = dict(checks_of(processes))
    known = {(row.process, row.check): row for row in outside_systems.read(engine)}
    if known.keys() - declared.keys():
        outside_systems.keep_only(engine, declared)
    for key, check in declared.items():
        row = known.get(key)
        now = dependencies.clock()
        is_same = row is not None and row.kind == check.kind
        if row is None or not is_same or now - row.asked_at >= DESCRIBE_EVERY:
            describe(engine, key, check, dependencies)


def describe(
    engine: Engine,
    key: outside_systems.Key,
    check: SystemCheck,
    dependencies: ProbeDependencies,
) -> None:
    """Asks a system what it runs, and keeps the answer, or why there is none.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    asked_at = dependencies.clock()
    within_s = max(check.within.total_seconds(), LEAST_S)
    environment = dependencies.environment
    try:
        found = _in_time(check, key[0], ProbeContext(asked_at, within_s, environment))
    except Exception as error:  # noqa: BLE001  (a driver may raise anything; it is kept)
        reason = masking.mask(redact.message(error, environment), environment)
        outside_systems.save_error(engine, key, check.kind, reason, asked_at)
        return
    text = masking.mask(found.model_dump_json(), environment)
    outside_systems.save_description(engine, key, check.kind, text, asked_at)


def _in_time(check: SystemCheck, place: str, context: ProbeContext) -> SystemDescription:
    """The description, from a thread that is left alone when its time is over."""
    found: list[SystemDescription] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            found.append(collector.of(check).describe(check, place, context))
        except Exception as error:  # noqa: BLE001  (raised again below)
            failed.append(error)

    thread = Thread(target=ask, name=f"describe {place}", daemon=True)
    thread.start()
    thread.join(context.within_s)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError(f"no description within {context.within_s:.0f} s")
    return found[0]
