import pickle
from pathlib import Path

import pyarrow as pa
import pytest

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import recording_reader
from dataflow_health.stages.recording_reader import RecordingRequest, RecordingTable
from dataflow_health.storage.files.lake import sha256
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.stages.processed_day import make_flight


def read(folder: Path, raw: bytes, named_tail: str | None = None) -> RecordingTable:
    local = folder / "a.rdf"
    local.write_bytes(raw)
    declared = catalogue()
    request = RecordingRequest(
        id=sha256(raw),
        path="extract/a.rdf",
        tail="HB-ZAA",
        recorder="rdf",
        layout="generic_twin_256",
        named_tail=named_tail,
        named_started_at=None,
        parser_version="1",
    )
    recorder = next(r for r in declared.recorders.values() if r.kind == "arinc717")
    declarations = pickle.dumps((recorder, declared.layouts["generic_twin_256"]))
    [table] = recording_reader.read(local, request, declarations, folder / "a.arrow")
    return table


@pytest.fixture(scope="module")
def raw() -> bytes:
    return make_flight("HB-ZAA", 6, 1)[2]


def test_a_recording_becomes_one_arrow_file_with_its_measurements(
    raw: bytes, tmp_path: Path
) -> None:
    table = read(tmp_path, raw)
    content = (tmp_path / "a.arrow").read_bytes()
    assert (table.digest, table.bytes_out) == (sha256(content), len(content))
    assert pa.ipc.open_file(pa.py_buffer(content)).read_all().num_rows == table.rows == 900
    assert table.measurements["software_version"] == "4.12"
    assert table.bytes_in == len(raw)


def test_a_recording_of_another_aircraft_is_refused_with_its_firmware(
    raw: bytes, tmp_path: Path
) -> None:
    with pytest.raises(RecordingRefused, match="archive named for HB-ZAB") as caught:
        read(tmp_path, raw, named_tail="HB-ZAB")
    assert caught.value.reason == "tail_mismatch"
    assert caught.value.measurements == {"software_version": "4.12"}


def test_a_blank_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingRefused, match="zero_filled"):
        read(tmp_path, bytes(50_000))
