"""Small recordings of every format but ARINC 717, from a zip archive to engineering values."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dataflow_health.flight.recorder import CsvRecorder
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import stage_records
from dataflow_health_tests import factories
from dataflow_health_tests.flight.arinc767 import frame_encoder as arinc767
from dataflow_health_tests.flight.irig106 import packet_writer as irig106
from dataflow_health_tests.stages import processed_day

SECOND = 10_000_000
EXPORT = "Zeit;NR\ns;%\n" + "".join(f"{at / 2:.1f};{100 + at},5\n" for at in range(120))
TEST_FLIGHT = irig106.date_time(0, 2026, 11, 20, 7) + irig106.discrete(
    54, (70 * SECOND, 5), width=3
)
G3X = (
    '#airframe_info,log_version="1.00",product="GDU 460",aircraft_ident="N123AB",system_id="6"\n'
    "Date (yyyy-mm-dd),Time (hh:mm:ss),UTC Offset (hh:mm),Oil Press (PSI),CAS Alert,Water (deg F)\n"
    "Lcl Date,Lcl Time,UTCOfst,E1 OilP,,\n"
) + "".join(f"2026-09-02,14:47:{at:02},-07:00,{60 + at},NONE,{180 + at}\n" for at in range(60))
ARCHIVES: Mapping[str, Mapping[str, bytes]] = {
    "frames.zip": {"010203-101502-A-B-C-D-HB-ZAA-CPL": arinc767.recording(range(0, 70_000, 1000))},
    "test.zip": {"HB-ZAB_20261120T070000Z.ch10": TEST_FLIGHT},
    "export.zip": {"HB-ZAC_hums.csv": EXPORT.encode()},
    "g3x.zip": {"log_20260902_144700_E16.csv": G3X.encode()},
    "odd.zip": {
        "HB-ZAD_20261120T080000Z.ch10": irig106.packet(0x19, 87, b"1553"),
        "HB-ZAE_hums.csv": b"a;b\n1;2\n",
        "010203-101502-A-B-C-D-HB-ZAF-CPL": bytes(5000),
    },
}


@pytest.fixture(scope="module")
def deps(tmp_path_factory: pytest.TempPathFactory) -> Dependencies:
    folder: Path = tmp_path_factory.mktemp("formats")
    declared = factories.catalogue()
    hums = CsvRecorder(
        kind="csv", members=(r"^(?P<tail>[A-Z-]+)_hums\.csv$",), delimiter=";", decimal=",",
        units_line=2, time="Zeit", time_format="elapsed_s",
    )  # fmt: skip
    frames = declared.recorders["arinc767_cpl"].model_copy(update={"layout": "frames"})
    recorders = {**declared.recorders, "hums": hums, "arinc767_cpl": frames}
    layouts = {**declared.layouts, "frames": arinc767.LAYOUT}
    declared = replace(declared, recorders=recorders, layouts=layouts)
    worked = factories.dependencies(folder, declared=declared)
    processed_day.land_archives(folder / "landing", ARCHIVES)
    processed_day.run_stages(worked, folder / "landing", lambda: None, until="store")
    return worked


def values(deps: Dependencies, tail: str) -> tuple[pl.DataFrame, Mapping[str, object]]:
    """Counts of a recording as parsed, and its measurements."""
    records = stage_records.find(deps.engine, stage="parse", day=factories.DAY)
    record = next(each for each in records if each.tail == tail)
    frame = pl.read_ipc(deps.lake.read(record.output_path or ""))
    return frame, record.measurements or {}


def test_frames_of_arinc_767_come_through(deps: Dependencies) -> None:
    table, found = values(deps, "HB-ZAA")
    assert table["up"].to_list() == list(range(70))
    assert (found["encoding"], found["started_at"]) == ("arinc767", "2026-05-06T07:08:00+00:00")


def test_discrete_channels_of_irig_106_come_through(deps: Dependencies) -> None:
    table, found = values(deps, "HB-ZAB")
    assert [table[f"channel_54_bit_{bit}"][70] for bit in (1, 2, 3)] == [1, 0, 1]
    assert found["started_at"] == "2026-11-20T07:00:00+00:00"


def test_an_export_of_two_rows_a_second_comes_through(deps: Dependencies) -> None:
    table, found = values(deps, "HB-ZAC")
    assert table["nr"].to_list()[:2] == [[1005, 1015], [1025, 1035]]
    assert found["duration_s"] == 60


def test_a_g3x_log_names_its_aircraft_and_units(deps: Dependencies) -> None:
    table, found = values(deps, "N123AB")
    assert table.columns == [
        "second", "engine_1_oil_pressure_psi", "cas_alert", "water_deg_f",
    ]  # fmt: skip
    assert table["engine_1_oil_pressure_psi"].to_list() == list(range(60, 120))
    assert found["started_at"] == "2026-09-02T21:47:00+00:00"


def test_what_is_not_understood_is_in_quarantine_with_its_reason(deps: Dependencies) -> None:
    refused = stage_records.find(
        deps.engine, stage="parse", day=factories.DAY, states=["quarantined"]
    )
    assert {record.tail: record.reason for record in refused} == {
        "HB-ZAD": "no_decodable_channel", "HB-ZAE": "no_header", "HB-ZAF": "no_sync",
    }  # fmt: skip
    assert len(stage_records.find(deps.engine, stage="store", day=factories.DAY)) == 4
