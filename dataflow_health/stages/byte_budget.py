"""A limit of the bytes that threads hold in memory at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class ByteBudget:
    """Bytes that threads may hold together; what is larger than the limit is held alone."""

    def __init__(self, limit_bytes: int) -> None:
        """Nothing is held yet.

        Args:
            limit_bytes: Most bytes that are held at the same time.
        """
        self._limit_bytes = limit_bytes
        self._held_bytes = 0
        self._changed = Condition()

    @contextmanager
    def hold(self, size_bytes: int) -> Iterator[None]:
        """Waits until so many bytes may be held, and gives them back at the end of the block."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room_for(size_bytes))
            self._held_bytes += size_bytes
        try:
            yield
        finally:
            with self._changed:
                self._held_bytes -= size_bytes
                self._changed.notify_all()

    def _has_room_for(self, size_bytes: int) -> bool:
        return not self._held_bytes or self._held_bytes + size_bytes <= self._limit_bytes
