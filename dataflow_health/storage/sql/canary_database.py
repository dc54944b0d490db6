"""The canary's database: on the same server and with the same schema, but with its own tables.

The canary so tests the database that the fleet's results go to, and never appears in the fleet's
counts, results or pages.
"""

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.schema import CreateSchema, DropSchema

from dataflow_health.storage.sql import database
from dataflow_health.storage.sql.database import writing

NAME = "canary"


def recreate(engine: Engine) -> Engine:
    """An empty canary database; the tables of an earlier canary are dropped.

    Args:
        engine: Database of the fleet.

    Raises:
        DatabaseError: The database does not answer, or its user may not create a schema.
    """
    made = _schema(engine) if engine.dialect.name == "postgresql" else _file(engine)
    database.upgrade(made)
    return made


def _schema(engine: Engine) -> Engine:
    with writing(engine) as connection:
        connection.execute(DropSchema(NAME, cascade=True, if_exists=True))
        connection.execute(CreateSchema(NAME))
    url = engine.url.update_query_dict({"options": f"-csearch_path={NAME}"})
    return database.connect(url.render_as_string(hide_password=False))


def _file(engine: Engine) -> Engine:
    path = Path(str(engine.url.database)).with_name(f"{NAME}.sqlite")
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        each.unlink(missing_ok=True)
    return database.connect(f"sqlite:///{path}")
