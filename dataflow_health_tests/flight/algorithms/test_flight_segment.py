from collections.abc import Sequence

import pytest

from dataflow_health.flight.algorithms.flight_segment import FlightPart, FlightSegment, flight_part
from dataflow_health_tests.flight.algorithms.flights import make_flight

NAN = float("nan")


@pytest.mark.parametrize(
    ("wheels", "segment"),
    [
        ([1, 0, 0, 1], "whole_flight"),
        ([1, 1], "whole_flight"),
        ([1, 0, 0], "start_only"),
        ([0, 1, 0], "mid_flight"),
        ([0, 0, 1], "stop_only"),
        ([NAN, 1, 0, NAN], "start_only"),
        ([NAN, NAN], "unknown"),
    ],
)
def test_the_ends_decide_which_part_it_is(wheels: Sequence[float], segment: str) -> None:
    assert flight_part(make_flight(weight_on_wheels=wheels)).segment == FlightSegment(segment)


def test_a_recording_without_any_source_of_phases_is_of_no_known_part() -> None:
    assert flight_part(make_flight(oil_psi=[50, 51])) == FlightPart(FlightSegment.UNKNOWN, 0, 0)


def test_seconds_lost_in_the_air_are_flown_and_not_recorded() -> None:
    second, wheels = [0, 1, 2, 12, 13, 20, 21], [1, 0, 0, 0, NAN, 1, 1]
    part = flight_part(make_flight(second, weight_on_wheels=wheels))
    assert part == FlightPart(FlightSegment.WHOLE_FLIGHT, recorded_s=4, flown_s=13)
