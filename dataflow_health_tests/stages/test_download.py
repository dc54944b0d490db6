import hashlib
import os
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import ClassVar
from unittest.mock import patch

import pytest

from dataflow_health.errors import ArchiveRefused, SourceUnreachable, StorageError
from dataflow_health.stages import download, source_watch
from dataflow_health.stages.runner import RESULTS_PER_TRANSACTION
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files import source
from dataflow_health.storage.files.lake import Lake, StagedFile, sha256
from dataflow_health.storage.ledger import landing_entries, ledger, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import DAY, NOON, land, stage_request, zipped
from dataflow_health_tests.storage.files.test_landing_folder import KINDS

SETTLE_S = 2.0
EARLIER = NOON - timedelta(hours=1)


def take(here: Dependencies, tmp_path: Path) -> tuple[int, int]:
    summary = download.run(here, stage_request(), url=str(tmp_path / "landing"), settle_s=SETTLE_S)
    return summary.done, summary.quarantined


def arrivals(here: Dependencies) -> list[tuple[str, str]]:
    found = fetch(here.engine, tables.arrival.select().order_by(tables.arrival.c.name))
    return [(row.name, row.outcome) for row in found]


def test_a_new_archive_is_kept_byte_for_byte_and_taken_once(
    here: Dependencies, tmp_path: Path
) -> None:
    content = zipped({"a.rdf": b"x"})
    land(tmp_path / "landing", "a.zip", content, EARLIER)
    assert take(here, tmp_path) == (1, 0)
    assert take(here, tmp_path) == (0, 0)
    row = fetch(here.engine, tables.archive.select())[0]
    assert here.lake.read(row.path) == content
    assert row.received_by
    assert row.arrived_at == EARLIER


def test_the_same_bytes_under_another_name_are_a_duplicate(
    here: Dependencies, tmp_path: Path
) -> None:
    for name in ("a.zip", "b.zip"):
        land(tmp_path / "landing", name, zipped({"a.rdf": b"x"}), EARLIER)
    assert take(here, tmp_path) == (1, 0)
    assert arrivals(here) == [("a.zip", "accepted"), ("b.zip", "duplicate")]
    account = next(a for a in stage_counts(here.engine, NOON, DAY) if a.process == "download")
    assert (account.incoming, account.done, account.duplicate) == (2, 1, 1)
    assert account.balances


def test_the_same_file_touched_again_is_not_taken_for_news_for_ever(
    here: Dependencies, tmp_path: Path
) -> None:
    path = land(tmp_path / "landing", "a.zip", zipped({"a.rdf": b"x"}), EARLIER)
    take(here, tmp_path)
    later = (EARLIER + timedelta(minutes=1)).timestamp()
    os.utime(path, (later, later))
    take(here, tmp_path)
    assert source_watch.find(here.engine, str(tmp_path / "landing"), NOON, SETTLE_S) == []
    assert arrivals(here) == [("a.zip", "accepted")]


@pytest.mark.parametrize("name", ["a.zip.part", "a.part", ".a.zip", "a.zip.tmp", "a.txt"])
def test_an_unfinished_upload_is_left_alone(here: Dependencies, tmp_path: Path, name: str) -> None:
    land(tmp_path / "landing", name, b"PK", EARLIER)
    assert take(here, tmp_path) == (0, 0)


def test_a_matching_sidecar_makes_a_file_complete_at_once(
    here: Dependencies, tmp_path: Path
) -> None:
    content = zipped({"a.rdf": b"x"})
    digest = hashlib.sha256(content).hexdigest()
    land(tmp_path / "landing", "a.zip", content, NOON)
    land(tmp_path / "landing", "a.zip.sha256", f"{digest}  a.zip\n".encode(), NOON)
    assert take(here, tmp_path) == (1, 0)


@pytest.mark.parametrize(
    ("age", "expected"), [(timedelta(seconds=30), (0, 0)), (timedelta(hours=1), (0, 1))]
)
def test_a_sidecar_that_disagrees_is_waited_for_and_then_quarantined(
    here: Dependencies, tmp_path: Path, age: timedelta, expected: tuple[int, int]
) -> None:
    at: datetime = NOON - age
    land(tmp_path / "landing", "a.zip", zipped({"a.rdf": b"x"}), at)
    land(tmp_path / "landing", "a.zip.sha256", b"0" * 64, at)
    assert take(here, tmp_path) == expected
    rows = stage_records.find(here.engine, stage="download", day=DAY, states=["quarantined"])
    assert [row.reason for row in rows] == ["sidecar_mismatch"] * expected[1]
    assert all(here.lake.exists(row.archive_path or "") for row in rows)


def test_a_source_that_is_not_there_is_a_fault_of_the_stage(
    here: Dependencies, tmp_path: Path
) -> None:
    with pytest.raises(SourceUnreachable, match="no such folder"):
        download.run(here, stage_request(), url=str(tmp_path / "nowhere"), settle_s=SETTLE_S)


def test_a_hostile_landing_folder_stops_no_archive_and_every_entry_is_named(
    here: Dependencies, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    for make, _ in KINDS:
        make(landing / f"{make.__name__}.zip")
    land(landing, "z.zip", zipped({"a.rdf": b"sound"}), EARLIER)
    land(landing, "2031.zip", zipped({"b.rdf": b"ahead"}), NOON.replace(year=2031))
    land(landing, "caf\udce9.zip", zipped({"c.rdf": b"name"}), EARLIER)
    assert take(here, tmp_path) == (2, 0)
    assert arrivals(here) == [("caf\\udce9.zip", "accepted"), ("z.zip", "accepted")]
    refused = landing_entries.find(here.engine, str(landing))
    assert {each.name: each.reason for each in refused if each.reason} == {
        f"{make.__name__}.zip": reason for make, reason in KINDS
    }
    assert take(here, tmp_path) == (1, 0)
    assert ("2031.zip", "accepted") in arrivals(here)


@pytest.mark.parametrize("error", [MemoryError(), ArchiveRefused("unreadable", "a.zip: I/O error")])
def test_an_archive_that_cannot_be_read_is_named_and_the_next_is_taken(
    here: Dependencies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for name in ("a", "b"):
        land(tmp_path / "landing", f"{name}.zip", zipped({"a.rdf": name.encode()}), EARLIER)
    read_file = source.read_file

    def fail_on_first(url: str, path: str, limit: int | None = None) -> bytes:
        if path == "a.zip":
            raise error
        return read_file(url, path, limit)

    monkeypatch.setattr(source, "read_file", fail_on_first)
    assert take(here, tmp_path) == (1, 0)
    entries = landing_entries.find(here.engine, str(tmp_path / "landing"))
    assert [each.name for each in entries if each.reason] == ["a.zip"]
    monkeypatch.undo()
    assert take(here, tmp_path) == (1, 0)
    source_watch.find(here.engine, str(tmp_path / "landing"), NOON, SETTLE_S)
    assert landing_entries.find(here.engine, str(tmp_path / "landing")) == []


def land_many(tmp_path: Path, number: int) -> list[bytes]:
    contents = [zipped({"a.rdf": bytes([each])}) for each in range(number)]
    for each, content in enumerate(contents):
        land(tmp_path / "landing", f"{each:03}.zip", content, EARLIER)
    return contents


def test_many_archives_are_taken_in_one_transaction_each_batch(
    here: Dependencies, tmp_path: Path
) -> None:
    contents = land_many(tmp_path, RESULTS_PER_TRANSACTION + 3)
    progress: list[tuple[str, int, int]] = []
    request = replace(stage_request(), progress=lambda *given: progress.append(given))
    with patch.object(ledger, "finish_in", wraps=ledger.finish_in) as finish:
        done = download.run(here, request, url=str(tmp_path / "landing"), settle_s=SETTLE_S).done
    assert done == len(contents)
    assert [len(call.args[-1]) for call in finish.call_args_list] == [RESULTS_PER_TRANSACTION, 3]
    assert progress[-1] == ("download", len(contents), len(contents))
    assert len(progress) == len(contents)
    kept = {row.id: here.lake.read(row.path) for row in fetch(here.engine, tables.archive.select())}
    assert sorted(kept.values()) == sorted(contents)


def test_a_fault_of_the_stage_loses_none_that_was_kept_before_it(
    here: Dependencies, tmp_path: Path
) -> None:
    contents = land_many(tmp_path, 5)
    bad, stage = sha256(contents[3]), Lake.stage

    def full(lake: Lake, relative: str, content: bytes) -> StagedFile:
        if bad in relative:
            raise StorageError("no space left")
        return stage(lake, relative, content)

    with patch.object(Lake, "stage", full), pytest.raises(StorageError):
        take(here, tmp_path)
    kept = [name for name, _ in arrivals(here)]  # the last may be in the lake by then
    assert kept[:3] == ["000.zip", "001.zip", "002.zip"]
    assert "003.zip" not in kept
    assert take(here, tmp_path) == (len(contents) - len(kept), 0)


def test_an_archive_kept_beside_one_that_fails_is_in_the_ledger(
    here: Dependencies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        land(tmp_path / "landing", f"{name}.zip", zipped({f"{name}.rdf": b"x"}), EARLIER)
    second_is_read = Event()
    read = source.read_file

    def fail_at_first(url: str, path: str, limit: int) -> bytes:
        if path.endswith("a.zip"):
            assert second_is_read.wait(10)
            raise SourceUnreachable("the source is gone")
        content = read(url, path, limit)
        second_is_read.set()
        return content

    monkeypatch.setattr(source, "read_file", fail_at_first)
    monkeypatch.setattr(source, "reads_in_parallel", lambda _url: True)
    with pytest.raises(SourceUnreachable):
        take(replace(here, workers=2), tmp_path)
    assert arrivals(here) == [("b.zip", "accepted")]


def test_a_process_that_dies_before_the_names_are_given_loses_nothing(
    here: Dependencies, tmp_path: Path
) -> None:
    contents = land_many(tmp_path, 3)
    for step in ("publish", "stage"):
        with patch.object(Lake, step, side_effect=SystemExit), pytest.raises(SystemExit):
            take(here, tmp_path)
        assert arrivals(here) == []
    assert take(here, tmp_path) == (3, 0)
    kept = {row.id: here.lake.read(row.path) for row in fetch(here.engine, tables.archive.select())}
    assert sorted(kept.values()) == sorted(contents)


class Content(bytes):
    """Bytes that are counted for as long as they are in memory."""

    held: ClassVar[int] = 0
    most: ClassVar[int] = 0

    def __init__(self, _: bytes) -> None:
        Content.held += len(self)
        Content.most = max(Content.most, Content.held)

    def __del__(self) -> None:
        Content.held -= len(self)


@pytest.mark.parametrize("limit", [1000, 50])
def test_threads_hold_no_more_bytes_than_the_limit_or_one_archive_alone(
    here: Dependencies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    sizes = [len(each) for each in land_many(tmp_path, 12)]
    read_file = source.read_file

    def read(url: str, path: str, limit: int | None = None) -> bytes:
        content = Content(read_file(url, path, limit))
        time.sleep(0.01)  # without a limit, all threads have read theirs by now
        return content

    monkeypatch.setattr(source, "read_file", read)
    monkeypatch.setattr(download, "BYTES_IN_MEMORY", limit)
    Content.held = Content.most = 0
    assert take(replace(here, workers=12), tmp_path) == (12, 0)
    assert max(sizes) <= Content.most <= max(limit, *sizes)
    assert Content.held == 0


def test_a_file_above_the_limit_is_refused_unread_and_stops_no_other(
    here: Dependencies, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    land(landing, "good.zip", zipped({"a.rdf": b"x"}), EARLIER)
    land(landing, "sparse.zip", b"", EARLIER)
    with (landing / "sparse.zip").open("r+b") as file:
        file.truncate(50_000_000_000)
    os.utime(landing / "sparse.zip", (EARLIER.timestamp(), EARLIER.timestamp()))
    with patch.object(download, "_download", wraps=download._download) as read:
        assert take(here, tmp_path) == (1, 0)
    assert [call.args[2].offered.name for call in read.call_args_list] == ["good.zip"]
    found = landing_entries.find(here.engine, str(landing))
    (refused,) = [each for each in found if each.reason]
    assert (refused.name, refused.reason) == ("sparse.zip", "too_large")
    assert refused.detail == "sparse.zip: 50,000,000,000 bytes, limit 8,589,934,592"
