from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.health.recorded_flight import RecordedFlight
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import recorded_flights
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import arrive, refuse, result, store_flights


def test_flights_are_read_by_aircraft_without_those_of_unknown_start(engine: Engine) -> None:
    first, _, third = store_flights(engine, "start_only", "", "stop_only")
    found = recorded_flights.read(engine, DAY)
    assert list(found) == ["HB-ZAA"]
    seconds = (3600, 3600)
    hour, at, recorder = timedelta(hours=1), NOON + timedelta(hours=4), "generic_rdf"
    assert found["HB-ZAA"] == [
        RecordedFlight(first, "HB-ZAA", "start_only", *seconds, NOON, NOON + hour, NOON, recorder),
        RecordedFlight(third, "HB-ZAA", "stop_only", *seconds, at, at + hour, NOON, recorder),
    ]
    assert recorded_flights.read(engine, "2026-11-21") == {}


def test_a_recording_that_is_stored_again_keeps_its_place_and_a_refused_one_does_not(
    engine: Engine,
) -> None:
    again, refused, older = store_flights(engine, "whole_flight", "whole_flight", "whole_flight")
    ledger.begin(engine, "store", [again], "run", NOON)
    refuse(engine, [refused])
    ledger.finish(engine, "store", DAY, "run", [result(older)])
    found = recorded_flights.read(engine, DAY)
    assert [each.recording_id for each in found["HB-ZAA"]] == [again]


def test_a_late_card_comes_with_the_flights_around_it_that_arrived_before(engine: Engine) -> None:
    before, late = store_flights(engine, "start_only", "stop_only")
    arrive(engine, late, "2026-12-20")
    assert [
        each.recording_id for each in recorded_flights.read(engine, "2026-12-14")["HB-ZAA"]
    ] == [
        late,
        before,
    ]
    arrive(engine, before, "2026-11-01")
    assert len(recorded_flights.read(engine, "2026-12-14")["HB-ZAA"]) == 1
