import hashlib
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Timer

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.dialects import sqlite

from dataflow_health.errors import DatabaseError
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.sql import database, partitions, tables
from dataflow_health.storage.sql.column_types import UtcDateTime
from dataflow_health_tests.factories import NOON


def test_the_migrations_make_exactly_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_name": is_declared}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, tables.metadata) == []


def is_declared(name: str | None, kind: str, _parents: object) -> bool:
    """Whether Alembic compares a thing: partitions are made of their table, not declared."""
    return not (kind == "table" and name and partitions.is_partition(name))


def test_the_migrations_can_be_undone_and_done_again(engine: Engine) -> None:
    with database.writing(engine) as connection:
        config = database.migration_config(connection)
        command.downgrade(config, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        command.upgrade(config, "head")
    with database.reading(engine) as connection:
        assert set(tables.metadata.tables) < set(inspect(connection).get_table_names())


NEXT_REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9000", "{newest}", None, None


def upgrade():
    with op.batch_alter_table("audit_log") as table:
        table.add_column(sa.Column("station", sa.String(8), nullable=False, server_default="zrh"))


def downgrade():
    with op.batch_alter_table("audit_log") as table:
        table.drop_column("station")
"""


def test_the_next_migration_goes_up_down_and_up_and_keeps_the_data(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = text("SELECT id, operator, chain_hash FROM audit_log ORDER BY id")
    for number in range(3):
        operator = audit_log.Operator("ada", "cli@host")
        audit_log.record(engine, operator, "mute", str(number), reason="a test", at=NOON)
    with database.reading(engine) as connection:
        before = connection.execute(rows).all()
    shutil.copytree(database.MIGRATIONS, tmp_path / "migrations")
    newest = database.known_revisions()[-1]
    added = NEXT_REVISION.format(newest=newest)
    (tmp_path / "migrations" / "versions" / "9000_station.py").write_text(added)
    monkeypatch.setattr(database, "MIGRATIONS", tmp_path / "migrations")
    for _ in range(2):
        database.upgrade(engine)
        with database.writing(engine) as connection:
            assert database.revision(connection) == "9000"
            assert connection.execute(rows).all() == before
            assert connection.execute(text("SELECT max(station) FROM audit_log")).scalar() == "zrh"
            command.downgrade(database.migration_config(connection), newest)
        with database.reading(engine) as connection:
            assert database.revision(connection) == newest
            assert connection.execute(rows).all() == before


FROZEN = {
    "0001_down_postgresql.sql": "6b75f0921082e2d6",
    "0001_down_sqlite.sql": "5fc91175307a16eb",
    "0001_up_postgresql.sql": "20a62b8ad5b519a5",
    "0001_up_sqlite.sql": "e966e0ab2c1489a7",
    "0002_down_postgresql.sql": "0339962f450f87f7",
    "0002_down_sqlite.sql": "a1f6201db94c7982",
    "0002_up_postgresql.sql": "94ca8766ded942d7",
    "0002_up_sqlite.sql": "124406820648a4c8",
    "0003_down_postgresql.sql": "252b1e4b15ebb1aa",
    "0003_down_sqlite.sql": "252b1e4b15ebb1aa",
    "0003_up_postgresql.sql": "259763c8d5bc0eee",
    "0003_up_sqlite.sql": "259763c8d5bc0eee",
}
"""Digests of the migrations that installations may have run."""


def test_a_migration_that_may_have_run_somewhere_is_never_changed() -> None:
    files = (database.MIGRATIONS / "versions").glob("[0-9]*.sql")
    found = {each.name: hashlib.sha256(each.read_bytes()).hexdigest()[:16] for each in files}
    assert found == FROZEN, "write another migration; add its files here when it is released"


def test_a_migration_follows_no_declaration_and_says_what_its_downgrade_loses() -> None:
    for path in (database.MIGRATIONS / "versions").glob("[0-9]*.py"):
        content = path.read_text(encoding="utf-8")
        assert "sql.tables" not in content, path.name
        assert "\nDowngrade: " in content, path.name


def test_processes_that_start_at_once_migrate_an_empty_database_once(database_url: str) -> None:
    engines = [database.connect(database_url) for _ in range(6)]
    with ThreadPoolExecutor(len(engines)) as starting:
        made = [starting.submit(database.upgrade, engine) for engine in engines]
        assert [each.result(timeout=300) for each in made] == [None] * len(engines)
    with database.reading(engines[0]) as connection:
        assert database.revision(connection) is not None
    for engine in engines:
        engine.dispose()


def test_a_new_sqlite_file_whose_first_table_another_process_writes_is_waited_for(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE first (x)")
        ending = Timer(0.2, lambda: writer.execute("COMMIT"))
        ending.start()
        engine = database.connect(f"sqlite:///{path}")
        with database.reading(engine) as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        ending.join()
        engine.dispose()


def test_a_schema_newer_than_the_code_is_refused_with_the_next_step(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newest = database.known_revisions()[-1]
    expected = rf"9999, newer than this code.*{newest}.*upgrade"
    with pytest.raises(DatabaseError, match=expected) as error:
        database.upgrade(engine)
    assert str(error.value).startswith(database.shown_url(engine))
    with database.reading(engine) as connection:
        assert database.revision(connection) == "9999"


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    engine = database.connect("postgresql://reader:s3cret@127.0.0.1:1/results")
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1:1/results") as caught:
        database.upgrade(engine)
    assert "s3cret" not in str(caught.value)


def test_an_invalid_url_is_refused() -> None:
    with pytest.raises(DatabaseError, match="cannot use the database URL"):
        database.connect("not a url")


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    engine = database.connect(f"sqlite:///{tmp_path / 'l.sqlite'}")
    database.upgrade(engine)
    with database.writing(engine) as writer:
        writer.execute(text("DELETE FROM archive"))
        with database.reading(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM archive")).scalar() == 0
    engine.dispose()


def test_a_ledger_that_another_writer_locks_is_an_error_after_the_given_time(
    tmp_path: Path,
) -> None:
    engine = database.connect(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    database.require_unlocked(engine, 0.1)
    with database.writing(engine) as writer:
        writer.execute(text("CREATE TABLE a (b)"))
        with pytest.raises(DatabaseError, match="locked"):
            database.require_unlocked(engine, 0.1)
    with database.reading(engine) as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 30_000
    database.require_unlocked(engine, 0.1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001


def test_a_snapshot_does_not_see_later_commits(engine: Engine) -> None:
    count = text("SELECT count(*) FROM audit_log")
    row = (
        "INSERT INTO audit_log (at, operator, origin, action, subject, reason, succeeded, "
        "chain_hash) VALUES ('2026-11-20 12:00:00', 'a', 'b', 'c', 'd', 'e', true, 'f')"
    )
    with database.snapshot(engine) as reader:
        before = reader.execute(count).scalar()
        with database.writing(engine) as writer:
            writer.execute(text(row))
        assert reader.execute(count).scalar() == before
    with database.snapshot(engine) as reader:
        assert reader.execute(count).scalar() == before + 1


def test_a_snapshot_that_fails_leaves_the_connection_usable(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), database.snapshot(engine):
        raise ZeroDivisionError
    with database.writing(engine) as connection:
        connection.execute(text("DELETE FROM audit_log"))


def test_a_database_without_tables_is_an_error(database_url: str) -> None:
    empty = database.connect(database_url)
    with pytest.raises(DatabaseError, match=r"no such table|do not exist yet"):
        stage_counts(empty, NOON)
    empty.dispose()


def test_a_new_ledger_file_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.sqlite"
    engine = database.connect(f"sqlite:///{path}")
    assert not path.exists()
    with database.writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert path.parent.stat().st_mode & 0o777 == 0o700
    engine.dispose()


def test_an_existing_ledger_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.touch(mode=0o640)
    engine = database.connect(f"sqlite:///{path}")
    with database.reading(engine):
        assert path.stat().st_mode & 0o777 == 0o640
    engine.dispose()


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_database_file_that_was_removed_or_replaced_while_it_was_open_is_refused_by_name(
    tmp_path: Path, is_replaced: bool
) -> None:
    """The old file stayed open: the board showed it, and new processes worked on another."""
    path = tmp_path / "ledger.sqlite"
    engine = database.connect(f"sqlite:///{path}")
    database.upgrade(engine)
    path.rename(tmp_path / "away")
    if is_replaced:
        database.upgrade(database.connect(f"sqlite:///{path}"))
    for access in (database.reading, database.writing, database.snapshot):
        with pytest.raises(DatabaseError, match="removed or replaced"), access(engine):
            pass
    path.unlink(missing_ok=True)
    (tmp_path / "away").rename(path)
    with database.reading(engine) as connection:
        assert database.revision(connection) is not None
