from datetime import timedelta

import numpy as np
import pytest

from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.kinds import kind
from dataflow_health.flight.algorithms.kinds.kind import PeakMeasure, find_events, make_finding
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health_tests.flight.algorithms.flights import (
    make_algorithm,
    make_flight,
    make_phases,
)


def test_the_version_covers_the_meaning_and_not_the_prose() -> None:
    one = make_algorithm(when="a > 1 and b > 2", lasting="PT5S")
    same = make_algorithm(
        when="a>1 AND (b > 2.0)", lasting="PT5.0S", describes="Else.", source="Else.",
        examples=[{"given": {"a": [1]}, "expect": []}],
    )  # fmt: skip
    assert one.version == same.version
    assert len(one.version) == 12


@pytest.mark.parametrize(
    "change",
    [
        {"when": "a > 1.5"},
        {"when": "a >= 1"},
        {"lasting": "PT6S"},
        {"severity": "alert"},
        {"during": ["hover"]},
        {"clear": "a < 0"},
        {"peak": {"of": "a", "take": "min"}},
        {"kind": "peak", "of": "a", "when": None, "lasting": None},
    ],
)
def test_any_change_of_meaning_changes_the_version(change: dict[str, object]) -> None:
    base = {"when": "a > 1", "lasting": "PT5S"}
    changed = {key: value for key, value in (base | change).items() if value is not None}
    assert make_algorithm(**changed).version != make_algorithm(**base).version


def test_the_version_is_the_same_in_every_process_and_release() -> None:
    """Results carry it, so a change here means that every recording is analysed again."""
    assert make_algorithm(when="a > 1", lasting="PT5S").version == "9d65e53b0b1a"


def test_a_new_revision_of_the_code_changes_every_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = make_algorithm(when="a > 1").version
    monkeypatch.setattr(kind, "MEANING_REVISION", kind.MEANING_REVISION + 1)
    assert make_algorithm(when="a > 1").version != before


def grid_of(rate_hz: int, seconds: int = 9) -> SampleGrid:
    flight = make_flight(x=np.zeros((seconds, rate_hz)).tolist())
    return SampleGrid(flight, make_phases(flight))


@pytest.mark.parametrize(
    ("rate_hz", "last", "is_event"), [(1, 5, True), (1, 4, False), (3, 15, True), (3, 14, False)]
)
def test_an_event_lasts_from_its_first_to_its_last_sample(
    rate_hz: int, last: int, is_event: bool
) -> None:
    mask = np.zeros(9 * rate_hz, dtype=np.bool_)
    mask[: last + 1] = True
    events = list(find_events(mask, grid_of(rate_hz), rate_hz, timedelta(seconds=5)))
    assert events == ([(0, last)] if is_event else [])


def test_a_finding_has_the_first_of_equal_peaks_and_its_label() -> None:
    measure = PeakMeasure(np.array([1.0, 7, 3, 7]), np.array([1.0, 7, 3, 7]), "max x")
    found = make_finding((0, 3), grid_of(2), 2, severity="alert", measure=measure)
    assert found == Finding(0, 1.5, 7, 0.5, "alert", "max x 7")
    found = make_finding((2, 3), grid_of(2), 2, severity="info", measure=measure, detail="own")
    assert found == Finding(1, 1.5, 7, 1.5, "info", "own")


def test_a_finding_without_measured_value_has_no_peak() -> None:
    unknown = PeakMeasure(np.full(4, np.nan), np.full(4, np.nan), "max x")
    for measure in (None, unknown):
        found = make_finding((0, 2), grid_of(2), 2, severity="info", measure=measure, detail="x")
        assert found == Finding(0, 1, None, None, "info", "x")
