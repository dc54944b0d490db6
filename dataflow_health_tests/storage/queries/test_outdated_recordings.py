import time
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, event, insert

from dataflow_health.health.outdated_recordings import OutdatedRecording, VersionDebt
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import outdated_recordings
from dataflow_health.storage.records import declared_versions
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result

ARRIVED = date.fromisoformat(DAY)
LATER = NOON + timedelta(hours=1)


def declare(engine: Engine, recorder: str = "generic_rdf", **versions: str) -> None:
    """Declares the present version of stages for one recorder."""
    present = {(stage, recorder, ""): version for stage, version in versions.items()}
    declared_versions.add(engine, present, LATER)


def debts(engine: Engine) -> list[tuple[str, int]]:
    """Number of outdated recordings by stage, as counted and as listed."""
    found = outdated_recordings.read(engine)
    assert found.recordings == len(outdated_recordings.find(engine))
    return [(each.stage, each.recordings) for each in found.days]


def test_a_recording_of_an_older_version_is_outdated_until_it_is_processed_again(
    engine: Engine,
) -> None:
    first, second, third = recordings(engine, 3)
    done = [result(first, version="1"), result(second, version="2")]
    ledger.finish(engine, "parse", DAY, "run", done)
    refuse(engine, [third])
    declare(engine, parse="2")
    outdated = OutdatedRecording(first, "HB-ZAA", ARRIVED, "parse")
    assert outdated_recordings.find(engine) == [outdated]
    found = outdated_recordings.read(engine)
    assert (found.days, found.newest) == ((VersionDebt("parse", ARRIVED, 1, LATER),), (outdated,))
    ledger.finish(engine, "parse", DAY, "run", [result(first, version="2")])
    assert debts(engine) == []


def test_a_recording_whose_recorder_is_not_declared_any_more_is_left(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    declare(engine, "other", parse="2")
    assert debts(engine) == []


def test_a_recording_that_waits_or_is_in_a_run_owes_nothing(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    declare(engine, parse="2")
    ledger.begin(engine, "parse", ids[:1], "run", NOON)
    assert debts(engine) == [("parse", 1)]


def test_a_recording_is_outdated_at_the_first_stage_that_processes_it_again(
    engine: Engine,
) -> None:
    ids = recordings(engine, 2)
    for stage in ("parse", "store"):
        ledger.finish(engine, stage, DAY, "run", [result(each) for each in ids])
    declare(engine, store="2")
    assert debts(engine) == [("store", 2)]
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], version="2")])
    declare(engine, parse="2")
    assert debts(engine) == [("store", 1), ("parse", 1)]


def test_recordings_are_read_only_when_a_version_is_outdated(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    declare(engine, parse="1")
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert outdated_recordings.read(engine).days == ()
    assert not [each for each in statements if "count(" in each or "tail" in each]


@pytest.mark.timing
@pytest.mark.parametrize(("present", "limit_s"), [("1", 0.05), ("2", 0.2)])
def test_the_cost_stays_small_with_ten_thousand_recordings(
    engine: Engine, present: str, limit_s: float
) -> None:
    recordings(engine, 1)
    row = {
        "stage": "parse", "arrival_day": DAY, "state": "done", "code_version": "1",
        "attempts": 1, "finished_at": NOON,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(
            insert(tables.recording_stage),
            [{**row, "recording_id": f"{number:064x}"} for number in range(1, 10_000)],
        )
    ledger.finish(engine, "parse", DAY, "run", [result(f"{0:064x}")])
    declare(engine, parse=present)
    durations_s = []
    for _ in range(5):
        begun_s = time.perf_counter()
        outdated_recordings.read(engine)
        durations_s.append(time.perf_counter() - begun_s)
    assert min(durations_s) < limit_s
