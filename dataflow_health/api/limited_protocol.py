"""HTTP connections of the API with limits: their number, the size of headers, and time for them."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_CONNECTIONS = 2000
"""Connections at a time: a thousand pages with a stream and a request each. Further ones are closed
at once."""

MAX_HEAD_BYTES = 32 << 10
"""Bytes of a request's address and headers."""

HEAD_WITHIN_S = 15.0
"""Seconds within which the headers of a request must be complete."""


class LimitedProtocol(HttpToolsProtocol):
    """A connection that is closed when it is one too many, too slow or too talkative."""

    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the first request."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.close()
        else:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begins to wait for the headers of one more request."""
        self._wait_for_head()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Counts the address."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Counts a header."""
        self._count(name + value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stops waiting; headers that are too long begin no request."""
        self._stop_waiting()
        if self._head_bytes <= MAX_HEAD_BYTES:
            super().on_headers_complete()

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._head_bytes = 0
        self._deadline = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _count(self, part: bytes) -> None:
        self._head_bytes += len(part)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()
