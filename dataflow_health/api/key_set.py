"""Public keys by which tokens are checked: a JSON Web Key Set in a file or behind a URL."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock, Thread

import httpx
import jwt
from loguru import logger

OLD_AFTER_S = 3600.0
"""Age at which the keys are read again, so that a withdrawn one is no longer believed."""
KEPT_S = 24 * 3600.0
"""Age up to which keys are believed while they cannot be read again."""
TRIED_EVERY_S = 30.0
"""Least time between two readings, whatever key ids are asked for."""
REQUEST_TIMEOUT_S = 5.0
LARGEST_BYTES = 1 << 20
"""Largest key set; those of identity providers have a few kilobytes."""
MAX_WAITING = 8
"""Requests that wait for the identity provider at once; it must not hold all threads of the API."""
RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
"""Algorithms of an RSA key that names none (RFC 7517, section 4.4: ``alg`` is optional)."""

Keys = Mapping[str, tuple[jwt.PyJWK, ...]]
"""Public keys by id; those without an id are under the empty one."""


class KeysUnavailable(Exception):
    """The key set cannot be read, or is none."""


class KeySet:
    """Public keys by id, read when they are first needed, when they are old, and for new ids.

    A thread of its own reads them. Requests that have a key go on with it meanwhile.
    """

    def __init__(
        self, read: Callable[[], bytes], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Takes the function that reads the document, and a monotonic clock in seconds."""
        self._read = read
        self._clock_s = clock_s
        self._keys: Keys = {}
        self._read_at_s = self._tried_at_s = -float("inf")
        self._is_read = Event()
        self._is_read.set()
        self._lock = Lock()
        self._waiting = BoundedSemaphore(MAX_WAITING)

    def find(self, key_id: str) -> tuple[jwt.PyJWK, ...]:
        """The keys with this id; for an empty id those without one, or else the only key.

        A key is there once for each algorithm that it can be used with.

        Raises:
            KeysUnavailable: The keys are not known and cannot be read.
        """
        now_s = self._clock_s()
        found = _choose(self._known(now_s), key_id)
        if not found or now_s - self._read_at_s >= OLD_AFTER_S:
            self._begin_reading(now_s)
        if not found:
            self._wait()
        known = self._known(now_s)
        if not known:
            raise KeysUnavailable("the keys could not be read")
        return _choose(known, key_id)

    def _known(self, now_s: float) -> Keys:
        return self._keys if now_s - self._read_at_s <= KEPT_S else {}

    def _begin_reading(self, now_s: float) -> None:
        """Starts to read the keys, unless this is under way or was tried a short while before."""
        with self._lock:
            if not self._is_read.is_set() or now_s - self._tried_at_s < TRIED_EVERY_S:
                return
            self._tried_at_s = now_s
            self._is_read.clear()
        Thread(target=self._refresh, args=(now_s,), name="keys of users", daemon=True).start()

    def _wait(self) -> None:
        """Waits for the reading under way; not at all when many requests do so already."""
        if self._waiting.acquire(blocking=False):
            try:
                self._is_read.wait(REQUEST_TIMEOUT_S)
            finally:
                self._waiting.release()

    def _refresh(self, now_s: float) -> None:
        """Reads the keys. When that fails, those of before are kept for a day."""
        try:
            self._keys = parse(self._read())
            self._read_at_s = now_s
        except KeysUnavailable as error:
            logger.warning("keys of users: {}", error)
        finally:
            self._is_read.set()


def _choose(keys: Keys, key_id: str) -> tuple[jwt.PyJWK, ...]:
    if key_id or "" in keys:
        return keys.get(key_id, ())
    return next(iter(keys.values())) if len(keys) == 1 else ()


def parse(document: bytes) -> dict[str, tuple[jwt.PyJWK, ...]]:
    """Public keys for signatures, by id. Secret (``oct``) and unusable keys are left out.

    Raises:
        KeysUnavailable: The document is no key set, or has no such key.
    """
    found: dict[str, tuple[jwt.PyJWK, ...]] = {}
    try:
        for entry in json.loads(document)["keys"]:
            if keys := tuple(_parse_key(entry)):
                key_id = str(entry.get("kid", ""))
                found[key_id] = (*found.get(key_id, ()), *keys)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeysUnavailable("the document is no JSON Web Key Set") from error
    if not found:
        raise KeysUnavailable("the key set has no public key for signatures")
    return found


def _parse_key(entry: Mapping[str, str]) -> Iterator[jwt.PyJWK]:
    """The key of an entry, once for each algorithm; none for an unusable one."""
    if entry.get("kty") == "oct" or entry.get("use", "sig") != "sig":
        return
    is_any_rsa = entry.get("kty") == "RSA" and not entry.get("alg")
    try:
        for algorithm in RSA_ALGORITHMS if is_any_rsa else (None,):
            yield jwt.PyJWK.from_dict(dict(entry), algorithm)
    except jwt.PyJWTError:
        return


def reader(place: str) -> Callable[[], bytes]:
    """Function that reads the document from a path or an ``http`` URL."""
    return lambda: _read_url(place) if place.startswith("http") else _read_file(Path(place))


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeysUnavailable(f"{path}: {error.strerror}") from error


def _read_url(url: str) -> bytes:
    """The document behind a URL; a server that goes on sending is left after a while."""
    content, ends_at_s = b"", time.monotonic() + REQUEST_TIMEOUT_S
    try:
        with httpx.stream("GET", url, timeout=REQUEST_TIMEOUT_S) as response:
            for chunk in response.raise_for_status().iter_bytes():
                content += chunk
                if len(content) > LARGEST_BYTES or time.monotonic() > ends_at_s:
                    limits = f"{LARGEST_BYTES} bytes and {REQUEST_TIMEOUT_S:g} s"
                    raise KeysUnavailable(f"{url}: more than {limits}")
    except httpx.HTTPError as error:
        raise KeysUnavailable(f"{url}: {error}") from error
    return content
