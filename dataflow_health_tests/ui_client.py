"""A client of the Dagster UI that is signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from dataflow_health.clock import utc_now
from dataflow_health.operations.sign_in import SignInStore


@contextmanager
def signed_in(home: Path, url: str) -> Iterator[httpx.Client]:
    """A client with the cookie of a session."""
    with httpx.Client(base_url=url, timeout=30) as client:
        client.get("/sign-in", params={"token": SignInStore(home).issue_token(utc_now())})
        yield client
