from datetime import date, timedelta

from sqlalchemy import Engine

from dataflow_health.health.outdated_recordings import OutdatedRecordings
from dataflow_health.operations import owed
from dataflow_health.storage.queries import owed_answers
from dataflow_health_tests import factories
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import recordings


def test_debts_are_grouped_by_algorithm_and_their_days_run_newest_first(engine: Engine) -> None:
    first, second, third = recordings(engine, 3)
    analyse(engine, [first], {})
    analyse(engine, [second, third], {}, day="2026-11-21")
    declare(engine, {"peak": "1", "low": "1"}, NOON + timedelta(minutes=1))
    work = owed.owed_work(engine, NOON)
    assert (work.answers, [each.algorithm for each in work.algorithms]) == (6, ["low", "peak"])
    low = work.algorithms[0]
    assert (low.answers, low.since) == (3, NOON + timedelta(minutes=1))
    assert [(each.arrival_day, each.recordings) for each in low.days] == [
        (date(2026, 11, 21), 2), (date(2026, 11, 20), 1),
    ]  # fmt: skip
    assert owed.days_to_run(owed_answers.read(engine), OutdatedRecordings()) == (
        "2026-11-21",
        "2026-11-20",
    )


def test_declared_algorithms_are_those_of_the_catalogue(engine: Engine) -> None:
    analyse(engine, recordings(engine, 1), {})
    owed.declare(engine, factories.catalogue(), "zst", NOON)
    names = {each.algorithm for each in owed.owed_work(engine, NOON).algorithms}
    assert names == set(factories.catalogue().algorithms)


def test_a_page_of_recordings_has_its_bounds(engine: Engine) -> None:
    first, second = recordings(engine, 2)
    analyse(engine, [first, second], {})
    declare(engine, {"peak": "1"})
    page = owed.recordings(engine, limit=1, offset=1)
    assert [each.recording for each in page.recordings] == [second]
    assert (page.limit, page.offset) == (1, 1)
