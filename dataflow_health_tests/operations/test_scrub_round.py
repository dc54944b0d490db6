from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import StorageError
from dataflow_health.operations import scrub_round, scrub_rows
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger, stage_records
from dataflow_health.storage.ledger.kept_archives import archive_path
from dataflow_health.storage.records import scrub_damage, scrub_shares
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.records.scrub_damage import NOT_IN_LEDGER, Damage
from dataflow_health.storage.sql import locks
from dataflow_health_tests import factories
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings, result

PATH, SCRUB = "parse/a", Operator("scrub", "dagster")
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def deps(tmp_path: Path, engine: Engine) -> Dependencies:
    """An installation with one file, a day after it was written."""
    made = factories.dependencies(tmp_path, engine)
    [id_] = recordings(engine, 1)
    done = replace(result(id_, digest=made.lake.write(PATH, b"good")), output_path=PATH)
    ledger.finish(engine, "parse", DAY, "run", [done])
    return replace(made, clock=lambda: LATER)


def read(deps: Dependencies, within_hours: int = 1) -> list[str]:
    return [e.file.path for e in scrub_round.read_due(deps, within_hours, SCRUB)]


def test_damage_is_saved_and_waits_for_its_stage(deps: Dependencies) -> None:
    deps.lake.write(PATH, b"bad")
    assert read(deps) == [PATH]
    assert read(deps) == []
    [damage] = scrub_damage.find(deps.engine)
    assert (damage.path, damage.reason) == (PATH, "input_changed")
    [record] = stage_records.find(deps.engine, stage="parse")
    assert record.state == "waiting"


def test_a_file_that_a_person_puts_back_is_right_again(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflow_health.operations.scrub.repair", lambda *_, **__: ())
    deps.lake.write(PATH, b"bad")
    assert read(deps) == read(deps) == [PATH]
    deps.lake.write(PATH, b"good")
    scrub_round.look_again(deps.engine, deps.lake)
    assert scrub_damage.find(deps.engine) == []


def test_an_archive_that_the_ledger_lacks_is_found_whatever_its_day(deps: Dependencies) -> None:
    paths = [archive_path(day, "a" * 64) for day in ("2001-01-01", DAY, "2030-01-01")]
    for path in paths:
        deps.lake.write(path, b"PK")
    assert read(deps) == paths
    assert {each.reason for each in scrub_damage.find(deps.engine)} == {NOT_IN_LEDGER}


def test_an_archive_that_the_ledger_lacks_is_forgotten_once_it_is_removed(
    deps: Dependencies,
) -> None:
    path = archive_path(DAY, "a name of an archive that is no digest" * 3)
    deps.lake.write(path, b"PK")
    assert read(deps) == [path]
    assert [len(each.item) for each in scrub_damage.find(deps.engine)] == [64]
    deps.lake.remove(path)
    scrub_round.look_again(deps.engine, deps.lake)
    assert scrub_damage.find(deps.engine) == []


def test_a_share_that_cannot_be_read_stays_due_and_the_next_is_read(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = LATER + timedelta(hours=4)
    assert scrub_shares.due(deps.engine, 3, LATER) == [0]
    answers = Mock(side_effect=[StorageError("the lake does not answer"), []])
    monkeypatch.setattr(Lake, "folders", answers)
    with pytest.raises(StorageError, match="does not answer"):
        read(replace(deps, clock=lambda: later), within_hours=3)
    assert scrub_shares.due(deps.engine, 3, later) == [0, 2]


def test_a_file_that_cannot_be_read_is_damage_until_it_can(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflow_health.operations.scrub.repair", lambda *_, **__: ())
    with monkeypatch.context() as patched:
        patched.setattr(integrity, "file_sha256", Mock(side_effect=OSError(5, "I/O error")))
        assert read(deps) == read(deps) == [PATH]
    [damage] = scrub_damage.find(deps.engine)
    assert (damage.reason, damage.detail.endswith(f"{PATH}: I/O error")) == (
        "input_unreadable", True,
    )  # fmt: skip
    scrub_round.look_again(deps.engine, deps.lake)
    assert scrub_damage.find(deps.engine) == []


def test_rows_are_compared_once_per_day_and_are_not_right_while_a_load_is_at_work(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = f"{0:064x}"
    ledger.finish(deps.engine, "load", DAY, "run", [result(id_)])
    rows = [Damage("load", f"{n}", id_, DAY, scrub_rows.ROWS_CHANGED, "") for n in range(3)]
    scrub_damage.save(deps.engine, rows, LATER)
    compare = Mock(return_value=[])
    monkeypatch.setattr(scrub_rows, "find_changed", compare)
    with locks.acquire(deps.engine, locks.stage_lock("load", DAY)):
        scrub_round.look_again(deps.engine, deps.lake)
    assert (compare.call_count, scrub_damage.count(deps.engine)) == (1, 3)
    scrub_round.look_again(deps.engine, deps.lake)
    assert scrub_damage.count(deps.engine) == 0
