import numpy as np
import pytest
from pydantic import ValidationError

from dataflow_health.flight.algorithms.flight_phase import Phase
from dataflow_health_tests.flight.algorithms.flights import find_all, make_algorithm, make_flight


def band(**fields: object) -> object:
    return make_algorithm(**({"kind": "time_in_band", "of": "x", "band": [0, 10]} | fields))


def spans_and_peaks(
    fields: dict[str, object], values: list[float]
) -> list[tuple[float, float, float | None]]:
    findings = find_all(band(**fields), make_flight(x=values))
    return [(f.start_s, f.end_s, f.peak) for f in findings]


def test_times_are_summed_and_the_limits_belong_to_the_band() -> None:
    assert spans_and_peaks({"total": "PT3S"}, [20, 0, 5, 11, 10, 20]) == [(1, 4, 3)]
    assert spans_and_peaks({"total": "PT4S"}, [20, 0, 5, 11, 10, 20]) == []


def test_outside_is_the_rest_of_the_known_time() -> None:
    assert spans_and_peaks({"total": "PT1S", "counting": "outside"}, [5, 20, np.nan, -1, 5]) == [
        (1, 3, 2)
    ]


def test_a_share_is_of_the_known_time() -> None:
    assert spans_and_peaks({"share": 0.5}, [5, 5, 20, np.nan, np.nan]) == [
        (0, 1, pytest.approx(2 / 3))
    ]
    assert spans_and_peaks({"share": 0.5}, [5, 20]) == []


def test_no_time_at_all_is_no_finding() -> None:
    assert spans_and_peaks({"total": "PT0S"}, [20, 20]) == []


def test_a_fast_parameter_counts_its_fractions_of_a_second() -> None:
    (only,) = find_all(band(total="PT0S"), make_flight(x=[[5.0, 20, 20, 20], [5, 5, 20, 20]]))
    assert only.peak == 0.75
    assert only.detail == "x inside 0 to 10 for 0.75 of 2 s"


def test_time_counts_only_in_its_phases() -> None:
    algorithm = band(total="PT1S", during=["hover"])
    assert find_all(algorithm, make_flight(x=[5.0] * 9), Phase.CLIMB) == []
    assert len(find_all(algorithm, make_flight(x=[5.0] * 9), Phase.HOVER)) == 1


@pytest.mark.parametrize(
    "fields", [{}, {"total": "PT1S", "share": 0.5}, {"band": [10, 0], "total": "PT1S"}]
)
def test_exactly_one_limit_and_an_ascending_band_are_declared(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"give either|must be"):
        band(**fields)
