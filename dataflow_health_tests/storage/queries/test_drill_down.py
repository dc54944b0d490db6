from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from benchmarks.status_scene import fill, recording_id
from dataflow_health.errors import NotFound
from dataflow_health.storage.ledger.ledger import Row
from dataflow_health.storage.queries import drill_down
from dataflow_health.storage.queries.drill_down import COLUMNS, NONE, Wanted
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.installation import SIZE

EVERYTHING = Wanted(limit=500)


@pytest.fixture
def ledger(engine: Engine) -> Engine:
    fill(engine, catalogue(), SIZE)
    return engine


def test_every_answer_is_a_row_and_the_total_says_how_many(ledger: Engine) -> None:
    rows, total = drill_down.recordings(ledger, Wanted(limit=7))
    assert len(rows) == 7
    assert total == 38 * SIZE.algorithms
    assert set(rows[0]) == set(COLUMNS)


def test_pages_put_together_are_the_whole(ledger: Engine) -> None:
    whole, total = drill_down.recordings(ledger, EVERYTHING)
    pages: list[Row] = []
    for offset in range(0, total, 50):
        page, _ = drill_down.recordings(ledger, replace(EVERYTHING, limit=50, offset=offset))
        pages += page
    assert pages == whole


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("descending", [False, True])
def test_every_column_sorts(ledger: Engine, column: str, descending: bool) -> None:
    wanted = replace(EVERYTHING, sort=column, descending=descending)
    values = [row[column] for row in drill_down.recordings(ledger, wanted)[0]]
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
    every, _ = drill_down.recordings(ledger, EVERYTHING)
    expected = [
        row
        for row in every
        if (not asked["tail"] or row["tail"] == asked["tail"])
        and (not asked["outcome"] or row["outcome"] == asked["outcome"])
        and (not asked["day_from"] or row["arrival_day"] >= asked["day_from"])
        and (not asked["day_to"] or row["arrival_day"] <= asked["day_to"])
        and row["recording"].startswith(asked["recording"])
        and asked["archive"] in row["archive"]
    ]
    rows, total = drill_down.recordings(ledger, replace(EVERYTHING, **asked))
    assert rows == expected
    assert total == len(expected)


def test_recordings_that_no_algorithm_answered_can_be_asked_for(ledger: Engine) -> None:
    rows, total = drill_down.recordings(ledger, replace(EVERYTHING, outcome=NONE))
    assert {row["recording"] for row in rows} == {recording_id(19), recording_id(39)}
    assert total == 2
    assert rows[0]["algorithm"] is None


def test_a_recording_is_found_by_the_beginning_of_its_id(ledger: Engine) -> None:
    way = drill_down.way(ledger, recording_id(0)[:8].upper())
    assert way.recording["id"] == recording_id(0)
    assert [row["stage"] for row in way.stages] == [
        "download", "extract", "parse", "compress", "store", "ingest", "analyse", "load",
    ]  # fmt: skip
    assert len(way.answers) == SIZE.algorithms


def test_a_quarantined_recording_ends_where_it_was_refused(ledger: Engine) -> None:
    last = drill_down.way(ledger, recording_id(19)).stages[-1]
    assert (last["stage"], last["state"], last["reason"]) == ("parse", "quarantined", "no_sync")


@pytest.mark.parametrize(
    ("beginning", "told"), [("abc", "too short"), ("ffffffffffff", "no recording")]
)
def test_a_beginning_that_names_none_is_told(ledger: Engine, beginning: str, told: str) -> None:
    with pytest.raises(NotFound, match=told):
        drill_down.way(ledger, beginning)


def test_the_fleet_counts_every_recording_once_a_stage(ledger: Engine) -> None:
    cells = drill_down.fleet(ledger)
    parse = [cell for cell in cells if cell.stage == "parse"]
    assert sum(cell.done for cell in parse) == 38
    assert sum(cell.quarantined for cell in parse) == 2
    assert sum(cell.done for cell in cells if cell.stage == "load") == 38
    assert sum(count for count, _ in drill_down.arrivals(ledger).values()) == 40


def test_old_work_leaves_the_fleet_but_what_is_not_done_never_does(ledger: Engine) -> None:
    parse = [cell for cell in drill_down.fleet(ledger, "2027-01-01") if cell.stage == "parse"]
    assert sum(cell.done for cell in parse) == 0
    assert sum(cell.quarantined for cell in parse) == 2
