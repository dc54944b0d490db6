import pytest
from sqlalchemy import Engine

from benchmarks.filled_ledger import recording_id
from dataflow_health.errors import NotFound
from dataflow_health.storage.queries.recording_history import read_history
from dataflow_health_tests.installation import SIZE


def test_a_recording_is_found_by_a_prefix_of_its_id(ledger: Engine) -> None:
    history = read_history(ledger, recording_id(0)[:8].upper())
    assert history.recording.id == recording_id(0)
    assert [row.stage for row in history.stages] == [
        "download", "extract", "parse", "compress", "store", "ingest", "analyse", "load",
    ]  # fmt: skip
    assert len(history.outcomes) == SIZE.algorithms


def test_a_quarantined_recording_ends_where_it_was_refused(ledger: Engine) -> None:
    last = read_history(ledger, recording_id(19)).stages[-1]
    assert (last.stage, last.state, last.reason) == ("parse", "quarantined", "no_sync")


@pytest.mark.parametrize(
    ("prefix", "problem"), [("abc", "too short"), ("ffffffffffff", "no recording")]
)
def test_a_prefix_of_no_recording_is_refused(ledger: Engine, prefix: str, problem: str) -> None:
    with pytest.raises(NotFound, match=problem):
        read_history(ledger, prefix)
