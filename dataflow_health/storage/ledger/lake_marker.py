"""The lake's marker file, by which a lake that is not mounted is distinguished from lost files.

A mount point without its disk is an empty folder that can be written to. The marker is made with
the lake; without it nothing is written, so the mount point stays as it is.
"""

from sqlalchemy import Engine, select

from dataflow_health import masking
from dataflow_health.errors import StorageError
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

MARKER = ".dataflow-health-lake"
CONTENT = b"The lake of Dataflow Health. Nothing is written to a lake without this file.\n"
SAMPLES = 10
"""Newest archives that are looked for in a lake without a marker."""


def ensure(engine: Engine, lake: Lake) -> None:
    """Checks that the lake is there; marks a new one, and one that has the ledger's archives.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.

    Raises:
        StorageError: The lake is not mounted, is another one, or does not answer.
        DatabaseError: The database does not answer.
    """
    if lake.exists(MARKER):
        return
    paths = _newest_archives(engine)
    if not paths or any(lake.exists(path) for path in paths):
        lake.write(MARKER, CONTENT)
        return
    raise StorageError(
        f"{masking.mask_url(lake.url)}: the lake has no file {MARKER}, nor {paths[0]}, which the "
        "ledger has there: it is not mounted, or is another lake. Mount it; until then nothing is "
        "written"
    )


def _newest_archives(engine: Engine) -> list[str]:
    table = tables.archive
    newest = select(table.c.path).order_by(table.c.arrival_day.desc()).limit(SAMPLES)
    return [row.path for row in fetch(engine, newest.where(table.c.path.is_not(None)))]
