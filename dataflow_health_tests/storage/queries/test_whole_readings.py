"""What is asked again and again reads no table whole, whatever the database knows of its sizes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from benchmarks.filled_ledger import NOW, fill_ledger
from benchmarks.history import works
from dataflow_health.monitoring import history
from dataflow_health.storage.queries import owed_answers
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.installation import SIZE
from dataflow_health_tests.storage import long_ledger
from dataflow_health_tests.storage.query_plans import plans, scans

GOES_OVER_ALL_DAYS = {"`/fleet/ready`"}
"""What adds up the counts of all days: here for recordings that no stage has a row of."""
NEWEST_FIRST = "ix_algorithm_run_uploaded_at"
"""Index that is read from its end up to the size of a page."""


@pytest.mark.slow
@pytest.mark.parametrize("is_analysed", [False, True])
def test_no_reading_goes_over_a_table(
    engine: Engine, is_analysed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "WORTH_KEEPING", timedelta(days=-9))
    fill_ledger(engine, catalogue(), replace(SIZE, checked_on_its_day=True))
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite and is_analysed:
        long_ledger.pretend(engine)
    large = set(long_ledger.STATISTICS) - {"aircraft_count"}
    found = {}
    for name, work in works(engine, catalogue(), NOW).items():
        if name in GOES_OVER_ALL_DAYS:
            continue
        work()
        if is_sqlite:
            read = scans(engine, work) & large
            if any(NEWEST_FIRST in line for line in plans(engine, work)):
                read -= {"algorithm_run"}
        else:
            lines = plans(engine, work)
            read = {t for t in large if any(f"Seq Scan on {t}" in line for line in lines)}
        if read:
            found[name] = read
    assert found == {}


def test_with_statistics_the_example_of_a_code_version_is_one_step_in_an_index(
    engine: Engine,
) -> None:
    """A database that knows that most rows would do may look at row after row for the first."""
    fill_ledger(engine, catalogue(), SIZE)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE recording_stage"))
    lines = plans(engine, lambda: owed_answers.read(engine), as_chosen=True)
    over_all = [line for line in lines if "any_of_it" in line and "ix_" not in line]
    assert over_all == []
    assert any("any_of_it" in line for line in lines)
