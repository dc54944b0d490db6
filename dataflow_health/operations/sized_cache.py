"""Values kept in memory up to a number of bytes, the least recently used removed first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class SizedCache(Generic[Key, Value]):
    """Cache with a limit of bytes. Threads that want one key make its value one after another."""

    def __init__(self, max_bytes: int, size_of: Callable[[Value], int]) -> None:
        """An empty cache.

        Args:
            max_bytes: Bytes kept together at most; a value with more is never kept.
            size_of: Bytes of a value.
        """
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._lock = Lock()
        self._kept: OrderedDict[Key, Value] = OrderedDict()
        self._makers: dict[Key, Lock] = {}
        self._bytes = 0

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The kept value, else a new one; an error of ``make`` is raised and not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            maker = self._makers.setdefault(key, Lock())
        with maker:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            try:
                value = make()
                self._keep(key, value)
            finally:
                with self._lock:
                    self._makers.pop(key, None)
        return value

    @property
    def kept_bytes(self) -> int:
        """Bytes of the values that are kept."""
        return self._bytes

    def _keep(self, key: Key, value: Value) -> None:
        size = self._size_of(value)
        if size > self._max_bytes:
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = value
            self._bytes += size
            while self._bytes > self._max_bytes:
                self._bytes -= self._size_of(self._kept.popitem(last=False)[1])
