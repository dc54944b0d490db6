"""The app served: uvicorn, which ends open streams before it waits for them."""

import gc
import socket

import uvicorn
from fastapi import FastAPI

SHUTDOWN_GRACE_S = 3
"""Answers under way are given this long when the server ends."""


class Server(uvicorn.Server):
    """Serves one app."""

    def __init__(self, app: FastAPI, host: str = "127.0.0.1", port: int = 8000) -> None:
        """Opens nothing yet."""
        self._app = app
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
            )
        )

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves until interrupted.

        What was loaded by now stays: the collector need not walk it with every reading.
        """
        gc.collect()
        gc.freeze()
        super().run(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the streams, then everything; readers of a stream reconnect and resume."""
        for line in tuple(self._app.state.lines):
            line.cut()
        await super().shutdown(sockets)
