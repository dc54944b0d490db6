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


def test_a_page_has_its_rows_and_the_number_of_all_rows(ledger: Engine) -> None:
    rows, total = read_page(ledger, RunFilter(limit=7))
    assert len(rows) == 7
    assert total == 38 * SIZE.algorithms


def test_all_pages_together_are_the_whole_table(ledger: Engine) -> None:
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


@pytest.mark.slow
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
def test_filters_select_the_same_rows_as_a_loop(ledger: Engine, **chosen: str) -> None:
    every, _ = read_page(ledger, EVERYTHING)
    expected = [
        row
        for row in every
        if (not chosen["tail"] or row.tail == chosen["tail"])
        and (not chosen["outcome"] or row.outcome == chosen["outcome"])
        and (not chosen["day_from"] or row.arrival_day >= chosen["day_from"])
        and (not chosen["day_to"] or row.arrival_day <= chosen["day_to"])
        and row.recording.startswith(chosen["recording"])
        and chosen["archive"] in row.archive
    ]
    rows, total = read_page(ledger, replace(EVERYTHING, **chosen))
    assert rows == expected
    assert total == len(expected)


def test_recordings_without_any_run_can_be_selected(ledger: Engine) -> None:
    rows, total = read_page(ledger, replace(EVERYTHING, outcome=NOT_RUN))
    assert {row.recording for row in rows} == {recording_id(19), recording_id(39)}
    assert total == 2
    assert rows[0].algorithm is None
