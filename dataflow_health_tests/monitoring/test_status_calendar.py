from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.health.status import Status
from dataflow_health.monitoring import evaluation, status_calendar
from dataflow_health.storage.records import status_days
from dataflow_health.storage.records.status_days import StatusDayKey
from dataflow_health_tests import factories
from dataflow_health_tests.factories import NOON

PROCESSES = evaluation.make_report(factories.catalogue(), (), NOON).processes
TODAY = NOON.date()


def test_every_process_has_every_day_and_days_without_data_are_unknown(engine: Engine) -> None:
    yesterday = TODAY - timedelta(days=1)
    status_days.add(engine, {StatusDayKey(yesterday, "parse", Status.FAILED): 600.0})
    found = status_calendar.read(engine, PROCESSES, 90, NOON)
    assert [each.process for each in found.processes] == [each.name for each in PROCESSES]
    assert {len(each.days) for each in found.processes} == {90}
    assert (found.first_day, found.last_day) == (TODAY - timedelta(days=89), TODAY)
    (parse,) = (each for each in found.processes if each.process == "parse")
    assert [each.status for each in parse.days[-3:]] == ["UNKNOWN", "FAILED", "UNKNOWN"]
    assert parse.days[-2].seconds == {Status.FAILED: 600.0}
    assert parse.days[-1].unknown_s == 12 * 3600, "today is half over"
