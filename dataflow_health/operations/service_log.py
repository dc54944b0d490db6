"""Output of the programs of ``up``: passed on, and kept in a file of limited size for each."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO

FOLDER = "logs"
"""Folder of the files in the home."""
MAX_BYTES = 10 << 20
"""Size at which a file becomes the one before it, whose place it takes: twice as much at most."""
OLD = ".1"
"""Suffix of the file before."""
TAIL_BYTES = 1 << 20
"""Bytes read from the end of a file for its last lines."""


class ServiceLog:
    """Log file of one program.

    The output goes on to a terminal or to systemd first: a full disk loses lines of the file, and
    holds up no program.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        """Opens nothing yet.

        Args:
            path: The file.
            max_bytes: Size at which a new one is begun.
        """
        self.path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()

    def write(self, line: bytes) -> None:
        """Appends a line; one that cannot be written is left out."""
        with self._lock, suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size >= self._max_bytes:
                self.path.replace(self.path.with_name(self.path.name + OLD))
            with self.path.open("ab") as file:
                file.write(line)

    def follow(self, output: IO[bytes], echo: BinaryIO | None) -> None:
        """Reads a program's output in the background until its end.

        Args:
            output: The output.
            echo: Where it goes on to; None for the file only.
        """
        threading.Thread(target=self._pump, args=(output, echo), daemon=True).start()

    def _pump(self, output: IO[bytes], echo: BinaryIO | None) -> None:
        with output:
            for line in output:
                if echo is not None:
                    with suppress(OSError, ValueError):  # a terminal that was closed
                        echo.write(line)
                        echo.flush()
                self.write(line)


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a file, of those in its last MB; none when it is not there."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")
        return text.splitlines()[-count:] if count else []
    return []


class FileFollower:
    """Reads what is appended to a file, over its replacement by a new one."""

    def __init__(self, path: Path) -> None:
        """Begins at the present end of the file."""
        self._path = path
        self._inode, self._offset = 0, 0
        with suppress(FileNotFoundError):
            found = path.stat()
            self._inode, self._offset = found.st_ino, found.st_size

    def new_lines(self) -> Iterator[str]:
        """Whole lines that were appended since the last call."""
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            found = self._path.stat()
            if found.st_ino != self._inode or found.st_size < self._offset:
                self._inode, self._offset = found.st_ino, 0
            file.seek(self._offset)
            whole = file.read()
            whole = whole[: whole.rfind(b"\n") + 1]
            self._offset += len(whole)
            yield from whole.decode("utf-8", "replace").splitlines()
