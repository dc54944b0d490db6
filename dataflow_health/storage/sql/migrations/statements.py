"""Statements of a migration, which stand in a file of their own for each kind of database.

They are SQL and not Python, so that no later change of ``tables.py`` changes an old migration.
"""

from pathlib import Path

from sqlalchemy import Connection

FOLDER = Path(__file__).parent / "versions"

END = "\n--;\n"
"""Line after a statement; the bodies of triggers have semicolons of their own."""


def execute(connection: Connection, revision: str, direction: str) -> None:
    """Executes the statements of a migration.

    Args:
        connection: The transaction of the migration.
        revision: Revision, as ``0001``.
        direction: ``up`` or ``down``.
    """
    path = FOLDER / f"{revision}_{direction}_{connection.dialect.name}.sql"
    for statement in path.read_text(encoding="utf-8").split(END):
        connection.exec_driver_sql(statement.strip(), execution_options={"no_parameters": True})
