"""Whether Dagster's code server answers.

``dagster code-server start`` is two processes: one listens, and passes every request on to one that
has read the definitions. It does not notice when that second process has ended, and refuses every
request from then on: no sensor ticks, no run starts, and nothing starts it again.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress

import grpc
import psutil
from loguru import logger

API = "/api.DagsterApi"
"""Dagster's gRPC service, of which an empty message is a valid question."""
EMPTY = b""
ASK_EVERY_S = 15.0
ASK_TIMEOUT_S = 15.0
SILENT_ASKS = 3
"""Questions in a row without an answer after which the server counts as silent. They are counted,
not timed: a machine that slept, or this process if it was stopped, asks again before it judges."""


def end_when_silent(address: str) -> None:
    """Ends this process and its children once its server listens and yet answers nothing.

    Args:
        address: Address of this process's own server, as gRPC writes it.
    """
    wait_until_silent(lambda: listens(address), lambda: answers(address), time.sleep)
    logger.error("the code server is silent: its process with the definitions ended or hangs")
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
    os._exit(1)  # the main thread waits for the server, which would wait for its child


def wait_until_silent(
    listens: Callable[[], bool], answers: Callable[[], bool], sleep: Callable[[float], object]
) -> None:
    """Returns when a server that listens leaves several questions in a row without an answer.

    It listens when the process with the definitions has started, which takes its time.
    """
    while not listens():
        sleep(ASK_EVERY_S)
    silent = 0
    while silent < SILENT_ASKS:
        sleep(ASK_EVERY_S)
        silent = 0 if answers() else silent + 1


def listens(address: str) -> bool:
    """Whether the process that listens does so.

    Args:
        address: Address of the server, as gRPC writes it: ``unix:PATH`` or ``HOST:PORT``.
    """
    return _responds(address, "Heartbeat")


def answers(address: str) -> bool:
    """Whether the process that holds the definitions answers through the one that listens.

    Args:
        address: Address of the server, as gRPC writes it: ``unix:PATH`` or ``HOST:PORT``.
    """
    return _responds(address, "Ping")


def _responds(address: str, method: str) -> bool:
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(f"{API}/{method}")
        try:
            call(EMPTY, timeout=ASK_TIMEOUT_S)
        except grpc.RpcError:
            return False
    return True
