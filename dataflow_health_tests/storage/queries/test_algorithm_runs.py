from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from benchmarks.filled_ledger import recording_id
from dataflow_health.storage.queries.algorithm_runs import (
    NOT_RUN,
    AlgorithmRunRow,
    RunFilter,
    read_page,
)
from dataflow_health_tests.installation import SIZE

EVERYTHING = RunFilter(limit=500)


def test_every_answer_is_a_row_and_the_total_says_how_many(ledger: Engine) -> None:
    rows, total = read_page(ledger, RunFilter(limit=7))
    assert len(rows) == 7
    assert total == 38 * SIZE.algorithms


def test_pages_put_together_are_the_whole(ledger: Engine) -> None:
    whole, total = read_page(ledger, EVERYTHING)
    pages: list[AlgorithmRunRow] = []
    for offset in range(0, total, 50):
        page, _ = read_page(ledger, replace(EVERYTHING, limit=50, offset=offset))
        pages += page
    assert pages == whole


@pytest.mark.parametrize("column", AlgorithmRunRow._fields)
@pytest.mark.parametrize("descending", [False, True])
def test_every_column_sorts(ledger: Engine, column: str, descending: bool) -> None:
    wanted = replace(EVERYTHING, sort=column, descending=descending)
    values = [getattr(row, column) for row in read_page(ledger, wanted)[0]]
    assert values == sorted(values, reverse=descending)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    tail=st.sampled_from(["", "HB-Z01", "HB-Z07", "nobody"]),
    outcome=st.sampled_from(["", "found", "clear"]),
    day_from=st.sampled_from(["", "2026-11-18", "2026-11-20"]),
    day_to=st.sampled_from(["", "2026-11-19"]),
    recording=st.sampled_from(["", recording_id(3)[:8], "%", "_"]),
    archive=st.sampled_from(["", "HB-Z02", "%"]),
)
def test_filters_keep_what_a_loop_would(ledger: Engine, **asked: str) -> None:
    every, _ = read_page(ledger, EVERYTHING)
    expected = [
        row
        for row in every
        if (not asked["tail"] or row.tail == asked["tail"])
        and (not asked["outcome"] or row.outcome == asked["outcome"])
        and (not asked["day_from"] or row.arrival_day >= asked["day_from"])
        and (not asked["day_to"] or row.arrival_day <= asked["day_to"])
        and row.recording.startswith(asked["recording"])
        and asked["archive"] in row.archive
    ]
    rows, total = read_page(ledger, replace(EVERYTHING, **asked))
    assert rows == expected
    assert total == len(expected)


def test_recordings_that_no_algorithm_answered_can_be_asked_for(ledger: Engine) -> None:
    rows, total = read_page(ledger, replace(EVERYTHING, outcome=NOT_RUN))
    assert {row.recording for row in rows} == {recording_id(19), recording_id(39)}
    assert total == 2
    assert rows[0].algorithm is None
