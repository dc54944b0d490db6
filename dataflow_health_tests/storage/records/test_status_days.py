from datetime import date, timedelta

from sqlalchemy import Engine

from dataflow_health.health.status import Status
from dataflow_health.storage.records import status_days
from dataflow_health.storage.records.status_days import StatusDayKey
from dataflow_health_tests.storage.query_plans import plans

DAY = date(2026, 11, 20)
RED, GREEN = Status.FAILED, Status.HEALTHY


def test_seconds_of_a_day_add_up(engine: Engine):
    red, green = StatusDayKey(DAY, "parse", RED), StatusDayKey(DAY, "parse", GREEN)
    status_days.add(engine, {red: 60.0, green: 0.5})
    status_days.add(engine, {green: 2.5})
    status_days.add(engine, {})
    assert status_days.read(engine, DAY) == {red: 60.0, green: 3.0}


def test_days_before_the_first_one_are_not_read(engine: Engine):
    old, new = (StatusDayKey(DAY - timedelta(days=ago), "parse", GREEN) for ago in (1, 0))
    status_days.add(engine, {old: 1.0, new: 2.0})
    assert status_days.read(engine, DAY) == {new: 2.0}


def test_a_range_is_found_by_the_key_so_its_cost_does_not_grow_with_the_history(engine: Engine):
    long_ago = {StatusDayKey(DAY - timedelta(days=n), "parse", GREEN): 1.0 for n in range(400)}
    status_days.add(engine, long_ago)
    plan = plans(engine, lambda: status_days.read(engine, DAY))
    assert any("SEARCH status_day" in line or "pk_status_day" in line for line in plan)
