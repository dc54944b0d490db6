"""HTTP server of the API: uvicorn, which ends open event streams before it shuts down."""

import gc
import socket

import uvicorn
from fastapi import FastAPI

SHUTDOWN_GRACE_S = 3
"""Time that requests in progress get to finish when the server shuts down."""


class Server(uvicorn.Server):
    """Server of one app."""

    def __init__(self, app: FastAPI, host: str = "127.0.0.1", port: int = 8000) -> None:
        """Configures the server; :meth:`run` opens the port."""
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

        Objects loaded so far live as long as the process: freezing them spares the garbage
        collector from scanning them again at every evaluation.
        """
        gc.collect()
        gc.freeze()
        super().run(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the event streams, then the server; clients of a stream reconnect and resume."""
        for queue in tuple(self._app.state.event_queues):
            queue.close()
        await super().shutdown(sockets)
