"""HTTP servers: uvicorn with our limits. The API's ends its event streams before it shuts down."""

import gc
import resource
import socket
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from dataflow_health.api.limited_protocol import MAX_CONNECTIONS, LimitedProtocol

SHUTDOWN_GRACE_S = 3
"""Time that requests in progress get to finish when the server shuts down."""
SPARE_FILES = 500
"""Files besides connections: databases, YAML, modules, probes."""
MAX_SOCKET_MESSAGE_BYTES = 1 << 20
"""Largest message of a WebSocket; only the Dagster UI has some."""


def server_config(
    app: ASGIApp, host: str, port: int, trusted_proxies: Sequence[str] = ()
) -> uvicorn.Config:
    """Configuration of a server with our limits.

    Args:
        app: The app.
        host: Address to listen on.
        port: Port to listen on.
        trusted_proxies: Addresses of proxies whose ``X-Forwarded-For`` is believed.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        http=LimitedProtocol,
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
    )


def _allow_connections() -> None:
    """Raises this process's own limit of open files, as far as the system lets it.

    Usual is 1,024; a connection is one, and the databases need some. Children keep the limit that
    they are started with (``sandbox``).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + SPARE_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Server(uvicorn.Server):
    """Server of one app."""

    def __init__(
        self,
        app: FastAPI,
        host: str = "127.0.0.1",
        port: int = 8000,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        """Configures the server; :meth:`run` opens the port.

        Args:
            app: The app.
            host: Address to listen on.
            port: Port to listen on.
            trusted_proxies: Addresses of proxies whose ``X-Forwarded-For`` is believed.
        """
        self._app = app
        super().__init__(server_config(app, host, port, trusted_proxies))

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves until interrupted.

        Objects loaded so far live as long as the process: freezing them spares the garbage
        collector from scanning them again at every evaluation.
        """
        _allow_connections()
        gc.collect()
        gc.freeze()
        super().run(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the event streams, then the server; clients of a stream reconnect and resume."""
        for queue in tuple(self._app.state.event_queues):
            queue.close()
        await super().shutdown(sockets)
