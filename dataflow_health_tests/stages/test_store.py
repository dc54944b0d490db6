import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.mapping import ParameterMapping
from dataflow_health.stages import store
from dataflow_health.stages.tsv_format import Column, decode, fingerprint
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.records import recorded_formats
from dataflow_health_tests import factories
from dataflow_health_tests.stages.processed_day import ProcessedDay, land_archives, run_stages

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
    assert fingerprint(table) == record.measurements["values"]
    flight = record.measurements["flight"]
    assert flight["segment"] == "whole_flight"
    formats = recorded_formats.read(day.deps.engine, [flight["format"]])[flight["format"]]
    assert formats["roll_deg"][:2] == [4.0, "deg"]
    assert flight["software"]
    assert len(flight["declared"]) == 16
    counts = pq.read_table(
        pa.BufferReader(day.deps.lake.read(day.records("compress")[0].output_path))
    )
    assert recording_table.about(counts)["parser_version"] == day.records("parse")[0].code_version
    assert 0 < flight["recorded_s"] <= flight["flown_s"] <= flight["duration_s"]


def test_engineering_values_are_those_that_were_recorded(day: ProcessedDay) -> None:
    records = day.records("store")
    record = next(r for r in records if r.member.removesuffix(".rdf") in day.flights)
    table, _ = read_tsv(day, record)
    speeds = table["engine_1_ng_pct.0"].drop_nulls().to_numpy()
    assert 0 <= np.nanmin(speeds) < 5 < 80 < np.nanmax(speeds) < 110


def garmin_catalogue(*, density_kg_l: float) -> Catalogue:
    declared = factories.catalogue()
    mapping = ParameterMapping.model_validate(
        {
            "recorders": ["garmin_csv"],
            "quantities": {
                "fuel_quantity_left_kg": [
                    {"parameter": "fuel_quantity_left_gal", "density_kg_l": density_kg_l}
                ],
                "fuel_quantity_right_kg": [{"parameter": "fuel_quantity_right_gal"}],
            },
        }
    )
    recorder = declared.recorders["garmin_csv"].model_copy(update={"tail": "HB-ZAA"})
    return replace(declared, mappings={"garmin": mapping}, recorders={"garmin_csv": recorder})


def store_garmin_log(folder: Path, declared: Catalogue, engine: Engine | None = None):
    log = (
        b"#yyy-mm-dd,hh:mm:ss,hh:mm,gals,gals\nLcl Date,Lcl Time,UTCOfst,FQtyL,FQtyR\n"
        b"2026-11-20,10:00:00,+00:00,10.00,20.00\n2026-11-20,10:01:30,+00:00,9.00,19.00\n"
    )
    deps = factories.dependencies(folder, engine, declared)
    if engine is None:
        land_archives(folder / "landing", {"HB-ZAA.zip": {"log_261120_100000_LSZH.csv": log}})
    summaries = run_stages(deps, folder / "landing", lambda: None, until="store")
    (record,) = stage_records.find(deps.engine, stage="store", day=factories.DAY)
    return deps, summaries, record


def test_a_mapping_is_applied_when_values_are_stored_and_not_before(tmp_path: Path) -> None:
    deps, _, record = store_garmin_log(tmp_path, garmin_catalogue(density_kg_l=1.0))
    day = ProcessedDay(deps, tmp_path, {}, {})
    table, names = read_tsv(day, record)
    assert names == [
        "second", "fuel_quantity_left_kg", "fuel_quantity_left_gal", "fuel_quantity_right_gal",
    ]  # fmt: skip
    assert table["fuel_quantity_left_gal"].to_list() == [10.0, 9.0]
    assert table["fuel_quantity_left_kg"].to_list() == pytest.approx([37.85411784, 34.068706056])
    assert record.measurements["mapped"] == {"fuel_quantity_left_kg": ["fuel_quantity_left_gal"]}
    (note,) = record.measurements["mapping_notes"]
    assert note.endswith("gal converts to kg by density_kg_l only")


def test_a_changed_mapping_stores_again_without_parsing_or_compressing(tmp_path: Path) -> None:
    deps, _, _ = store_garmin_log(tmp_path, garmin_catalogue(density_kg_l=1.0))
    changed = garmin_catalogue(density_kg_l=0.5)
    deps, summaries, record = store_garmin_log(tmp_path, changed, deps.engine)
    assert {stage: each.worked for stage, each in summaries.items()} == {
        "download": 0, "extract": 0, "parse": 0, "compress": 0, "store": 1,
    }  # fmt: skip
    table, _ = read_tsv(ProcessedDay(deps, tmp_path, {}, {}), record)
    assert table["fuel_quantity_left_kg"][0] == pytest.approx(18.92705892)


def test_a_changed_mapping_changes_the_version_of_its_recordings_only() -> None:
    declared, changed = factories.catalogue(), garmin_catalogue(density_kg_l=1.0)
    rdf, csv = ("generic_rdf", "generic_twin_256"), ("garmin_csv", None)
    for kind, is_equal in (rdf, True), (csv, False):
        before = store.code_version(declared, "zst", *kind)
        assert (store.code_version(changed, "zst", *kind) == before) is is_equal
