from datetime import date

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.flight.algorithms.coverage import NO_PHASES_REASON, NO_SAMPLE_OF, PHASES
from dataflow_health.operations.coverage import aircraft_coverage, fleet_coverage
from dataflow_health_tests.operations.results import insert_results

SINCE = date(2026, 11, 1)


def test_each_recorder_and_layout_has_its_own_coverage(engine: Engine) -> None:
    reasons = {"oil": "", "torque": f"{NO_SAMPLE_OF}ng, torque", "hover": NO_PHASES_REASON}
    insert_results(engine, "a" * 64, reasons)
    insert_results(engine, "b" * 64, {"oil": f"{NO_SAMPLE_OF}oil"}, layout=None)
    insert_results(engine, "c" * 64, {"oil": ""}, tail="HB-ZAB")
    found = fleet_coverage(engine, SINCE)
    assert {tail: len(each) for tail, each in found.items()} == {"HB-ZAA": 2, "HB-ZAB": 1}
    silent, twin = found["HB-ZAA"]
    assert (silent.layout, silent.recorder, silent.is_silent) == (None, "card", True)
    assert (twin.applicable, twin.algorithms, twin.missing) == (1, 3, (PHASES, "ng", "torque"))
    assert twin.lacking == {}
    detailed = aircraft_coverage(engine, "HB-ZAA", SINCE)
    assert detailed.coverage[1].lacking == {"hover": (PHASES,), "torque": ("ng", "torque")}


def test_a_failed_algorithm_has_its_reason_and_lacks_nothing(engine: Engine) -> None:
    insert_results(engine, "a" * 64, {"oil": "f raised KeyError"}, refused="failed")
    (found,) = aircraft_coverage(engine, "HB-ZAA", SINCE).coverage
    assert (found.applicable, found.lacking) == (0, {})
    assert found.reasons == {"oil": "f raised KeyError"}
    assert fleet_coverage(engine, SINCE)["HB-ZAA"][0].reasons == {}


def test_an_aircraft_without_results_is_not_found(engine: Engine) -> None:
    insert_results(engine, "a" * 64, {"oil": ""})
    message = "no results of aircraft 'HB-ZAB' arrived since 2026-11-01; try more days"
    with pytest.raises(NotFound, match=message):
        aircraft_coverage(engine, "HB-ZAB", SINCE)
