"""Digest of each stage's result, which depends on nothing but the content.

File formats, folders, times and code versions do not change it; a single bit of a count or value, a
second of a finding, or a renamed column does.
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
import zstandard
from sqlalchemy import select

from dataflow_health import simulator
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.stages import result_files
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files import parquet_bytes, recording_table
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

ARCHIVE_FILE = Path(simulator.__file__).parent / "canary.zip"
KNOWN_DIGESTS = Path(simulator.__file__).parent / "canary.json"
SIGNIFICANT_DIGITS = 9
"""Significant digits of a finding's number; the last bit of a sum may depend on the processor."""


@functools.cache
def known_digests() -> Mapping[str, str]:
    """The known digest of every stage."""
    digests: Mapping[str, str] = json.loads(KNOWN_DIGESTS.read_text(encoding="utf-8"))
    return digests


def digest(deps: Dependencies, stage: str, day: str) -> str:
    """Digest of a stage's result for a day with one recording.

    Raises:
        ValueError: The stage finished none, or more than one.
    """
    rows = stage_records.find(deps.engine, stage=stage, day=day, states=["done"])
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} results, not 1{describe_refusals(deps, stage, day)}")
    return _DIGEST_OF[stage](deps, rows[0])


def describe_refusals(deps: Dependencies, stage: str, day: str) -> str:
    """Reasons for which the stage refused something, each after a comma; empty for none."""
    refused = stage_records.find(deps.engine, stage=stage, day=day, states=["quarantined"])
    return "".join(f", refused: {row.reason}: {row.detail}" for row in refused)


def digest_counts(decoded: DecodedRecording) -> str:
    """Digest of a decoded recording: every count, its place in time, and the clock."""
    hasher = hashlib.sha256(np.ascontiguousarray(decoded.second, "<i4").tobytes())
    for name, series in sorted(decoded.series.items()):
        hasher.update(json.dumps([name, series.offsets_s, series.text]).encode())
        hasher.update(np.ascontiguousarray(series.rows, "<i4").tobytes())
        hasher.update(np.ascontiguousarray(series.counts, "<i4").tobytes())
    started_at = decoded.started_at.isoformat() if decoded.started_at else None
    hasher.update(json.dumps([started_at, decoded.duration_s, decoded.lost_s]).encode())
    return hasher.hexdigest()


def digest_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Digest of algorithm results or of rows in SQL, with the names of their columns."""
    return sha256(json.dumps([_plain(row) for row in rows], sort_keys=True).encode())


def _digest_download(deps: Dependencies, record: StageRecord) -> str:
    return sha256(deps.lake.read(record.output_path))


def _digest_extract(deps: Dependencies, record: StageRecord) -> str:
    hasher = hashlib.sha256()
    for each in fetch(deps.engine, select(tables.recording)):
        folder = partition_path(arrival_day=record.arrival_day, tail=each.tail)
        hasher.update(deps.lake.read(f"extract/{folder}/{each.id}.rdf"))
        names = (each.tail, each.layout, each.member, str(each.named_started_at))
        hasher.update(json.dumps(names).encode())
    return hasher.hexdigest()


def _digest_parse(deps: Dependencies, record: StageRecord) -> str:
    content = deps.lake.read(record.output_path)
    table = pa.ipc.open_file(pa.py_buffer(content)).read_all()
    return digest_counts(recording_table.from_table(table))


def _digest_compress(deps: Dependencies, record: StageRecord) -> str:
    file = parquet_bytes.open_file(deps.lake.read(record.output_path))
    return digest_counts(recording_table.from_table(parquet_bytes.read(file)))


def _digest_store(deps: Dependencies, record: StageRecord) -> str:
    content = deps.lake.read(record.output_path)
    return sha256(zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read())


def _digest_ingest(deps: Dependencies, record: StageRecord) -> str:
    file = parquet_bytes.open_file(deps.lake.read(record.output_path))
    table = parquet_bytes.read(file).sort_by("second")
    hasher = hashlib.sha256()
    for name in sorted(set(table.column_names) - {"arrival_day"}):
        hasher.update(json.dumps([name, table[name].to_pylist()]).encode())
    return hasher.hexdigest()


def _digest_analyse(deps: Dependencies, record: StageRecord) -> str:
    table = result_files.read(deps.lake, record.output_path, record.output_digest or "")
    ordered = sorted(table.to_pylist(), key=lambda each: str(each["algorithm"]))
    names = ("algorithm", "outcome", "reason", "findings")
    return digest_rows([{name: each[name] for name in names} for each in ordered])


def _digest_load(deps: Dependencies, record: StageRecord) -> str:
    run, finding = tables.algorithm_run, tables.finding
    runs = select(
        run.c.algorithm, run.c.tail, run.c.arrival_day, run.c.outcome, run.c.reason, run.c.findings
    )
    runs = runs.where(run.c.recording_id == record.id).order_by(run.c.algorithm)
    values = [each for each in finding.c if each.name not in ("arrival_day", "state")]
    findings = select(*values).where(finding.c.recording_id == record.id)
    findings = findings.order_by(finding.c.algorithm, finding.c.number)
    rows = [*fetch(deps.engine, runs), *fetch(deps.engine, findings)]
    return digest_rows([dict(row._mapping) for row in rows])


_DIGEST_OF = {
    "download": _digest_download,
    "extract": _digest_extract,
    "parse": _digest_parse,
    "compress": _digest_compress,
    "store": _digest_store,
    "ingest": _digest_ingest,
    "analyse": _digest_analyse,
    "load": _digest_load,
}


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a row or a struct holds)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return f"{value:.{SIGNIFICANT_DIGITS}g}"
    return value if isinstance(value, int | str | None) else str(value)
