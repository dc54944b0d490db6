"""Ledgers drawn at random, and the counts of all their rows, made in the plainest way."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select

from dataflow_health.health.observation import Counts, StageCounts, add_up
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, RECORDING_STAGES, STAGES
from dataflow_health.storage.ledger.states import ENDED, UNFINISHED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health_tests.factories import NOON

DAYS = ("2026-11-19", "2026-11-20", "2026-11-21")
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by the name of their table."""

TABLES = (
    tables.arrival,
    tables.member,
    tables.archive_stage,
    tables.recording_stage,
    tables.algorithm_run,
)


@dataclass(frozen=True, slots=True)
class Work:
    """One archive or recording: its day, and its state, attempts and end at each stage it reached.

    An end of -1 minute is none.
    """

    day: str
    stages: Sequence[tuple[str, int, int]]


def work(stages: Sequence[str]) -> st.SearchStrategy[Work]:
    """Archives or recordings that came as far as one of the stages."""
    at_stage = st.tuples(
        st.sampled_from((*UNFINISHED, *ENDED)), st.integers(0, 4), st.integers(-1, 90)
    )
    at_stages = st.lists(at_stage, min_size=1, max_size=len(stages))
    return st.builds(Work, st.sampled_from(DAYS), at_stages)


def outcomes(*names: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Days and outcomes of arrivals or members."""
    return st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(names)), max_size=6)


LEDGERS = st.builds(
    lambda archives, recordings, arrivals, members, runs: {
        "archive_stage": list(_stage_rows("archive_id", ARCHIVE_STAGES, archives)),
        "recording_stage": list(_stage_rows("recording_id", RECORDING_STAGES, recordings)),
        "arrival": [_arrival(*each) for each in enumerate(arrivals)],
        "member": [_member(*each) for each in enumerate(members)],
        "algorithm_run": [_run(*each) for each in enumerate(runs)],
    },
    st.lists(work(ARCHIVE_STAGES), max_size=4),
    st.lists(work(RECORDING_STAGES), max_size=6),
    outcomes("accepted", "duplicate"),
    outcomes("recording", "duplicate", "refused", "other"),
    outcomes("found", "clear", "not_applicable", "failed"),
)


def with_any_ledger(
    examples: int, **more: st.SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator of a slow test with many ledgers, each written over the one before."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        check = given(rows=LEDGERS, **more)(test)
        function_scoped = HealthCheck.function_scoped_fixture
        chosen = settings(max_examples=examples, suppress_health_check=[function_scoped])
        slow: Callable[..., None] = pytest.mark.slow(chosen(check))
        return slow

    return decorate


def _stage_rows(key: str, stages: Sequence[str], found: Sequence[Work]) -> Any:
    for number, each in enumerate(found):
        for stage, (state, attempts, minute) in zip(stages, each.stages, strict=False):
            finished_at = NOON + timedelta(minutes=minute) if minute >= 0 else None
            yield {
                key: f"{number:064x}", "stage": stage, "arrival_day": each.day, "state": state,
                "attempts": attempts, "finished_at": finished_at,
            }  # fmt: skip


def _arrival(number: int, drawn: tuple[str, str]) -> Mapping[str, Any]:
    return {
        "source": "landing", "name": f"{number}.zip", "archive_id": "b" * 64, "size_bytes": 9,
        "modified_at": NOON, "arrived_at": NOON, "seen_at": NOON,
        "arrival_day": drawn[0], "outcome": drawn[1],
    }  # fmt: skip


def _member(number: int, drawn: tuple[str, str]) -> Mapping[str, Any]:
    return {
        "archive_id": "b" * 64, "path": f"{number}.rdf", "size_bytes": 1,
        "arrival_day": drawn[0], "outcome": drawn[1],
    }  # fmt: skip


def _run(number: int, drawn: tuple[str, str]) -> Mapping[str, Any]:
    return {
        "recording_id": f"{number:064x}", "algorithm": "vmo", "version": "1", "findings": 0,
        "parser_version": "1", "tail": "HB-ZAA", "reason": "", "uploaded_at": NOON,
        "arrival_day": drawn[0], "outcome": drawn[1],
    }  # fmt: skip


def write(engine: Engine, rows: Rows) -> None:
    """Replaces the whole ledger."""
    with writing(engine) as connection:
        for table in TABLES:
            connection.execute(delete(table))
            if rows[table.name]:
                connection.execute(insert(table), list(rows[table.name]))


def read(engine: Engine) -> Rows:
    """All rows of the ledger."""
    with reading(engine) as connection:
        return {table.name: _rows(connection.execute(select(table))) for table in TABLES}


def _rows(result: Any) -> list[Mapping[str, Any]]:
    return [dict(row) for row in result.mappings()]


def unfinished_days(rows: Rows, max_attempts: int | None = None) -> list[str]:
    """Arrival days with something that waits or runs and was not tried too often."""
    return sorted(
        {
            row["arrival_day"]
            for row in (*rows["archive_stage"], *rows["recording_stage"])
            if row["state"] in UNFINISHED
            and (max_attempts is None or row["attempts"] < max_attempts)
        }
    )


def stage_counts(rows: Rows) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Counts by stage and arrival day, as fields of the stage counts."""
    days = sorted({row["arrival_day"] for each in rows.values() for row in each})
    return {(stage, day): _at_stage(rows, stage, day) for day in days for stage in STAGES}


def _at_stage(rows: Rows, stage: str, day: str) -> Mapping[str, Any]:
    here = _rows_of(rows, stage, day)
    states = [row["state"] for row in here]
    duplicates = {
        "download": _outcomes(rows, "arrival", day).count("duplicate"),
        "parse": _outcomes(rows, "member", day).count("duplicate"),
    }
    return {
        "incoming": _handed_over(rows, stage, day) + _processed_again(rows, stage, here),
        "done": states.count("done"),
        "quarantined": states.count("quarantined"),
        "written_off": states.count("written_off"),
        "in_flight": states.count("waiting") + states.count("running"),
        "running": states.count("running"),
        "duplicate": duplicates.get(stage, 0),
        "data_at": max(filter(None, (row["finished_at"] for row in here)), default=None),
    }


def _handed_over(rows: Rows, stage: str, day: str) -> int:
    if stage == "download":
        return len(_outcomes(rows, "arrival", day))
    if stage == "parse":
        members = _outcomes(rows, "member", day)
        return members.count("recording") + members.count("duplicate")
    before = _rows_of(rows, STAGES[STAGES.index(stage) - 1], day)
    return [row["state"] for row in before].count("done")


def _rows_of(rows: Rows, stage: str, day: str) -> Sequence[Mapping[str, Any]]:
    name = "archive_stage" if stage in ARCHIVE_STAGES else "recording_stage"
    return [row for row in rows[name] if (row["stage"], row["arrival_day"]) == (stage, day)]


def _outcomes(rows: Rows, table: str, day: str) -> list[str]:
    return [row["outcome"] for row in rows[table] if row["arrival_day"] == day]


def _processed_again(rows: Rows, stage: str, here: Sequence[Mapping[str, Any]]) -> int:
    """Recordings here that the stage before has waiting or running."""
    if stage not in RECORDING_STAGES[1:]:
        return 0
    before = RECORDING_STAGES[RECORDING_STAGES.index(stage) - 1]
    again = {
        row["recording_id"]
        for row in rows["recording_stage"]
        if row["stage"] == before and row["state"] in UNFINISHED
    }
    return sum(row["recording_id"] in again for row in here)


def total(counts: Iterable[StageCounts]) -> dict[str, Counts]:
    """Counts of all days together, by stage."""
    by_stage: dict[str, list[Counts]] = defaultdict(list)
    for each in counts:
        by_stage[each.process].append(each)
    return {stage: add_up(found) for stage, found in by_stage.items()}
