from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from dataflow_health.storage.records import declared_algorithms
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import NOON

LATER = NOON + timedelta(hours=1)


def saved(engine: Engine) -> dict[str, tuple[str, datetime]]:
    rows = fetch(engine, select(tables.declared_algorithm))
    return {row.name: (row.version, row.declared_at) for row in rows}


def test_only_a_new_version_gets_a_new_time_and_a_removed_algorithm_goes(engine: Engine) -> None:
    declared_algorithms.replace(engine, {"peak": "1", "low": "1", "stuck": "1"}, NOON)
    declared_algorithms.replace(engine, {"peak": "1", "low": "2", "high": "1"}, LATER)
    assert saved(engine) == {
        "peak": ("1", NOON), "low": ("2", LATER), "high": ("1", LATER),
    }  # fmt: skip


def test_an_algorithm_that_comes_back_is_declared_anew(engine: Engine) -> None:
    for versions, at in ({"peak": "1"}, NOON), ({}, NOON), ({"peak": "1"}, LATER):
        declared_algorithms.replace(engine, versions, at)
    assert saved(engine) == {"peak": ("1", LATER)}


def test_a_command_that_knows_fewer_algorithms_removes_none(engine: Engine) -> None:
    declared_algorithms.replace(engine, {"peak": "1", "own": "1"}, NOON)
    declared_algorithms.add(engine, {"peak": "2", "new": "1"}, LATER)
    assert saved(engine) == {
        "peak": ("2", LATER), "own": ("1", NOON), "new": ("1", LATER),
    }  # fmt: skip
