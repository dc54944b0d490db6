"""An HTTP proxy on loopback that breaks, delays and refuses requests to an object store.

The client and the store are real; only the network between them is not to be relied on.
"""

import http.client
import http.server
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal[
    "slow_down",
    "unavailable",
    "error",
    "reset",
    "reset_in_answer",
    "lost_answer",
    "delay",
    "hang",
    "denied",
    "wrong_key",
    "wrong_secret",
    "no_bucket",
]
"""What happens to a request: the answers 503 SlowDown, 503 without a body and 500; a connection
that is reset before the store gets it, in the middle of its answer, or after the store did it; an
answer after a second; none at all; the refusals of wrong keys, missing rights and buckets."""

Choose = Callable[[int, str, str], Fault | None]

FAULTS: tuple[Fault, ...] = (
    "slow_down", "unavailable", "error", "reset", "reset_in_answer", "lost_answer", "delay"
)  # fmt: skip
"""All faults that a retry mends."""
_STATUS: dict[Fault, tuple[int, str]] = {
    "slow_down": (503, "SlowDown"),
    "unavailable": (503, ""),
    "error": (500, "InternalError"),
    "denied": (403, "AccessDenied"),
    "wrong_key": (403, "InvalidAccessKeyId"),
    "wrong_secret": (403, "SignatureDoesNotMatch"),
    "no_bucket": (404, "NoSuchBucket"),
}
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends a reset."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the proxy saw it.

    Attributes:
        method: ``GET``, ``PUT``, ...
        path: Path and query.
        fault: What happened to it; None when it was passed on.
    """

    method: str
    path: str
    fault: Fault | None

    @property
    def is_list(self) -> bool:
        """Whether it lists a bucket."""
        return self.method == "GET" and ("list-type=" in self.path or "prefix=" in self.path)


@dataclass
class FaultyProxy:
    """The proxy while it runs.

    Attributes:
        url: Its URL.
        choose: Returns the fault of a request by its number, method and path; None for no fault.
        seen: All requests, in order.
    """

    url: str
    choose: Choose
    seen: list[Request] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, method: str, path: str) -> Fault | None:
        """Chooses the fault of a request, and remembers both."""
        with self._lock:
            fault = self.choose(len(self.seen), method, path)
            self.seen.append(Request(method, path, fault))
        return fault

    def count(self, method: str) -> int:
        """Number of requests with a method so far."""
        return sum(each.method == method for each in self.seen)


class _Handler(http.server.BaseHTTPRequestHandler):
    """Passes requests on; :func:`faulty_proxy` gives it the server and the proxy."""

    protocol_version = "HTTP/1.1"
    host = ""
    port = 0
    proxy: FaultyProxy

    def handle_request(self) -> None:
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        except OSError:  # the client has gone
            self.close_connection = True
            return
        fault = self.proxy.begin(self.command, self.path)
        if fault in _STATUS:
            self._refuse(*_STATUS[fault])
        elif fault in ("hang", "reset"):
            self.proxy.ended.wait(120 if fault == "hang" else 0)
            self._reset()
        else:
            self._pass_on(body, fault)

    def _refuse(self, status: int, code: str) -> None:
        content = f"<Error><Code>{code}</Code><Message>-</Message></Error>" if code else ""
        self._answer(status, [("Content-Length", str(len(content)))], content.encode())

    def _pass_on(self, body: bytes, fault: Fault | None) -> None:
        if fault == "delay":
            self.proxy.ended.wait(1)
        with closing(http.client.HTTPConnection(self.host, self.port)) as onward:
            onward.request(self.command, self.path, body, dict(self.headers))
            reply = onward.getresponse()
            content = reply.read()
        headers = reply.getheaders()
        if reply.chunked:  # which it is not any more
            headers = [each for each in headers if each[0].lower() != "transfer-encoding"]
            headers.append(("Content-Length", str(len(content))))
        if fault == "reset_in_answer":
            content = content[: len(content) // 2]
        if fault != "lost_answer":
            self._answer(reply.status, headers, content)
        if fault in ("lost_answer", "reset_in_answer"):
            self._reset()

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        with suppress(OSError):  # the client may have gone
            self.end_headers()
            self.wfile.write(content)

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_request  # noqa: N815

    def log_message(self, *_given: object) -> None:
        pass


@contextmanager
def faulty_proxy(
    server: str, choose: Choose = lambda _number, _method, _path: None
) -> Iterator[FaultyProxy]:
    """Passes requests on to an HTTP server, with faults.

    Args:
        server: URL of the server.
        choose: As :attr:`FaultyProxy.choose`.
    """
    host, port = server.removeprefix("http://").split(":")
    handler = type("Handler", (_Handler,), {"host": host, "port": int(port)})
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    proxy = FaultyProxy(f"http://127.0.0.1:{running.server_address[1]}", choose)
    handler.proxy = proxy
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        running.shutdown()
        running.server_close()
