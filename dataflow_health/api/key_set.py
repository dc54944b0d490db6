"""Public keys by which tokens are checked: a JSON Web Key Set in a file or behind a URL."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

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


class KeysUnavailable(Exception):
    """The key set cannot be read, or is none."""


class KeySet:
    """Public keys by id, read when they are first needed, when they are old, and for new ids."""

    def __init__(
        self, read: Callable[[], bytes], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Takes the function that reads the document, and a monotonic clock in seconds."""
        self._read = read
        self._clock_s = clock_s
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at_s = self._tried_at_s = -float("inf")
        self._lock = Lock()

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key with this id; the only key for an empty id.

        Raises:
            KeysUnavailable: The keys are not known and cannot be read.
        """
        with self._lock:
            now_s = self._clock_s()
            is_due = self._choose(key_id) is None or now_s - self._read_at_s >= OLD_AFTER_S
            if is_due and now_s - self._tried_at_s >= TRIED_EVERY_S:
                self._refresh(now_s)
            if not self._keys:
                raise KeysUnavailable("the keys could not be read")
            return self._choose(key_id)

    def _choose(self, key_id: str) -> jwt.PyJWK | None:
        if key_id:
            return self._keys.get(key_id)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    def _refresh(self, now_s: float) -> None:
        """Reads the keys. When that fails, those of before are kept for a day."""
        self._tried_at_s = now_s
        try:
            self._keys = parse(self._read())
            self._read_at_s = now_s
        except KeysUnavailable as error:
            logger.warning("keys of users: {}", error)
            if now_s - self._read_at_s > KEPT_S:
                self._keys = {}


def parse(document: bytes) -> dict[str, jwt.PyJWK]:
    """Public keys for signatures, by id. Secret (``oct``) and unusable keys are left out.

    Raises:
        KeysUnavailable: The document is no key set, or has no such key.
    """
    try:
        entries = json.loads(document)["keys"]
        found = dict(filter(None, map(_parse_key, entries)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeysUnavailable("the document is no JSON Web Key Set") from error
    if not found:
        raise KeysUnavailable("the key set has no public key for signatures")
    return found


def _parse_key(entry: Mapping[str, str]) -> tuple[str, jwt.PyJWK] | None:
    if entry.get("kty") == "oct" or entry.get("use", "sig") != "sig":
        return None
    try:
        return str(entry.get("kid", "")), jwt.PyJWK.from_dict(dict(entry))
    except jwt.PyJWTError:
        return None


def reader(place: str) -> Callable[[], bytes]:
    """Function that reads the document from a path or an ``http`` URL."""
    return lambda: _read_url(place) if place.startswith("http") else _read_file(Path(place))


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeysUnavailable(f"{path}: {error.strerror}") from error


def _read_url(url: str) -> bytes:
    try:
        return httpx.get(url, timeout=REQUEST_TIMEOUT_S).raise_for_status().content
    except httpx.HTTPError as error:
        raise KeysUnavailable(f"{url}: {error}") from error
