import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import tsv_format
from dataflow_health.stages.tsv_format import Column

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
    assert tsv_format.decode(tsv_format.encode(table, codec), codec, COLUMNS).equals(table)


@pytest.mark.parametrize("codec", ["zst", "gz"])
def test_a_damaged_file_is_refused(codec: str) -> None:
    with pytest.raises(RecordingRefused, match="tsv_unreadable"):
        tsv_format.decode(b"garbage", codec, COLUMNS)


def test_a_tab_in_a_recorder_s_text_cannot_break_the_row() -> None:
    assert tsv_format._tsv_safe("HB\tZ\nAA") == "HB?Z?AA"


def test_columns_with_the_same_names_and_types_share_a_table_whatever_their_units() -> None:
    other = (COLUMNS[0], Column("oil", "double", "bar", 0.5))
    text = (COLUMNS[0], Column("oil", "string", "psi", 0.1))
    assert tsv_format.schema_digest(other) == tsv_format.schema_digest(COLUMNS)
    assert tsv_format.schema_digest(text) != tsv_format.schema_digest(COLUMNS)


@pytest.mark.server
def test_polars_has_numpy_before_two_threads_need_it() -> None:
    code = (
        "import dataflow_health.stages.tsv_format\n"
        "from polars.series import series\n"
        "assert 'ndarray' in vars(series.np)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
