from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.operations import backfill
from dataflow_health.operations.backfill import Batches, DayPart, Progress
from dataflow_health.stages.present_versions import present_versions
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.records import declared_versions
from dataflow_health_tests import factories
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result

NEXT_DAY = "2026-11-21"


@pytest.fixture
def owing(engine: Engine) -> list[str]:
    """Two recordings of a day and three of the next, all owed an answer."""
    ids = recordings(engine, 5)
    analyse(engine, ids[:2], {})
    analyse(engine, ids[2:], {}, day=NEXT_DAY)
    declare(engine, {"peak": "1"})
    return ids


def batches_of(engine: Engine, size: int) -> list[list[tuple[str, int]]]:
    made = Batches(engine, backfill.recordings_by_day(engine))
    made.size = size
    return [[(part.day, len(part.ids)) for part in batch] for batch in made]


def test_days_are_counted_newest_first(engine: Engine, owing: list[str]) -> None:
    assert list(backfill.recordings_by_day(engine).items()) == [
        (date(2026, 11, 21), 3), (date(2026, 11, 20), 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "batches"),
    [
        (10, [[(NEXT_DAY, 3), (DAY, 2)]]),
        (4, [[(NEXT_DAY, 3), (DAY, 1)], [(DAY, 1)]]),
        (2, [[(NEXT_DAY, 2)], [(NEXT_DAY, 1), (DAY, 1)], [(DAY, 1)]]),
    ],
)
def test_a_batch_has_as_many_recordings_as_it_may_from_few_days(
    engine: Engine, owing: list[str], size: int, batches: list[list[tuple[str, int]]]
) -> None:
    assert batches_of(engine, size) == batches


def test_a_batch_has_few_days(
    engine: Engine, owing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "MOST_DAYS", 1)
    assert batches_of(engine, 10) == [[(NEXT_DAY, 3)], [(DAY, 2)]]


def test_what_a_batch_paid_is_not_in_the_next_run(engine: Engine, owing: list[str]) -> None:
    analyse(engine, owing[2:], {"peak": "1"}, day=NEXT_DAY)
    assert batches_of(engine, 10) == [[(DAY, 2)]]


def test_an_outdated_recording_goes_through_all_stages_once(
    engine: Engine, owing: list[str]
) -> None:
    declared_versions.replace(engine, present_versions(factories.catalogue(), "zst"), NOON)
    ledger.finish(engine, "parse", DAY, "run", [result(owing[0], version="of an older layout")])
    parts = backfill.read_day(engine, date(2026, 11, 20))
    assert (parts[0].first_stage, parts[0].ids) == ("parse", (owing[0],))
    assert backfill.ids_by_day(parts, "parse") == {DAY: (owing[0],)}
    assert owing[0] in backfill.ids_by_day(parts, "analyse")[DAY]


def test_both_parts_of_a_day_meet_at_analyse() -> None:
    parts = [DayPart(DAY, "parse", ("a",)), DayPart(DAY, "analyse", ("b",), ("peak",))]
    assert backfill.ids_by_day(parts, "store") == {DAY: ("a",)}
    assert backfill.ids_by_day(parts, "load") == {DAY: ("a", "b")}


@pytest.mark.parametrize(
    ("size", "took_s", "following"),
    [(16, 5.0, 16), (16, 0.0, 32), (16, 10.0, 8), (100, 500.0, 25), (4, 500.0, 4), (500, 1.0, 512)],
)
def test_a_batch_grows_and_shrinks_towards_its_time(
    size: int, took_s: float, following: int
) -> None:
    assert backfill.next_size(size, took_s) == following


def test_progress_has_a_rate_and_the_time_left() -> None:
    progress = Progress(of=600)
    assert progress.describe() == "0 of 600 recordings, 0.0 flight hours"
    progress = progress.add(120, 240.0, timedelta(seconds=60))
    assert progress.describe() == (
        "120 of 600 recordings, 240.0 flight hours, 2.0 recordings/s, 4 min left"
    )
    assert progress.add(500, 1.0, timedelta(seconds=1)).of == 620


def test_a_stored_row_is_a_second_of_flight(engine: Engine, owing: list[str]) -> None:
    stored = [replace(result(each), rows_out=1800) for each in owing[:2]]
    ledger.finish(engine, "store", DAY, "run", stored)
    assert backfill.flight_hours(engine, owing) == 1.0
