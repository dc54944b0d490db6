from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from dataflow_health.operations import kept_files, scrub
from dataflow_health.operations.kept_files import KeptFile
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.stages import rotten_lake
from dataflow_health_tests.storage.ledger.factories import recordings, result, states

ANNA = Operator("anna", "cli@ops")


def keep(engine: Engine, lake: Lake, names: list[str]) -> list[str]:
    """Files of one recording each at parse; returns the recordings."""
    ids = recordings(engine, len(names))
    done = [
        replace(result(each, digest=lake.write(name, name.encode())), output_path=name)
        for each, name in zip(ids, names, strict=True)
    ]
    ledger.finish(engine, "parse", DAY, "run", done)
    return ids


def test_missing_and_changed_files_are_found_with_stage_day_and_recording(
    engine: Engine, tmp_path: Path
) -> None:
    lake = Lake(tmp_path.as_uri())
    ids = keep(engine, lake, ["good", "bad", "gone"])
    (tmp_path / "bad").write_bytes(b"bae")
    (tmp_path / "gone").unlink()
    files = kept_files.find(engine)
    read: list[int] = []
    damaged = {e.file.path: e for e in scrub.find_damaged(engine, lake, files, read.append)}
    assert {path: each.reason for path, each in damaged.items()} == {
        "bad": "input_changed", "gone": "input_missing",
    }  # fmt: skip
    assert damaged["bad"].file[:2] == ("parse", DAY)
    assert (damaged["bad"].file.item, damaged["bad"].file.items) == (ids[1], 1)
    assert read == [1, 2, 3]


def test_a_file_that_a_run_replaces_meanwhile_is_not_reported(
    engine: Engine, tmp_path: Path
) -> None:
    lake = Lake(tmp_path.as_uri())
    [id_] = keep(engine, lake, ["parse/a"])
    files = kept_files.find(engine)
    digest = lake.write("parse/a", b"made again")
    with locks.acquire(engine, locks.stage_lock("parse", DAY)):
        assert list(scrub.find_damaged(engine, lake, files)) == []
    assert len(list(scrub.find_damaged(engine, lake, files))) == 1
    done = replace(result(id_, digest=digest), output_path="parse/a")
    ledger.finish(engine, "parse", DAY, "run", [done])
    assert list(scrub.find_damaged(engine, lake, files)) == []


def test_what_is_damaged_waits_for_its_stage_and_an_archive_for_its_sender(
    engine: Engine, tmp_path: Path
) -> None:
    ids = keep(engine, Lake(tmp_path.as_uri()), ["good", "bad"])
    files = {each.path: each for each in kept_files.find(engine)}
    archive = KeptFile("download", DAY, "download/a.zip", "d", "a" * 64, 1)
    damaged = [scrub.DamagedFile(each, "input_changed", "") for each in (files["bad"], archive)]
    assert scrub.repair(engine, damaged, ANNA, at=NOON) == (DAY,)
    assert states(engine) == {ids[0]: "done", ids[1]: "waiting"}
    [entry] = audit_log.read(engine)
    assert (entry.action, entry.operator) == ("rebuild", "anna")
    assert scrub.repair(engine, damaged[1:], ANNA, at=NOON) == ()


def test_every_file_and_day_is_in_one_share(engine: Engine, tmp_path: Path) -> None:
    ids = keep(engine, Lake(tmp_path.as_uri()), [f"parse/{n}" for n in range(50)])
    ledger.finish(engine, "load", DAY, "run", [result(ids[0])])
    shares = [scrub.Share(number, 24) for number in range(24)]
    files = [each.path for share in shares for each in share.files(engine)]
    assert sorted(files) == sorted(each.path for each in kept_files.find(engine))
    assert [day for share in shares for day in share.days(engine)] == [DAY]


@pytest.fixture(scope="module")
def lake_of_two(tmp_path_factory: pytest.TempPathFactory) -> Dependencies:
    """Two recordings that were processed until store."""
    return rotten_lake.make(tmp_path_factory.mktemp("lake"))


@pytest.mark.slow
@settings(max_examples=25)
@given(number=st.integers(0, 10_000), position=st.integers(0, 2**40))
def test_any_flipped_bit_of_any_file_is_found_by_the_scrubber(
    lake_of_two: Dependencies, number: int, position: int
) -> None:
    engine, lake = lake_of_two.engine, lake_of_two.lake
    files = kept_files.find(engine)
    file = files[number % len(files)]
    original = lake.read(file.path)
    damaged = bytearray(original)
    damaged[position // 8 % len(damaged)] ^= 1 << position % 8
    lake.write(file.path, bytes(damaged))
    assert {e.file.path for e in scrub.find_damaged(engine, lake, files)} == {file.path}
    lake.write(file.path, original)
    assert list(scrub.find_damaged(engine, lake, files)) == []
