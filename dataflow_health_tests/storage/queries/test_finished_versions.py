from sqlalchemy import Engine, event, select

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import finished_versions
from dataflow_health.storage.sql.database import snapshot
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result


def finish(engine: Engine, count: int) -> list[str]:
    """Parses recordings, every second one with an older version."""
    ids = recordings(engine, count)
    done = [result(id_, version=f"v{number % 2}") for number, id_ in enumerate(ids)]
    ledger.finish(engine, "parse", DAY, "run", done)
    return ids


def test_each_version_is_found_once_and_counted(engine: Engine) -> None:
    finish(engine, 5)
    with snapshot(engine) as connection:
        versions = connection.execute(select(finished_versions.code_versions("parse"))).scalars()
        assert [each for each in versions if each] == ["v0", "v1"]
        found = finished_versions.count(connection, "parse", ["v0", "v1"])
    assert {each.code_version: each.recordings for each in found} == {"v0": 3, "v1": 2}
    assert {each.finished_at for each in found} == {NOON}


def test_the_newest_recordings_are_read_without_a_sort_of_the_history(engine: Engine) -> None:
    ids = finish(engine, 6)
    ledger.finish(engine, "parse", "2026-11-21", "run", [result(ids[0], version="v2")])
    statements: list[tuple[str, object]] = []
    event.listen(
        engine, "before_cursor_execute", lambda *given: statements.append((given[2], given[3]))
    )
    with snapshot(engine) as connection:
        found = finished_versions.count(connection, "parse", ["v0", "v1", "v2"])
        newest = finished_versions.newest(connection, "parse", found, 3)
        assert newest[0].id == ids[0]
        assert len(newest) == 3
        assert finished_versions.newest(connection, "parse", [], 3) == []
        if connection.dialect.name == "sqlite":
            statement, given = next(each for each in statements if "UNION" in each[0])
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            assert not [each for each in plan if "ORDER BY" in each[3]]
