"""The child process: runs one job after another with limited memory, CPU time, files and disk.

``python -m dataflow_health.stages.sandbox.child N`` with the file descriptor of a socket. It ends
when the socket is closed. Its environment holds no settings and so no secrets.
"""

import sys
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from typing import Any

from loguru import logger
from pydantic import BaseModel

from dataflow_health.stages.sandbox import replies

Job = Callable[..., Iterable[BaseModel]]
"""Reads untrusted bytes and yields items; refuses them by an error."""


def main(descriptor: int) -> None:
    """Sets the limits, then runs jobs until the other side hangs up."""
    logger.remove()  # a refusal carries its cause to the other side, which logs it
    connection: Connection[bytes, Any] = Connection(descriptor)
    limits = connection.recv()
    limits.apply()
    connection.send_bytes(replies.READY)
    while True:
        try:
            job, arguments = connection.recv()
            limits.grant_cpu()
            answer(connection, job, arguments)
        except EOFError:
            return


def answer(connection: "Connection[bytes, Any]", job: Job, arguments: tuple[object, ...]) -> None:
    """Runs a job and sends its items, each when the one before was handled.

    Raises:
        EOFError: The other side hung up.
        OSError: The same, while a message was sent.
    """
    items = iter(job(*arguments))
    while True:
        try:
            item = next(items, None)
            message = (
                replies.END if item is None else replies.ITEM + item.model_dump_json().encode()
            )
        except Exception as error:  # noqa: BLE001 -- becomes a refusal or a fault of the stage
            item, message = None, replies.from_error(error)
        connection.send_bytes(message)
        if item is None:
            return
        connection.recv_bytes()


if __name__ == "__main__":
    main(int(sys.argv[1]))
