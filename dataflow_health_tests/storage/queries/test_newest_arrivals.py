from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.queries import newest_arrivals
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.stages.checks.factories import insert_recording


def test_every_aircraft_has_the_arrival_of_its_newest_recording(engine: Engine) -> None:
    assert newest_arrivals.by_tail(engine) == {}
    for number, (tail, age_h) in enumerate([("HB-ZAB", 2), ("HB-ZAA", 3), ("HB-ZAB", 1)]):
        arrived_at = NOON - timedelta(hours=age_h)
        insert_recording(engine, f"{number}" * 64, tail=tail, arrived_at=arrived_at)
    assert newest_arrivals.by_tail(engine) == {
        "HB-ZAA": NOON - timedelta(hours=3), "HB-ZAB": NOON - timedelta(hours=1),
    }  # fmt: skip
