"""What changed YAML files owe: answers of algorithms, and recordings to be processed again."""

from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.config.validation_errors import suggest
from dataflow_health.errors import NotFound
from dataflow_health.health import owed_answers
from dataflow_health.health.outdated_recordings import OutdatedRecordings
from dataflow_health.health.owed_answers import OwedAnswers
from dataflow_health.schemas import (
    OutdatedDay,
    OwedAlgorithm,
    OwedArrivalDay,
    OwedWork,
    RecordingDebt,
    RecordingDebtPage,
)
from dataflow_health.stages.present_versions import present_versions
from dataflow_health.storage.queries import (
    outdated_recordings,
    owed_recordings,
    present_declarations,
)
from dataflow_health.storage.queries import owed_answers as owed_query
from dataflow_health.storage.queries.present_declarations import PresentDeclarations
from dataflow_health.storage.records import declared_algorithms, declared_versions


def declare(engine: Engine, catalogue: Catalogue, tsv_codec: str, now: datetime) -> None:
    """Saves what is declared, for a command that no daemon or API may have run before.

    Args:
        engine: Database of the ledger.
        catalogue: Everything declared in YAML.
        tsv_codec: Compression of the TSV files, as the settings have it.
        now: Current time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    declared_algorithms.add(engine, _algorithm_versions(catalogue), now)
    declared_versions.add(engine, present_versions(catalogue, tsv_codec), now)


def compare(
    engine: Engine, catalogue: Catalogue, tsv_codec: str, now: datetime
) -> PresentDeclarations:
    """As :func:`declare`, for a command that changes nothing: what is declared is not saved.

    Raises:
        DatabaseError: The database does not answer.
    """
    stages = present_versions(catalogue, tsv_codec)
    return present_declarations.compare(engine, _algorithm_versions(catalogue), stages, now)


def _algorithm_versions(catalogue: Catalogue) -> dict[str, str]:
    return {name: algorithm.version for name, algorithm in catalogue.algorithms.items()}


def owed_work(
    engine: Engine, now: datetime, declared: PresentDeclarations | None = None
) -> OwedWork:
    """All answers that are owed, by algorithm, and the outdated recordings by stage and day.

    Args:
        engine: Database of the ledger.
        now: Current time, UTC.
        declared: What is declared; None for what the ledger has.

    Raises:
        DatabaseError: The database does not answer.
    """
    owed = owed_query.read(engine, declared and declared.algorithms)
    outdated = outdated_recordings.read(engine, declared and declared.stages)
    return OwedWork(
        at=now,
        answers=sum(each.recordings for each in owed.days),
        algorithms=tuple(
            OwedAlgorithm(
                algorithm=days[0].algorithm,
                version=days[0].version,
                answers=sum(each.recordings for each in days),
                since=min(each.since_at for each in days),
                days=tuple(
                    OwedArrivalDay(arrival_day=each.arrival_day, recordings=each.recordings)
                    for each in days
                ),
            )
            for days in owed_answers.by_algorithm(owed)
        ),
        outdated=tuple(
            OutdatedDay(stage=each.stage, arrival_day=each.arrival_day, recordings=each.recordings)
            for each in outdated.days
        ),
    )


def recordings(
    engine: Engine,
    *,
    algorithm: str = "",
    day: str = "",
    limit: int = 50,
    offset: int = 0,
    declared: PresentDeclarations | None = None,
) -> RecordingDebtPage:
    """One page of the recordings that are owed an answer, newest arrival day first.

    Args:
        engine: Database of the ledger.
        algorithm: Only those without an answer of this algorithm; empty for all.
        day: Only this arrival day; empty for all.
        limit: Largest number of recordings.
        offset: Number of recordings to skip.
        declared: What is declared; None for what the ledger has.

    Raises:
        DatabaseError: The database does not answer.
        NotFound: No declared algorithm has this name.
    """
    known = declared.algorithms if declared else declared_algorithms.names(engine)
    if algorithm and algorithm not in known:
        raise NotFound(f"no algorithm {algorithm!r} is declared; {suggest(algorithm, known)}")
    found = owed_recordings.find(
        engine,
        algorithm=algorithm,
        day=day,
        limit=limit,
        offset=offset,
        declared=declared and declared.algorithms,
    )
    rows = tuple(
        RecordingDebt(
            recording=each.id,
            tail=each.tail,
            arrival_day=each.arrival_day,
            algorithms=each.algorithms,
        )
        for each in found
    )
    return RecordingDebtPage(recordings=rows, limit=limit, offset=offset)


def days_to_run(owed: OwedAnswers, outdated: OutdatedRecordings) -> tuple[str, ...]:
    """Arrival days on which something is owed, newest first."""
    days = {each.arrival_day for each in owed.days} | {each.arrival_day for each in outdated.days}
    return tuple(sorted((day.isoformat() for day in days), reverse=True))
