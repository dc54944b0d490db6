"""Every stage's result as one digest: the same for the same bits of content, whatever holds them.

Formats, folders, times and versions of code leave no trace in it; a single bit of a count, a value,
a second of a finding or a column that is another does.
"""

import functools
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from sqlalchemy import select

from dataflow_health import simulator
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.stages import result_batches
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

RECORDING = Path(simulator.__file__).parent / "canary.zip"
ANSWERS = Path(simulator.__file__).parent / "canary.json"
DIGITS = 9
"""Significant digits of a finding's numbers: sums may differ in the last bit between processors."""


@functools.cache
def answers() -> Mapping[str, str]:
    """The known digest of every stage."""
    found: dict[str, str] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return found


def digest(deps: Dependencies, stage: str, day: str) -> str:
    """The digest of what a stage made of a day with one recording.

    Raises:
        ValueError: It made nothing, or more than one thing.
    """
    rows = stage_records.find(deps.engine, stage=stage, day=day, states=["done"])
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} results, not 1{told(deps, stage, day)}")
    return _OF[stage](deps, rows[0])


def told(deps: Dependencies, stage: str, day: str) -> str:
    """What the stage itself says is wrong, to go on with after a comma."""
    refused = stage_records.find(deps.engine, stage=stage, day=day, states=["quarantined"])
    return "".join(f", refused: {row.reason}: {row.detail}" for row in refused)


def of_counts(decoded: DecodedRecording) -> str:
    """The digest of a decoded recording: every count, its place in time, and the clock."""
    whole = hashlib.sha256(np.ascontiguousarray(decoded.second, "<i4").tobytes())
    for name, series in sorted(decoded.series.items()):
        whole.update(json.dumps([name, series.offsets_s, series.text]).encode())
        whole.update(np.ascontiguousarray(series.rows, "<i4").tobytes())
        whole.update(np.ascontiguousarray(series.counts, "<i4").tobytes())
    began = decoded.started_at.isoformat() if decoded.started_at else None
    whole.update(json.dumps([began, decoded.duration_s, decoded.lost_s]).encode())
    return whole.hexdigest()


def of_answers(rows: Sequence[Mapping[str, Any]]) -> str:
    """The digest of answers: algorithm, outcome, and every finding by the names of its columns."""
    return sha256(json.dumps([_plain(row) for row in rows], sort_keys=True).encode())


def _of_download(deps: Dependencies, row: StageRecord) -> str:
    return sha256(deps.lake.read(row.output_path))


def _of_extract(deps: Dependencies, row: StageRecord) -> str:
    found = fetch(deps.engine, select(tables.recording))
    whole = hashlib.sha256()
    for each in found:
        place = partition_path(arrival_day=row.arrival_day, tail=each.tail)
        whole.update(deps.lake.read(f"extract/{place}/{each.id}.rdf"))
        named = (each.tail, each.layout, each.member)
        whole.update(json.dumps([*named, str(each.named_started_at)]).encode())
    return whole.hexdigest()


def _of_parse(deps: Dependencies, row: StageRecord) -> str:
    content = deps.lake.read(row.output_path)
    return of_counts(recording_table.from_table(pa.ipc.open_file(pa.py_buffer(content)).read_all()))


def _of_compress(deps: Dependencies, row: StageRecord) -> str:
    content = pa.BufferReader(deps.lake.read(row.output_path))
    return of_counts(recording_table.from_table(pq.read_table(content)))


def _of_store(deps: Dependencies, row: StageRecord) -> str:
    content = deps.lake.read(row.output_path)
    plain = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read()
    return sha256(plain)


def _of_ingest(deps: Dependencies, row: StageRecord) -> str:
    content = pa.BufferReader(deps.lake.read(row.output_path))
    table = pq.read_table(content, partitioning=None).sort_by("second")
    whole = hashlib.sha256()
    for name in sorted(set(table.column_names) - {"arrival_day"}):
        whole.update(json.dumps([name, table[name].to_pylist()]).encode())
    return whole.hexdigest()


def _of_analyse(deps: Dependencies, row: StageRecord) -> str:
    table = result_batches.read(deps.lake, row.output_path)
    ordered = sorted(table.to_pylist(), key=lambda each: str(each["algorithm"]))
    names = ("algorithm", "outcome", "reason", "findings")
    return of_answers([{name: each[name] for name in names} for each in ordered])


def _of_load(deps: Dependencies, row: StageRecord) -> str:
    run, finding = tables.algorithm_run, tables.finding
    told_runs = select(
        run.c.algorithm, run.c.tail, run.c.arrival_day, run.c.outcome, run.c.reason, run.c.findings
    )
    told_findings = select(finding).order_by(finding.c.algorithm, finding.c.number)
    mine = row.id
    runs = fetch(deps.engine, told_runs.where(run.c.recording_id == mine).order_by(run.c.algorithm))
    found = fetch(deps.engine, told_findings.where(finding.c.recording_id == mine))
    return of_answers([dict(row._mapping) for row in (*runs, *found)])


_OF = {
    "download": _of_download,
    "extract": _of_extract,
    "parse": _of_parse,
    "compress": _of_compress,
    "store": _of_store,
    "ingest": _of_ingest,
    "analyse": _of_analyse,
    "load": _of_load,
}


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a row or a struct holds)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return value if isinstance(value, int | str | None) else str(value)
