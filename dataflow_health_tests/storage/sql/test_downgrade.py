import pytest
from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.storage.sql import database, downgrade


def revision(engine: Engine) -> str | None:
    with database.reading(engine) as connection:
        return database.revision(connection)


def test_each_step_says_what_it_added_and_what_going_back_loses(engine: Engine) -> None:
    steps = downgrade.undone(engine, "0001")
    assert [each.revision for each in steps] == database.known_revisions()[:0:-1]
    assert all(each.added.endswith(".") and each.loses.endswith(".") for each in steps)


def test_a_schema_goes_back_and_up_again(engine: Engine) -> None:
    newest = revision(engine)
    downgrade.run(engine, "0001")
    assert revision(engine) == "0001"
    downgrade.run(engine, "0001")
    database.upgrade(engine)
    assert revision(engine) == newest


def test_a_revision_that_is_not_older_is_refused_with_those_that_are(engine: Engine) -> None:
    for unknown in ("9999", "base"):
        with pytest.raises(DatabaseError, match=r"it can go back to one of: 000\d"):
            downgrade.run(engine, unknown)
