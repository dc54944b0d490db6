import csv
import io
import json
from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations import series_export
from dataflow_health.operations.file_formats import FORMATS
from dataflow_health.operations.series_export import ROWS
from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.installation import filled, recording_id, settings
from dataflow_health_tests.plotted_recording import LOST, flown, write_parameters

ROTOR = "rotor_speed_pct"
Row = dict[str, object]


@pytest.fixture(scope="module")
def hop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Lake]]:
    chosen = settings(tmp_path_factory.mktemp("hop"))
    engine = filled(chosen)
    write_parameters(chosen, flown())
    yield engine, Lake(chosen.lake_url)
    engine.dispose()


def exported(hop: tuple[Engine, Lake], form: str, **chosen: object) -> bytes:
    export = series_export.prepare(*hop, catalogue(), recording_id(0), **chosen)  # type: ignore[arg-type]
    return b"".join(export.stream(form))


def rows(form: str, content: bytes) -> list[Row]:
    if form == "csv":
        found: list[Row] = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        return [{**row, "at_s": float(str(row["at_s"]))} for row in found]
    if form == "json":
        parsed: list[Row] = json.loads(content)
        return parsed
    table: list[Row] = pq.read_table(io.BytesIO(content)).to_pylist()
    return table


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_shown_is_exported_sample_by_sample(hop: tuple[Engine, Lake], form: str) -> None:
    found = rows(form, exported(hop, form, parameters=[ROTOR], span=(199.5, 200.25)))
    assert [row["at_s"] for row in found] == [199.5, 199.75, 200.0, 200.25]
    assert [float(str(row["value"])) for row in found] == pytest.approx([99.8, 100.1, 93.0, 93.3])
    assert {row["tail"] for row in found} == {"HB-Z00"}
    assert {row["unit"] for row in found} == {"%"}
    at = found[1]["at"]
    assert str(at).startswith(("2026-11-20T06:03:19.750Z", "2026-11-20 06:03:19.750"))


@pytest.mark.parametrize("form", FORMATS)
def test_all_parameters_are_exported_and_nothing_is_a_whole_file(
    hop: tuple[Engine, Lake], form: str
) -> None:
    found = rows(form, exported(hop, form))
    recorded_s = 600 - (LOST[1] - LOST[0])
    assert len(found) == recorded_s * (4 + len(flown().series) - 1)
    assert {row["parameter"] for row in found} == set(flown().series)
    nothing = exported(hop, form, parameters=[ROTOR], span=(900.0, 901.0))
    assert rows(form, nothing) == []


def test_parts_are_sent_as_they_are_made(hop: tuple[Engine, Lake]) -> None:
    export = series_export.prepare(*hop, catalogue(), recording_id(0))
    for form in FORMATS:
        parts = list(export.stream(form))
        assert len(parts) > len(export.names)
    assert ROWS < 100_000


def test_what_cannot_be_exported_is_refused_before_the_first_byte(hop: tuple[Engine, Lake]) -> None:
    with pytest.raises(NotFound, match="did you mean"):
        exported(hop, "csv", parameters=["rotor_speed"])
    with pytest.raises(NotAllowed, match="ends at 1 s, before it begins at 2 s"):
        exported(hop, "csv", span=(2.0, 1.0))


def test_with_pseudonyms_no_tail_is_exported(hop: tuple[Engine, Lake]) -> None:
    content = exported(
        hop, "csv", parameters=[ROTOR], span=(0, 1), pseudonyms=Pseudonyms(b"k" * 32)
    )
    assert b"HB-Z00" not in content
