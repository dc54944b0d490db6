import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.csv_log.columns import column_series, normalise_cells, parameter_name
from dataflow_health.flight.layout import Linear, Table
from dataflow_health.flight.parameter import to_values


@pytest.mark.parametrize(
    ("header", "unit", "name"),
    [
        ("E1 OilP", "psi", "e1_oilp_psi"),
        ("IAS", "", "ias"),
        ("  (AltB) ", "ft Baro", "altb_ft_baro"),
        ("2nd", "kt", "column_2nd_kt"),
        ("FQtyL", "gals", "fuel_gal"),
        ("Höhe 2", "m", "h_he_2_m"),
        ("Высота", "", "column_5"),
        ("高度 2", "m", "column_5_m"),
        ("°", "", "column_5"),
        ("7", "", "column_7"),
    ],
)
def test_a_column_has_its_declared_name_or_one_of_header_and_unit(header, unit, name):
    assert parameter_name(header, unit, {"FQtyL": "fuel_gal"}, (), 5) == name


def test_equal_names_are_numbered():
    assert parameter_name("A", "", {}, ["a"], 5) == "a_2"
    assert parameter_name("A", "", {}, ["a", "a_2", "b"], 5) == "a_3"
    assert parameter_name("A", "", {}, ["a", "a_2", "a_3", "a_4"], 5) == "a_5"


def make_series(*cells: str):
    return column_series(cells, describes="Header", unit="psi", column=7)


def test_numbers_are_counts_of_their_finest_decimal():
    series = make_series("1", "-2.5", "", "+.25", "3.")
    assert series.parameter.conversion == Linear(scale=0.01)
    assert series.rows.tolist() == [0, 1, 3, 4]
    assert series.counts[:, 0].tolist() == [100, -250, 25, 300]
    assert (series.counts.dtype, series.rows.dtype) == (np.int32, np.int32)
    assert series.text == ()


def test_a_series_has_the_columns_header_unit_and_number():
    parameter = make_series("1").parameter
    assert (parameter.describes, parameter.unit, parameter.coding) == ("Header", "psi", "bnr")
    assert [[part.word for part in sample] for sample in parameter.samples] == [[7]]
    far = column_series(["1"], describes="", unit="", column=8193).parameter
    assert far.samples[0][0].word == 8192


@pytest.mark.parametrize("cell", ["GPS", "1e5", "1,5", "--", "1.2.3", "nan", ".", "9" * 5_000])
def test_a_cell_that_is_no_number_makes_the_column_text(cell):
    series = make_series("17", cell, "17")
    assert (series.parameter.coding, series.parameter.unit) == ("characters", "")
    assert series.parameter.conversion == Linear()
    assert [series.text[count] for count in series.counts[:, 0]] == ["17", cell, "17"]
    assert list(series.text) == sorted({"17", cell})


def test_a_column_without_cells_has_no_samples():
    series = make_series("", "")
    assert (series.rows.tolist(), series.counts.shape) == ([], (0, 1))


@pytest.mark.parametrize(
    ("cell", "is_table"),
    [("2147483647", False), ("-2147483647", False), ("2147483648", True), ("21474836.48", True)],
)
def test_numbers_beyond_a_count_become_indices_of_a_table(cell, is_table):
    series = make_series(cell, "-0.5")
    assert isinstance(series.parameter.conversion, Table) == (is_table or "." not in cell)
    assert to_values(series)[:, 0].tolist() == [float(cell), -0.5]
    assert isinstance(make_series(cell).parameter.conversion, Table) == is_table


def test_equal_numbers_of_a_table_share_an_index():
    series = make_series("9999999999", "9999999999.0", "1")
    assert series.counts[:, 0].tolist() == [1, 1, 0]
    assert series.parameter.conversion == Table(kind="table", points=((0, 1), (1, 9999999999)))
    single = make_series("9999999999")
    assert to_values(single)[:, 0].tolist() == [9999999999]


@given(st.lists(st.decimals(-(10**12), 10**12, places=4), min_size=1, max_size=9))
def test_any_decimals_keep_their_exact_value(numbers):
    series = make_series(*(f"{number:f}" for number in numbers))
    assert to_values(series)[:, 0].tolist() == [float(number) for number in numbers]


@pytest.mark.parametrize(
    ("cell", "decimal", "normalised"),
    [
        ("1,5", ",", "1.5"), ("1.5", ".", "1.5"), ("1.5E-3", ".", "0.0015"), ("2e2", ".", "200"),
        ("---", ".", ""), ("1e999", ".", "1e999"), ("a,b", ",", "a,b"), ("\u0661", ".", "\u0661"),
    ],
)  # fmt: skip
def test_a_cell_is_written_as_this_project_writes_numbers(cell, decimal, normalised):
    assert normalise_cells([cell], decimal, ("---",))[0] == [normalised]
