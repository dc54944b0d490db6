"""From records in the ledger to a health report; the report itself is made by ``health``."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from dataflow_health.health import (
    outdated_recordings,
    owed_answers,
    settled_evidence,
    waiting_work,
)
from dataflow_health.health.check import DATA_CHECKS, STEP
from dataflow_health.health.check_status import FAILING_OUTCOMES
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.ledger_check import AnswersComplete, VersionsCurrent, WorkMoves
from dataflow_health.health.live_check import DatabaseAnswers, LiveCheck
from dataflow_health.health.mute import Mute, show_mutes
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.outdated_recordings import OutdatedRecordings
from dataflow_health.health.owed_answers import OwedAnswers
from dataflow_health.health.process import Process
from dataflow_health.health.report import HealthReport
from dataflow_health.health.settled_days import SettledDays
from dataflow_health.health.waiting_work import WaitingWork
from dataflow_health.monitoring import history
from dataflow_health.settings import PREFIX
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.queries import item_states
from dataflow_health.storage.queries import outdated_recordings as outdated_query
from dataflow_health.storage.queries import owed_answers as owed_query
from dataflow_health.storage.queries import waiting_work as waiting_query
from dataflow_health.storage.records import incidents, observations

Debts = OwedAnswers | OutdatedRecordings
Record = Observation | StageCounts | SettledDays | Mute | Debts | WaitingWork
Records = tuple[Record, ...]

DATABASE_URL = PREFIX + "DATABASE_URL"


class Declared(Protocol):
    """The declared processes; a catalogue and a process configuration are ones."""

    @property
    def processes(self) -> Mapping[str, Process]:
        """Processes by name."""
        ...

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """Assets inside a process, by its name; algorithms inside ``analyse``."""
        ...


def read_records(
    engine: Engine, now: datetime, processes: Mapping[str, Process] | None = None
) -> Records:
    """All check results, counts, mutes and debts in the ledger, in a handful of queries.

    Failed results are read without what was written off, replayed or processed again since.

    Args:
        engine: Database of the ledger.
        now: Evaluation time, UTC.
        processes: The declared processes: the cost of reading again then follows what changed and
            what needs attention, and settled days come as sums. None for each result and count.

    Raises:
        DatabaseError: The database does not answer.
    """
    if processes is None:
        every_day = observations.read(engine), stage_counts(engine, now)
        found = history.Records(*every_day, [])
    else:
        found = history.of(engine, processes).read(engine, now)
    current = _without_settled(engine, found, now)
    mutes = incidents.find_mutes(engine)
    return (
        *current, *found.counts, *found.settled, *mutes,
        owed_query.read(engine), outdated_query.read(engine), waiting_query.read(engine, now),
    )  # fmt: skip


def _without_settled(
    engine: Engine, found: history.Records, now: datetime
) -> Iterator[Observation]:
    failed = [each for each in found.results if each.outcome in FAILING_OUTCOMES]
    named = set().union(*map(settled_evidence.items, failed))
    states = item_states.read(engine, named) if named else {}
    quarantined = {(e.process, e.arrival_day): e.quarantined for e in found.counts if e.arrival_day}
    for each in found.results:
        if each.outcome in FAILING_OUTCOMES:
            yield settled_evidence.without_settled(each, states, quarantined, now)
        else:
            yield each


def make_report(
    declared: Declared, records: Iterable[Record], now: datetime, ledger_error: str = ""
) -> HealthReport:
    """The health report of the declared processes.

    Args:
        declared: The declared processes.
        records: All that is known of them; results with a later time count as results of now.
        now: Evaluation time, UTC.
        ledger_error: Reason the ledger does not answer: the checks of its database fail then.
    """
    mutes: list[Mute] = []
    waiting = WaitingWork()
    observed: list[Observation | StageCounts | SettledDays] = []
    for each in records:
        if isinstance(each, Mute):
            mutes.append(each)
        elif isinstance(each, OwedAnswers | OutdatedRecordings):
            observed += _judge_debts(declared.processes, each, now)
        elif isinstance(each, WaitingWork):
            waiting = each
        else:
            observed.append(each)
    observed += _judge_work(declared.processes, waiting, observed, now)
    if ledger_error:
        observed += ledger_failures(declared.processes, ledger_error, now)
    observed = [_as_of(each, now) for each in observed]
    pipeline = Pipeline(declared.processes, declared.parts)
    return show_mutes(evaluate(pipeline, observed, now), mutes, now)


def _as_of(
    each: Observation | StageCounts | SettledDays, now: datetime
) -> Observation | StageCounts | SettledDays:
    """The result; one with a later time, as after the clock was set back, is of now.

    The ledger has no earlier one: it holds until the next. Later data makes no result stale.
    """
    if isinstance(each, StageCounts):
        is_later = each.data_at is not None and each.data_at > now
        return each.model_copy(update={"data_at": None}) if is_later else each
    if isinstance(each, SettledDays) or each.at <= now:
        return each
    since_at = None if each.since_at is None else min(each.since_at, now)
    return each.model_copy(update={"at": now, "since_at": since_at})


def _judge_debts(
    processes: Mapping[str, Process], debts: Debts, now: datetime
) -> Iterator[Observation]:
    for name, process in processes.items():
        for check in process.checks:
            if isinstance(check, AnswersComplete) and isinstance(debts, OwedAnswers):
                yield owed_answers.judge(name, check, debts, now)
            if isinstance(check, VersionsCurrent) and isinstance(debts, OutdatedRecordings):
                yield outdated_recordings.judge(name, check, debts, now)


def _judge_work(
    processes: Mapping[str, Process],
    waiting: WaitingWork,
    observed: Iterable[Observation | StageCounts | SettledDays],
    now: datetime,
) -> list[Observation]:
    failed_days = {
        (each.process, each.arrival_day)
        for each in observed
        if isinstance(each, Observation) and each.check == STEP and each.outcome in FAILING_OUTCOMES
    }
    return [
        waiting_work.judge(
            name, check, waiting, {day for process, day in failed_days if process == name}, now
        )
        for name, process in processes.items()
        for check in process.checks
        if isinstance(check, WorkMoves)
    ]


def live_checks(processes: Mapping[str, Process]) -> Iterator[tuple[str, LiveCheck]]:
    """Every live check, with the name of its process."""
    for name, process in processes.items():
        for check in process.checks:
            if not isinstance(check, DATA_CHECKS):
                yield name, check


def ledger_failures(
    processes: Mapping[str, Process], error: str, now: datetime
) -> Iterator[Observation]:
    """A failure of every check that connects to the ledger's database."""
    for name, check in live_checks(processes):
        if isinstance(check, DatabaseAnswers) and check.url_from == DATABASE_URL:
            yield Observation(
                process=name, check=check.name, outcome="failed", at=now, detail=error
            )
