from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.health.flight_breaks import ContinuityWindow
from dataflow_health.storage.queries import continuity, recorded_flights
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import arrive, refuse, store_flights

NEXT_DAY = "2026-11-21"
WINDOW = ContinuityWindow(NOON, NOON + timedelta(days=2), timedelta(days=1))


def test_a_flight_without_its_middle_is_a_break_of_that_aircraft(engine: Engine) -> None:
    first, last = store_flights(engine, "start_only", "stop_only")
    found = continuity.among(engine, recorded_flights.read(engine, DAY), WINDOW)
    (recorder,) = found["HB-ZAA"]
    (missing,) = recorder.breaks
    assert (missing.after, missing.before) == (first, last)


def test_a_part_that_may_be_in_quarantine_is_open_and_no_break(engine: Engine) -> None:
    _, middle, _ = store_flights(engine, "start_only", "mid_flight", "stop_only")
    refuse(engine, [middle])
    arrive(engine, middle, NEXT_DAY)
    found = continuity.among(engine, recorded_flights.read(engine, DAY), WINDOW)
    (recorder,) = found["HB-ZAA"]
    assert recorder.breaks == ()
    assert middle[:12] in str(recorder.open_breaks[0])


def test_no_flights_have_no_continuity(engine: Engine) -> None:
    assert continuity.among(engine, {}, WINDOW) == {}
