import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dataflow_health.stages import compress
from dataflow_health_tests.factories import stage_request
from dataflow_health_tests.stages import processed_day
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = pytest.mark.spark


def test_parquet_is_the_parsed_table_bit_for_bit(day: ProcessedDay) -> None:
    parsed = {row.id: row.output_path for row in day.records("parse")}
    for row in day.records("compress"):
        original = pa.ipc.open_file(pa.py_buffer(day.deps.lake.read(parsed[row.id])))
        kept = pq.read_table(pa.BufferReader(day.deps.lake.read(row.output_path)))
        assert kept.equals(original.read_all())


def test_the_conversion_rides_in_the_file(day: ProcessedDay) -> None:
    path = day.records("compress")[0].output_path
    schema = pq.read_schema(pa.BufferReader(day.deps.lake.read(path)))
    assert b'"scale"' in schema.field("roll_deg").metadata[b"dataflow_health"]


def test_series_of_several_samples_a_second_are_delta_coded() -> None:
    values = pa.FixedSizeListArray.from_arrays(pa.array(range(4000), pa.int16()), 4)
    table = pa.table({"second": pa.array(range(1000), pa.int32()), "roll": values})
    meta = pq.read_metadata(pa.BufferReader(compress.encode(table)))
    columns = [meta.row_group(0).column(i) for i in range(meta.num_columns)]
    assert all("DELTA_BINARY_PACKED" in column.encodings for column in columns)
    assert meta.num_row_groups == 1


def test_the_ratio_is_kept_for_the_stage_s_check(day: ProcessedDay) -> None:
    assert all(0 < row.measurements["ratio"] < 1 for row in day.records("compress"))


def test_a_file_that_was_torn_since_it_was_written_is_refused_alone(
    day: ProcessedDay, spark: SparkSession
) -> None:
    with day.torn_output("parse"):
        summary = compress.run(day.deps, stage_request(force=True))
    assert (summary.done, summary.quarantined) == (2, 1)
    bad = next(r for r in day.records("compress") if r.state == "quarantined")
    assert bad.reason == "input_changed"
    compress.run(day.deps, stage_request(force=True))
    processed_day.run_stages(day.deps, day.landing, lambda: spark)
