"""The canary's own database, beside the real one: the same server, driver and schema, other tables.

So the canary runs through the database that the fleet's results go to, and no count, answer or page
of the fleet ever shows it.
"""

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.schema import CreateSchema, DropSchema

from dataflow_health.storage.sql import database
from dataflow_health.storage.sql.database import writing

NAME = "canary"


def fresh(engine: Engine) -> Engine:
    """An empty database beside another one; what an earlier canary left is gone.

    Args:
        engine: The real one's.

    Raises:
        DatabaseError: It does not answer, or must not make a schema.
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
