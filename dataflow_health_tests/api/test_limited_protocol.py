import socket
import threading
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request

from dataflow_health.api import limited_protocol
from dataflow_health.api.server import Server
from dataflow_health_tests.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.server


@pytest.fixture
def address(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(limited_protocol, "HEAD_WITHIN_S", 0.3)
    monkeypatch.setattr(limited_protocol, "MAX_CONNECTIONS", 2)
    app = FastAPI()
    app.state.event_queues = set()

    @app.get("/")
    def client(request: Request) -> str:
        return request.client.host if request.client else ""

    server = Server(app, trusted_proxies=getattr(request, "param", ()))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield listening.getsockname()
    server.should_exit = True
    thread.join(LIMIT_S)


def answer(address: tuple[str, int], sent: bytes) -> bytes:
    """All that the server sends until it closes the connection."""
    with socket.create_connection(address, LIMIT_S) as connection:
        connection.sendall(sent)
        found = b""
        try:
            while part := connection.recv(65536):
                found += part
        except ConnectionResetError:
            pass
        return found


GET = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow"])
def test_a_connection_without_complete_headers_is_closed(
    address: tuple[str, int], sent: bytes
) -> None:
    assert answer(address, sent) == b""


def test_headers_that_are_too_long_are_no_request(address: tuple[str, int]) -> None:
    long = b"X: " + b"a" * limited_protocol.MAX_HEAD_BYTES
    assert (
        answer(address, GET.replace(b"\r\nConnection", b"\r\n" + long + b"\r\nConnection")) == b""
    )


def test_one_connection_too_many_is_closed_and_the_others_are_served(
    address: tuple[str, int],
) -> None:
    with socket.create_connection(address), socket.create_connection(address):
        assert answer(address, GET) == b""
    wait_until(lambda: answer(address, GET).startswith(b"HTTP/1.1 200"))


@pytest.mark.parametrize(
    ("address", "seen"), [((), b"127.0.0.1"), (("127.0.0.1",), b"192.0.2.7")], indirect=["address"]
)
def test_a_forwarded_address_is_believed_from_a_declared_proxy_only(
    address: tuple[str, int], seen: bytes
) -> None:
    assert seen in answer(address, GET)
