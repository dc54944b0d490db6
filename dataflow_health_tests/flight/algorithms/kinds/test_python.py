from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.flight_phase import PhaseCodes
from dataflow_health.flight.recording import Flight
from dataflow_health_tests.flight.algorithms.flights import make_algorithm, make_flight, run

HERE = "dataflow_health_tests.flight.algorithms.kinds.test_python"


def every_second(flight: Flight, phases: PhaseCodes, *, above: float = 0) -> Iterator[Finding]:
    for second, value in zip(flight.second, flight.values["a"][:, 0], strict=True):
        if value > above:
            yield Finding(float(second), float(second), detail=",".join(flight.values))


def divides_by_zero(flight: Flight, phases: PhaseCodes) -> list[Finding]:
    return [Finding(1 / 0, 0)]


def returns_text(flight: Flight, phases: PhaseCodes) -> list[str]:
    return ["found"]


NOT_A_FUNCTION = 1


def python(**fields: object) -> object:
    return make_algorithm(**({"kind": "python", "entry": f"{HERE}:every_second"} | fields))


def test_a_function_is_called_with_its_options() -> None:
    algorithm = python(parameters=["a"], options={"above": 2})
    result = run(algorithm, make_flight(a=[1.0, 2, 3, 4]))
    assert [finding.start_s for finding in result.findings] == [2, 3]


def test_a_function_gets_its_own_parameters_only() -> None:
    result = run(python(parameters=["a"]), make_flight(a=[1.0], b=[1.0]))
    assert result.findings[0].detail == "a"


def test_a_recording_without_its_parameters_is_not_applicable() -> None:
    result = run(python(parameters=["a", "z"]), make_flight(a=[1.0]))
    assert (result.outcome, result.reason) == (
        "not_applicable", "this recording has no sample of z",
    )  # fmt: skip


def test_a_function_that_raises_has_failed_with_its_error() -> None:
    result = run(python(entry=f"{HERE}:divides_by_zero"), make_flight(a=[1.0]))
    assert result.outcome == "failed"
    assert result.reason == f"{HERE}:divides_by_zero raised ZeroDivisionError: division by zero"


def test_a_function_that_returns_anything_else_has_failed() -> None:
    result = run(python(entry=f"{HERE}:returns_text"), make_flight(a=[1.0]))
    assert result.outcome == "failed"
    assert "returned str, expected Finding" in result.reason


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"entry": "every_second"}, "must be package.module:function"),
        ({"entry": "no.such.module:function"}, "cannot be imported"),
        ({"entry": f"{HERE}:no_such_function"}, "cannot be imported"),
        ({"entry": f"{HERE}:NOT_A_FUNCTION"}, "is not a function"),
        ({"options": {"abov": 1}}, "unexpected keyword argument 'abov'"),
    ],
)
def test_a_wrong_entry_is_an_error_when_the_yaml_is_loaded(
    fields: dict[str, object], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        python(**fields)


def test_a_revision_changes_the_version() -> None:
    assert python().version != python(revision=2).version
