from pathlib import Path

import pytest
from sqlalchemy import literal, select
from sqlalchemy.exc import OperationalError

from dataflow_health.monitoring.probes import sql

WITHIN_S = 10.0


def test_the_first_value_comes_from_text_or_from_an_expression(database: str) -> None:
    assert sql.first_value(database, "SELECT max(n), 'x' FROM algorithm_run", WITHIN_S) == 11
    assert sql.first_value(database, select(literal(7)), WITHIN_S) == 7
    assert sql.first_value(database, "SELECT n FROM algorithm_run WHERE n > 99", WITHIN_S) is None


def test_a_connection_cannot_write(database: str) -> None:
    with (
        sql.connected(database, WITHIN_S) as connection,
        pytest.raises(OperationalError, match="readonly"),
    ):
        connection.exec_driver_sql("DELETE FROM algorithm_run")


def test_a_missing_sqlite_file_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sql.first_value(f"sqlite:///{tmp_path / 'gone.sqlite'}", "SELECT 1", WITHIN_S)
    assert list(tmp_path.iterdir()) == []
