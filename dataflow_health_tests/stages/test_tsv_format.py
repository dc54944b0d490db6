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


def rows(oil: list[float | None], note: list[str | None]) -> pl.DataFrame:
    seconds = pl.Series(range(len(oil)), dtype=pl.Int32)
    kinds = {"second": pl.Int32, "oil": pl.Float64, "note": pl.String}
    return pl.DataFrame({"second": seconds, "oil": oil, "note": note}, schema=kinds)


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), max_size=50)
)
def test_what_is_read_back_has_the_same_fingerprint(oil: list[float | None]) -> None:
    table = rows(oil, [None] * len(oil)).drop("note")
    read = tsv_format.decode(tsv_format.encode(table, "zst"), "zst", COLUMNS)
    assert tsv_format.fingerprint(read) == tsv_format.fingerprint(table)


@pytest.mark.parametrize(
    ("oil", "note"),
    [
        ([0.1, None, 0.30000000000000004], ["a", None, "b"]),
        ([0.1, 0.3, None], ["a", None, "b"]),
        ([0.1, 0.0, 0.3], ["a", None, "b"]),
        ([0.1, None], ["a", None]),
        ([0.1, None, 0.3], ["a", "b", None]),
        ([0.1, None, 0.3], ["ab", None, ""]),
        ([0.1, None, 0.3], ["a", "None", "b"]),
    ],
)
def test_another_value_or_place_has_another_fingerprint(
    oil: list[float | None], note: list[str | None]
) -> None:
    table = rows([0.1, None, 0.3], ["a", None, "b"])
    assert tsv_format.fingerprint(rows(oil, note)) != tsv_format.fingerprint(table)


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
