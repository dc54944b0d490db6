"""Formats of recordings by their digest: parameters with rate, unit and range, each format once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import chunks, fetch, insert_new

_format = tables.recorded_format


def save(engine: Engine, digest: str, parameters: Mapping[str, Sequence[Any]]) -> None:
    """Saves a format; one that is known stays.

    Args:
        engine: Database of the ledger.
        digest: Its digest.
        parameters: Rate, unit, lowest and highest value by parameter.

    Raises:
        DatabaseError: The database does not answer.
    """
    is_known = select(_format.c.digest).where(_format.c.digest == digest)
    if any(fetch(engine, is_known)):
        return
    row = {"digest": digest, "parameters": {name: list(each) for name, each in parameters.items()}}
    with writing(engine) as connection:
        insert_new(connection, _format, [row])


def read(engine: Engine, digests: Collection[str]) -> Mapping[str, Mapping[str, Sequence[Any]]]:
    """Some formats, by digest.

    Raises:
        DatabaseError: The database does not answer.
    """
    return {
        row.digest: row.parameters
        for chunk in chunks(sorted(digests))
        for row in fetch(engine, select(_format).where(_format.c.digest.in_(chunk)))
    }
