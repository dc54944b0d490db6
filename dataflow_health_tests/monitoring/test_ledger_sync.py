from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.monitoring import evaluation, ledger_sync, prober_lease, status_history
from dataflow_health.monitoring.ledger_sync import LedgerSync, unpublished
from dataflow_health.monitoring.probe_results import ProbeResults
from dataflow_health.storage.records import observations, status_changes, status_days
from dataflow_health.storage.records.status_changes import StatusChangeRow
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.test_probe_results import answer

CATALOGUE = factories.catalogue()


def sync_of(engine: Engine, *results: object) -> LedgerSync:
    probe_results = ProbeResults()
    probe_results.add(results)  # type: ignore[arg-type]
    return LedgerSync(engine, probe_results, prober_lease.of_api())


def change(number: int) -> StatusChangeRow:
    at = NOON + timedelta(seconds=number)
    return StatusChangeRow("spark", "HEALTHY", "FAILED", "", at, f"{number}", {})


def test_a_full_buffer_drops_the_oldest_changes_and_keeps_the_newest(engine: Engine) -> None:
    sync = sync_of(engine)
    sync.add_pending([change(number) for number in range(ledger_sync.MAX_PENDING)])
    sync.add_pending([change(ledger_sync.MAX_PENDING), change(ledger_sync.MAX_PENDING + 1)])
    numbers = [int(each.fingerprint) for each in sync.pending]
    assert numbers == list(range(2, ledger_sync.MAX_PENDING + 2))


def test_one_of_two_saves_results_and_history_and_the_other_takes_over(engine: Engine) -> None:
    holder, other = sync_of(engine, answer("passed", 0)), sync_of(engine, answer("failed", 0))
    report = evaluation.make_report(CATALOGUE, (), NOON)
    holder.step(report, NOON)
    other.step(evaluation.make_report(CATALOGUE, (), NOON, "away"), NOON)
    assert (holder.has_lease, other.has_lease) == (True, False)
    assert [each.outcome for each in observations.read(engine)] == ["passed"]
    assert {row.to_status for row in status_changes.read_after(engine, 0)} == {"UNKNOWN"}
    holder.release_lease()
    other.step(evaluation.make_report(CATALOGUE, (), NOON, "away"), NOON)
    assert other.has_lease
    assert "FAILED" in {row.to_status for row in status_changes.read_after(engine, 0)}


def test_the_one_with_the_lease_saves_how_long_each_status_lasted(engine: Engine) -> None:
    holder, other = sync_of(engine), sync_of(engine)
    for after_s in (0, 2):
        at = NOON + timedelta(seconds=after_s)
        for each in (holder, other):
            each.watched.add(evaluation.make_report(CATALOGUE, (), at))
    for each in (holder, other):
        each.step(None, NOON)
    found = status_days.read(engine, NOON.date())
    assert {key.process for key in found} == set(CATALOGUE.processes)
    assert set(found.values()) == {2.0}, "no second is counted twice"


def test_a_step_that_only_reads_takes_no_lease_and_saves_nothing(engine: Engine) -> None:
    sync = sync_of(engine, answer("passed", 0))
    sync.step(evaluation.make_report(CATALOGUE, (), NOON), NOON, reads_only=True)
    assert not sync.has_lease
    assert observations.read(engine) == []
    assert status_changes.read_after(engine, 0) == []


def test_pending_changes_are_saved_when_the_ledger_is_back(engine: Engine) -> None:
    sync = sync_of(engine)
    first = evaluation.make_report(CATALOGUE, (), NOON)
    sync.step(first, NOON)
    failed = evaluation.make_report(CATALOGUE, (), NOON + timedelta(seconds=5), "away")
    pending = status_history.changes(status_history.fingerprints_of(first), failed)
    sync.add_pending(pending)
    back = evaluation.make_report(CATALOGUE, (), NOON + timedelta(seconds=9))
    rows = sync.step(back, NOON + timedelta(seconds=9))
    assert sync.pending == []
    statuses = [row.to_status for row in rows if row.process == "results_database"]
    assert statuses[-2:] == ["FAILED", "UNKNOWN"]
    assert {row.process for row in unpublished(rows, pending)} <= {row.process for row in rows}
    assert len(unpublished(rows, pending)) == len(rows) - len(pending)


def test_a_ledger_that_is_away_is_an_error_and_no_exception() -> None:
    sync = sync_of(database.connect("postgresql://reader:s3cret@127.0.0.1:1/results"))
    assert sync.step(None, NOON) == []
    assert (sync.steps, sync.has_lease) == (1, False)
    assert "127.0.0.1" in sync.error
    assert "s3cret" not in sync.error
