import numpy as np
import pyarrow as pa
import pytest

from dataflow_health.flight.decoders import DECODER_VERSIONS
from dataflow_health.stages import parse
from dataflow_health.storage.files import recording_table
from dataflow_health_tests.factories import stage_request
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = pytest.mark.spark


def test_counts_come_out_as_they_went_in(day: ProcessedDay) -> None:
    for row in day.records("parse"):
        made = day.flights.get(row.member.removesuffix(".rdf"))
        if made is None:
            continue
        content = day.deps.lake.read(row.output_path)
        decoded = recording_table.from_table(pa.ipc.open_file(pa.py_buffer(content)).read_all())
        for name in ("roll_deg", "engine_1_oil_pressure_psi", "weight_on_wheels"):
            series = decoded.series[name]
            truth = made.counts[name][decoded.second][series.rows]
            np.testing.assert_array_equal(series.counts, truth)


def test_a_dead_card_is_quarantined_with_evidence_and_the_day_goes_on(day: ProcessedDay) -> None:
    assert (day.summaries["parse"].done, day.summaries["parse"].quarantined) == (3, 1)
    bad = next(row for row in day.records("parse") if row.state == "quarantined")
    assert bad.reason == "zero_filled"
    assert bad.byte_offset == 0
    assert set(bad.evidence) == {0}


def test_facts_tell_what_was_in_the_recording(day: ProcessedDay) -> None:
    done = [row for row in day.records("parse") if row.state == "done"]
    assert all(row.measurements["parameters"] >= 80 for row in done)
    assert all(row.measurements["lost_s"] == 0 for row in done)
    assert all(row.measurements["started_at"].startswith("2026-11-20") for row in done)
    assert {row.measurements["software_version"] for row in done} == {"4.12"}


def test_parsing_again_does_nothing(day: ProcessedDay) -> None:
    assert parse.run(day.deps, stage_request()).worked == 0


def test_the_version_changes_with_the_layout(day: ProcessedDay) -> None:
    row, declared = day.records("parse")[0], day.deps.catalogue
    now = parse.code_version(declared, row.recorder, row.layout)
    assert now == row.code_version
    assert now != parse.code_version(declared, row.recorder, "no_such_layout")


def test_the_version_changes_with_its_own_decoder_only(
    day: ProcessedDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, declared = day.records("parse")[0], day.deps.catalogue
    kind = declared.recorders[row.recorder].kind
    other = next(each for each in DECODER_VERSIONS if each != kind)
    monkeypatch.setattr(parse, "DECODER_VERSIONS", {**DECODER_VERSIONS, other: "next"})
    assert parse.code_version(declared, row.recorder, row.layout) == row.code_version
    monkeypatch.setattr(parse, "DECODER_VERSIONS", {kind: "next"})
    assert parse.code_version(declared, row.recorder, row.layout).startswith("next-")
