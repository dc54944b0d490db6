import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import store
from dataflow_health.stages.store import Column
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = pytest.mark.spark

COLUMNS = (Column("second", "int", "s", 0.0), Column("oil", "double", "psi", 0.1))


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), max_size=50),
    st.sampled_from(["zst", "gz"]),
)
def test_every_number_reads_back_exactly(values: list[float | None], codec: str) -> None:
    table = pl.DataFrame(
        {"second": pl.Series(range(len(values)), dtype=pl.Int32), "oil": values},
        schema_overrides={"oil": pl.Float64},
    )
    assert store.decode(store.encode(table, codec), codec, COLUMNS).equals(table)


@pytest.mark.parametrize("codec", ["zst", "gz"])
def test_a_damaged_file_is_refused(codec: str) -> None:
    with pytest.raises(RecordingRefused, match="tsv_unreadable"):
        store.decode(b"garbage", codec, COLUMNS)


def test_the_schema_file_names_the_columns_of_the_file_beside_it(day: ProcessedDay) -> None:
    row = day.records("store")[0]
    folder = row.output_path.rsplit("/", 1)[0]
    schema: dict[str, Any] = json.loads(day.deps.lake.read(f"{folder}/{store.SCHEMA_FILE}"))
    names = [column["name"] for column in schema["columns"]]
    assert names[0] == "second"
    assert {"roll_deg.0", "roll_deg.3", "engine_1_oil_pressure_psi"} <= set(names)
    columns = tuple(Column(**column) for column in schema["columns"])
    table = store.decode(day.deps.lake.read(row.output_path), "zst", columns)
    assert table.height == row.rows_out == row.rows_in


def test_engineering_values_are_those_that_were_recorded(day: ProcessedDay) -> None:
    row = next(r for r in day.records("store") if r.member.removesuffix(".rdf") in day.flights)
    folder = row.output_path.rsplit("/", 1)[0]
    schema = json.loads(day.deps.lake.read(f"{folder}/{store.SCHEMA_FILE}"))
    columns = tuple(Column(**column) for column in schema["columns"])
    table = store.decode(day.deps.lake.read(row.output_path), "zst", columns)
    pressures = table["engine_1_ng_pct.0"].drop_nulls().to_numpy()
    assert 0 <= np.nanmin(pressures) < 5 < 80 < np.nanmax(pressures) < 110


def test_a_tab_in_a_recorder_s_text_cannot_break_the_row() -> None:
    assert store._tsv_safe("HB\tZ\nAA") == "HB?Z?AA"
