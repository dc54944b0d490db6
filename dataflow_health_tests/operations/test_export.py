import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations import export
from dataflow_health.operations.file_formats import FORMATS
from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.queries import findings
from dataflow_health.storage.queries.findings import FindingFilter
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.installation import filled, recording_id, settings
from dataflow_health_tests.plotted_recording import write_parameters

OURS = Pseudonyms(b"a key of sixteen")
SUFFIXES = [f".{name}" for name in FORMATS]


def written(tables: Iterable[pa.Table], path: Path) -> list[dict[str, object]]:
    """Rows of a file that holds tables."""
    found = list(tables)
    assert export.write(found, found[0].schema, path) == sum(each.num_rows for each in found)
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    if path.suffix == ".json":
        return list(json.loads(path.read_text(encoding="utf-8")))
    return pq.read_table(path).to_pylist()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_findings_are_written_whole(engine: Engine, tmp_path: Path, suffix: str) -> None:
    insert_findings(engine, 3)
    rows = written(export.finding_tables(engine, FindingFilter()), tmp_path / f"a{suffix}")
    assert [row["tail"] for row in rows] == ["HB-Z0", "HB-Z1", "HB-Z0"]
    assert [float(str(row["start_s"])) for row in rows] == [5.0] * 3
    assert str(rows[0]["start_at"]).startswith("2026-11-19")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_with_a_key_no_tail_is_in_the_findings(engine: Engine, tmp_path: Path, suffix: str) -> None:
    insert_findings(engine, 3, detail="as on HB-Z1 yesterday")
    path = tmp_path / f"a{suffix}"
    rows = written(export.finding_tables(engine, FindingFilter(), OURS), path)
    assert {row["tail"] for row in rows} == {OURS.of("HB-Z0"), OURS.of("HB-Z1")}
    assert {row["detail"] for row in rows} == {f"as on {OURS.of('HB-Z1')} yesterday"}
    assert b"HB-Z" not in path.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_with_a_key_no_tail_is_in_series(tmp_path: Path, suffix: str) -> None:
    chosen = settings(tmp_path)
    engine = filled(chosen)
    write_parameters(chosen)
    arguments = (engine, Lake(chosen.lake_url), recording_id(0), ["pressure_altitude_ft"])
    (tail,) = set(export.series_table(*arguments)["tail"].to_pylist())
    rows = written([export.series_table(*arguments, OURS)], tmp_path / f"a{suffix}")
    assert len(rows) == 600
    assert float(str(rows[300]["value"])) == 3000.0
    assert {row["tail"] for row in rows} == {OURS.of(tail)}
    with pytest.raises(NotFound):
        export.series_table(*arguments[:3], ["no_such"])
    engine.dispose()


def test_a_text_that_is_a_formula_is_text_in_csv(tmp_path: Path) -> None:
    table = pa.table({"detail": ["=1+1", "+1", "-1", "@a", "\x1b[0m", None], "value": [-1.0] * 6})
    rows = written([table], tmp_path / "a.csv")
    assert [row["detail"] for row in rows] == ["'=1+1", "'+1", "'-1", "'@a", "\\x1b[0m", ""]
    assert rows[0]["value"] == "-1.0"


def test_another_suffix_and_a_folder_that_is_not_there_are_errors(tmp_path: Path) -> None:
    table = pa.table({"a": [1]})
    with pytest.raises(NotAllowed, match=r"must end with \.csv, \.json, \.parquet"):
        export.write([table], table.schema, tmp_path / "a.xlsx")
    with pytest.raises(NotAllowed, match="cannot be written"):
        export.write([table], table.schema, tmp_path / "none" / "a.csv")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_of_many_parts_is_whole_and_one_of_none_is_valid(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(findings, "BATCH", 2)
    insert_findings(engine, 5)
    tables = list(export.finding_tables(engine, FindingFilter()))
    assert [each.num_rows for each in tables] == [2, 2, 1]
    rows = written(tables, tmp_path / f"a{suffix}")
    assert [int(str(row["recording"]), 16) for row in rows] == [4, 3, 2, 1, 0]
    nothing = export.FINDINGS.empty_table()
    assert written([nothing], tmp_path / f"b{suffix}") == []
    assert export.write([], export.FINDINGS, tmp_path / f"c{suffix}") == 0


def test_a_page_is_exported_alone(engine: Engine) -> None:
    insert_findings(engine, 5)
    page = FindingFilter(limit=2, offset=1)
    (table,) = export.finding_tables(engine, page, is_whole=False)
    assert [int(each, 16) for each in table["recording"].to_pylist()] == [3, 2]


def test_the_columns_of_a_file_are_those_of_a_finding_with_its_judgement() -> None:
    assert tuple(export.FINDINGS.names) == findings.FindingEntryRow._fields
