import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.cli import plotting
from dataflow_health.errors import NotFound
from dataflow_health.schemas import ParameterSeries


def series(values: list[int | None]) -> ParameterSeries:
    return ParameterSeries(
        parameter="x", first_s=0, last_s=len(values), samples=len(values),
        at_s=tuple(range(len(values))), values=tuple(values),
    )  # fmt: skip


@given(
    st.lists(st.integers(-1000, 1000), min_size=1, max_size=300),
    st.integers(5, 100),
    st.integers(1, 10),
)
def test_a_plot_has_its_size_for_all_values(values: list[int], columns: int, height: int) -> None:
    head, *rows, _ = plotting.plot_lines(series(values), columns, height)
    assert head.endswith(f"({min(values):g} to {max(values):g})")
    assert [len(row.split("|")[1]) for row in rows] == [columns] * height


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=200), st.integers(1, 60))
def test_the_extremes_of_all_columns_are_those_of_the_series(values: list[int], bins: int) -> None:
    low, high = plotting.column_extremes(series(values), bins)
    assert np.nanmin(low) == min(values)
    assert np.nanmax(high) == max(values)


def test_a_gap_stays_blank() -> None:
    rows = list(plotting.plot_lines(series([5] * 50 + [None] * 50), 10, 2))[1:-1]
    assert {row.split("|")[1][5:] for row in rows} == {"⠀" * 5}


def test_a_parameter_without_any_value_is_refused() -> None:
    with pytest.raises(NotFound, match="has no value"):
        list(plotting.plot_lines(series([None, None]), 10, 2))
