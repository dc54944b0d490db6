"""The ledger is lost, and the lake remains."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from dataflow_health.operations import ledger_rebuild
from dataflow_health.stages import download, source_watch
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import arrival_days, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import DAY, NOON, dependencies, land, stage_request, zipped

EARLIER = NOON - timedelta(hours=1)
OPERATOR = Operator("ada", "cli@host")
NAMES = ("HB-ZAA_1.zip", "HB-ZAB_1.zip", "HB-ZAC_1.zip")
KEPT = ("archive_id", "stage", "arrival_day", "state", "reason", "output_path", "measurements")


@pytest.fixture
def before(tmp_path: Path) -> Dependencies:
    """An installation that took three archives, one of them into quarantine."""
    (tmp_path / "landing").mkdir()
    here = dependencies(tmp_path)
    for name in NAMES:
        land(tmp_path / "landing", name, zipped({"a.rdf": name.encode()}), EARLIER)
    land(tmp_path / "landing", f"{NAMES[2]}.sha256", b"0" * 64, EARLIER)
    download.run(here, stage_request(), url=str(tmp_path / "landing"), settle_s=0)
    return here


def lose_ledger(before: Dependencies, folder: Path) -> Dependencies:
    """The same lake with a new, empty ledger."""
    before.engine.dispose()
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()
    return dependencies(folder)


def account(here: Dependencies) -> list[Sequence[Row[Any]]]:
    """What the ledger knows of archives, without the times of its own work."""
    stage = tables.archive_stage
    results = select(*(stage.c[name] for name in KEPT))
    return [
        fetch(here.engine, select(tables.archive).order_by(tables.archive.c.id)),
        fetch(here.engine, select(tables.arrival).order_by(tables.arrival.c.name)),
        fetch(here.engine, results.order_by(stage.c.archive_id, stage.c.stage)),
    ]


def test_the_account_is_what_it_was(before: Dependencies, tmp_path: Path) -> None:
    expected = account(before)
    here = lose_ledger(before, tmp_path)
    found = ledger_rebuild.rebuild(here.engine, here.lake, OPERATOR, NOON)
    assert (len(found.restored), found.problems) == (3, ())
    assert account(here) == expected
    assert all(counts.balances for counts in stage_counts(here.engine, NOON))
    assert arrival_days.unfinished(here.engine) == [DAY]
    [entry] = audit_log.read(here.engine)
    assert (entry.operator, entry.action, entry.subject) == ("ada", "rebuild", "ledger")


def test_what_still_lies_at_the_source_is_not_taken_again(
    before: Dependencies, tmp_path: Path
) -> None:
    here = lose_ledger(before, tmp_path)
    ledger_rebuild.rebuild(here.engine, here.lake, OPERATOR, NOON)
    assert source_watch.find(here.engine, str(tmp_path / "landing"), NOON, 0) == []
    assert ledger_rebuild.rebuild(here.engine, here.lake, OPERATOR, NOON).restored == ()


def test_an_archive_that_cannot_be_restored_is_named_and_the_others_are_restored(
    before: Dependencies, tmp_path: Path
) -> None:
    here = lose_ledger(before, tmp_path)
    zips = sorted((tmp_path / "lake" / "download").rglob("*.zip"))
    zips[0].write_bytes(b"rotten")
    zips[1].with_suffix(".json").write_text("{}")
    found = ledger_rebuild.rebuild(here.engine, here.lake, OPERATOR, NOON)
    assert len(found.restored) == 1
    reasons = dict(found.problems)
    assert set(reasons) == {str(path.relative_to(tmp_path / "lake")) for path in zips[:2]}
    assert any("other bytes" in reason for reason in reasons.values())
    known = stage_records.find(here.engine, stage="download", day=DAY, states=["done"])
    assert {each.id for each in known} <= {each.id for each in found.restored}
