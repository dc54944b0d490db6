"""Faults of one archive or recording, kept apart from faults of the stage itself.

Whatever an archive or recording causes, a crash or a lack of memory included, refuses that one and
leaves the others alone. A fault of the database, the storage, the disk or the installation ends the
stage, which is retried.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from loguru import logger
from sqlalchemy.exc import DataError, SQLAlchemyError

from dataflow_health.errors import DataflowHealthError, Refused
from dataflow_health.storage.sql.text import storable

CRASHED = "unexpected_error"
OUT_OF_MEMORY = "out_of_memory"

_OF_THE_INPUT = (None, errno.EINVAL)
"""Error numbers of an OSError about bytes or offsets in memory; all others concern the machine."""


@contextmanager
def refuse_faults(kind: type[Refused], subject: str) -> Iterator[None]:
    """Turns a fault that one archive or recording causes into its refusal.

    Args:
        kind: Class of the refusal.
        subject: Name of the archive, member or recording, for the message.

    Raises:
        Refused: The block failed; of the given kind, unless the block refused by itself.
        Exception: Any fault of the stage itself, unchanged.
    """
    try:
        yield
    except Exception as error:
        if is_stage_fault(error) or isinstance(error, Refused):
            raise
        logger.opt(exception=error).warning("{}: unexpected error", storable(subject))
        reason = OUT_OF_MEMORY if isinstance(error, MemoryError) else CRASHED
        problem = f"{type(error).__name__}: {error}".rstrip(": ")
        raise kind(reason, f"{subject}: {problem}") from error


def is_stage_fault(error: Exception) -> bool:
    """Whether an error is a fault of the stage, its database, its storage or its installation."""
    if isinstance(error, OSError):
        return error.errno not in _OF_THE_INPUT
    if isinstance(error, DataflowHealthError):
        return not isinstance(error, Refused)
    return isinstance(error, SQLAlchemyError | ImportError) and not isinstance(error, DataError)
