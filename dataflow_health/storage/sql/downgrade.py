"""Going back to an older schema, before an older version of the program is installed again."""

import re
from typing import NamedTuple

from sqlalchemy import Engine, func, select

from dataflow_health.errors import DatabaseError
from dataflow_health.storage.sql import database, server_limits
from dataflow_health.storage.sql.database import reading, writing

_LOSES = re.compile(r'^"""(.*?)\n\nDowngrade: (.*?)\n?"""', re.DOTALL)


class UndoneMigration(NamedTuple):
    """A migration that is undone.

    Attributes:
        revision: Its revision, as ``0002``.
        added: What it added.
        loses: What its downgrade loses.
    """

    revision: str
    added: str
    loses: str


def undone(engine: Engine, revision: str) -> list[UndoneMigration]:
    """Migrations that going back to a revision undoes, newest first.

    Raises:
        DatabaseError: The database does not answer, or it has no such revision to go back to.
    """
    with reading(engine) as connection:
        found = database.revision(connection)
    database.require_known(engine, found)
    known = database.known_revisions()
    later = known[known.index(found) :: -1] if found else []
    if revision not in later:
        raise DatabaseError(
            f"{database.shown_url(engine)}: the schema has revision {found or 'none'}; it can go "
            f"back to one of: {', '.join(later[1:]) or 'none'}"
        )
    return [_undone(each) for each in later[: later.index(revision)]]


def run(engine: Engine, revision: str) -> None:
    """Undoes all migrations after a revision, in one transaction.

    Raises:
        DatabaseError: The database does not answer, or it has no such revision to go back to.
    """
    if not undone(engine, revision):
        return
    from alembic import command

    with database.MIGRATION_LOCK, writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            server_limits.lift(connection)
            connection.execute(select(func.pg_advisory_xact_lock(database.MIGRATION_LOCK_KEY)))
        command.downgrade(database.migration_config(connection), revision)


def _undone(revision: str) -> UndoneMigration:
    (path,) = database.MIGRATIONS.glob(f"versions/{revision}_*.py")
    found = _LOSES.match(path.read_text(encoding="utf-8"))
    added, loses = (" ".join(each.split()) for each in found.groups()) if found else ("", "unknown")
    return UndoneMigration(revision, added, loses)
