from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.operations import scrub
from dataflow_health.operations.scrub import KeptFile
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result


def test_missing_and_changed_files_are_found_with_stage_day_and_recording(
    engine: Engine, tmp_path: Path
) -> None:
    lake, ids = Lake(tmp_path.as_uri()), recordings(engine, 4)
    digests = {name: lake.write(name, name.encode()) for name in ("good", "bad", "gone")}
    done = [
        replace(result(each, digest=digest), output_path=name)
        for each, (name, digest) in zip(ids, digests.items(), strict=False)
    ]
    ledger.finish(engine, "parse", DAY, "run", done)
    refuse(engine, ids[3:])
    (tmp_path / "bad").write_bytes(b"bae")
    (tmp_path / "gone").unlink()
    files = scrub.kept_files(engine)
    assert [each.path for each in files] == ["bad", "gone", "good"]
    read: list[int] = []
    damaged = {e.file.path: e for e in scrub.find_damaged(engine, lake, files, read.append)}
    assert {path: each.reason for path, each in damaged.items()} == {
        "bad": "input_changed", "gone": "input_missing",
    }  # fmt: skip
    assert damaged["bad"].file[:2] == ("parse", DAY)
    assert (damaged["bad"].file.item, damaged["bad"].file.items) == (ids[1], 1)
    assert read == [1, 2, 3]
    assert scrub.kept_files(engine, day="2026-11-21") == scrub.kept_files(engine, "store") == []


def test_a_table_that_recordings_share_is_read_once_by_its_own_digest(
    engine: Engine, tmp_path: Path
) -> None:
    lake, ids = Lake(tmp_path.as_uri()), recordings(engine, 2)
    digest = lake.write("table", b"rows")
    shared = [replace(result(each), output_path="table", file_digest=digest) for each in ids]
    ledger.finish(engine, "ingest", DAY, "run", shared)
    [file] = scrub.kept_files(engine, "ingest")
    assert (file.digest, file.items) == (digest, 2)
    assert list(scrub.find_damaged(engine, lake, [file])) == []


def kept(engine: Engine, lake: Lake, content: bytes = b"good") -> KeptFile:
    """A file of one recording at parse."""
    [id_] = recordings(engine, 1)
    done = replace(result(id_, digest=lake.write("parse/a", content)), output_path="parse/a")
    ledger.finish(engine, "parse", DAY, "run", [done])
    [file] = scrub.kept_files(engine)
    return file


def test_a_file_that_a_run_replaces_meanwhile_is_not_reported(
    engine: Engine, tmp_path: Path
) -> None:
    lake = Lake(tmp_path.as_uri())
    file = kept(engine, lake)
    digest = lake.write(file.path, b"made again")
    with locks.acquire(engine, locks.stage_lock("parse", DAY)):
        assert list(scrub.find_damaged(engine, lake, [file])) == []
    assert len(list(scrub.find_damaged(engine, lake, [file]))) == 1
    done = replace(result(file.item, digest=digest), output_path=file.path)
    ledger.finish(engine, "parse", DAY, "run", [done])
    assert list(scrub.find_damaged(engine, lake, [file])) == []
