"""Waiting for servers and programs."""

import socket
import time
from collections.abc import Callable

import httpx

from dataflow_health.errors import DataflowHealthError


def wait_until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Waits until a condition is true; connection errors count as false.

    Raises:
        TimeoutError: The condition was never true.
    """
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        try:
            if condition():
                return
        except (OSError, httpx.HTTPError, DataflowHealthError):
            pass
        time.sleep(0.1)
    raise TimeoutError(f"the condition was not met within {timeout_s:g} s")


def responds(url: str) -> bool:
    """Whether a URL answers with success."""
    return httpx.get(url, timeout=5).is_success


def free_port() -> int:
    """A TCP port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
