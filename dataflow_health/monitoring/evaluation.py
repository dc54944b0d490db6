"""What is known now, judged: the one report that every face shows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.check import AssetCheck
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.live_check import DatabaseAnswers, LiveCheck
from dataflow_health.health.mute import Mute, show_mutes
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.process import Process
from dataflow_health.health.report import HealthReport
from dataflow_health.settings import PREFIX
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.records import incidents, observations

Record = Observation | StageCounts | Mute
Records = tuple[Record, ...]

DATABASE_URL = PREFIX + "DATABASE_URL"


class Declared(Protocol):
    """Whoever knows the monitored processes."""

    @property
    def processes(self) -> Mapping[str, Process]:
        """By name."""
        ...

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """Assets inside a process, by its name; algorithms inside ``analyse``."""
        ...


class Sources(Protocol):
    """Where a report is made from; the dependencies of the stages are one of these."""

    @property
    def engine(self) -> Engine:
        """The ledger's."""
        ...

    @property
    def catalogue(self) -> Declared:
        """What is declared."""
        ...


def report(sources: Sources, now: datetime, live: Sequence[Observation] = ()) -> HealthReport:
    """Judges everything from the ledger and the kept answers.

    A ledger that does not answer is itself what is reported: its process FAILED, and whatever only
    the ledger could tell UNKNOWN.

    Args:
        sources: Where both are.
        now: The moment.
        live: Answers that came too late to be kept.
    """
    declared = sources.catalogue
    try:
        seen = read_records(sources.engine, now)
    except DatabaseError as fault:
        seen = tuple(ledger_failures(declared.processes, str(fault), now))
    return make_report(declared, [*seen, *live], now)


def read_records(engine: Engine, now: datetime) -> Records:
    """All kept answers, all counts and all mutes, in a handful of queries.

    Raises:
        DatabaseError: The database does not answer.
    """
    kept: list[Record] = [*observations.read(engine), *stage_counts(engine, now)]
    return (*kept, *incidents.find_mutes(engine))


def make_report(declared: Declared, seen: Iterable[Record], now: datetime) -> HealthReport:
    """The verdict of the one health model, with mutes told where they are."""
    mutes: list[Mute] = []
    told: list[Observation | StageCounts] = []
    for each in seen:
        if isinstance(each, Mute):
            mutes.append(each)
        else:
            told.append(each)
    pipeline = Pipeline(declared.processes, declared.parts)
    return show_mutes(evaluate(pipeline, told, now), mutes, now)


def live_checks(processes: Mapping[str, Process]) -> Iterator[tuple[str, LiveCheck]]:
    """Every check that the world is asked, with its process's name."""
    for name, process in processes.items():
        for check in process.checks:
            if not isinstance(check, AssetCheck):
                yield name, check


def ledger_failures(
    processes: Mapping[str, Process], fault: str, now: datetime
) -> Iterator[Observation]:
    """What is seen when the ledger does not answer: every check of that database fails."""
    for name, check in live_checks(processes):
        if isinstance(check, DatabaseAnswers) and check.url_from == DATABASE_URL:
            yield Observation(
                process=name, check=check.name, outcome="failed", at=now, detail=fault
            )
