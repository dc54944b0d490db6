import json

import numpy as np
import polars as pl
import pytest

from dataflow_health.stages import store
from dataflow_health.stages.tsv_format import Column, decode
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = pytest.mark.spark


def read_tsv(day: ProcessedDay, record: StageRecord) -> tuple[pl.DataFrame, list[str]]:
    """The table of a stored recording and its columns, by the schema file beside it."""
    folder = record.output_path.rsplit("/", 1)[0]
    schema = json.loads(day.deps.lake.read(f"{folder}/{store.SCHEMA_FILE}"))
    columns = tuple(Column(**column) for column in schema["columns"])
    table = decode(day.deps.lake.read(record.output_path), "zst", columns)
    return table, [column.name for column in columns]


def test_the_schema_file_names_the_columns_of_the_file_beside_it(day: ProcessedDay) -> None:
    record = day.records("store")[0]
    table, names = read_tsv(day, record)
    assert names[0] == "second"
    assert {"roll_deg.0", "roll_deg.3", "engine_1_oil_pressure_psi"} <= set(names)
    assert table.height == record.rows_out == record.rows_in


def test_engineering_values_are_those_that_were_recorded(day: ProcessedDay) -> None:
    records = day.records("store")
    record = next(r for r in records if r.member.removesuffix(".rdf") in day.flights)
    table, _ = read_tsv(day, record)
    speeds = table["engine_1_ng_pct.0"].drop_nulls().to_numpy()
    assert 0 <= np.nanmin(speeds) < 5 < 80 < np.nanmax(speeds) < 110
