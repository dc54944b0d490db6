from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, text

from dataflow_health.operations import findings
from dataflow_health.operations.findings import JudgedEvent
from dataflow_health.storage.records import finding_states, results
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.records.results import FindingRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.waiting import wait_until

FOUND = FindingRow(
    "r1", "overspeed", 0, "HB-ZAA", DAY, "warning", 1.25, 7.5, NOON, 107.0, 3.0, "rotor"
)


def load(engine: Engine, *rows: FindingRow) -> None:
    with writing(engine) as connection:
        results.replace(connection, DAY, ["r1"], [], rows)


def judge(engine: Engine, state: str) -> None:
    event = JudgedEvent("r1", "overspeed", 0, 1.25, "warning", "rotor")
    findings.judge(engine, event, Operator("ada", "api"), state=state, reason="a spike", at=NOON)


def states(engine: Engine) -> list[str]:
    found = tables.finding.c
    return [row.state for row in fetch(engine, select(found.state).order_by(found.number))]


def test_a_finding_that_is_loaded_again_has_its_state(engine: Engine) -> None:
    load(engine, FOUND)
    assert states(engine) == ["new"]
    judge(engine, "dismissed")
    load(engine, FOUND, FOUND._replace(number=1, start_s=99.0))
    assert states(engine) == ["dismissed", "new"]
    load(engine, FOUND._replace(start_s=2.0), FOUND._replace(number=1))
    assert states(engine) == ["new", "dismissed"]
    load(engine, FOUND._replace(severity="alert"))
    assert states(engine) == ["new"]


def test_only_recordings_with_a_judgement_are_looked_at(engine: Engine) -> None:
    load(engine, FOUND)
    judge(engine, "confirmed")
    with reading(engine) as connection:
        assert finding_states.judged(connection, ["r0", "r1", "r2"]) == ["r1"]
    judge(engine, "new")
    assert states(engine) == ["new"]


@pytest.mark.postgres
def test_a_finding_that_is_judged_while_it_is_loaded_again_has_its_state(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    load(engine, FOUND)
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            results.replace(connection, DAY, ["r1"], [], [FOUND])
            judging = pool.submit(judge, engine, "dismissed")
            wait_until(lambda: _is_waiting(engine))
        judging.result(timeout=60)
    assert states(engine) == ["dismissed"]


def _is_waiting(engine: Engine) -> bool:
    with reading(engine) as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
