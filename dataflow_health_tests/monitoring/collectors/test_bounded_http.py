import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dataflow_health.errors import SystemUnavailable
from dataflow_health.monitoring.collectors import bounded_http
from dataflow_health_tests.monitoring.collectors.recorded import serving
from dataflow_health_tests.monitoring.probes.probing import closed_port, tcp_server


def ask(url: str, within_s: float = 60.0, token: str = "") -> object:
    """Answer at a path of a server."""
    with bounded_http.opened(url, within_s, {"token": "hunter2222"}) as http:
        if token:
            http.authorize(token)
        return http.get("/x", q="1")


def test_an_answer_is_json_and_nothing_is_none() -> None:
    with serving(lambda *_: (200, {"a": 1})) as url:
        assert ask(url) == {"a": 1}
    with serving(lambda *_: (404, {})) as url:
        assert ask(url) is None


def test_a_redirect_is_not_followed_and_gets_no_token() -> None:
    asked: list[str] = []

    def elsewhere(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        asked.append(headers.get("authorization", ""))
        return 200, "{}"

    with serving(elsewhere) as other, serving(lambda *_: (302, f"{other}/login")) as url:  # noqa: SIM117
        with pytest.raises(SystemUnavailable, match="leads elsewhere"):
            ask(url, token="hunter2222")
    assert asked == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, "{}", "refused with status 401: see user, password and token"),
        (500, "{}", "status 500"),
        (200, "<html>", "the answer is not JSON"),
        (200, "[" * 200_000, "the answer is not JSON"),
        (200, json.dumps("x" * (bounded_http.MOST_BYTES + 1)), "longer than 8388608 bytes"),
    ],
)
def test_other_answers_say_what_is_wrong(status: int, body: str, reason: str) -> None:
    with serving(lambda *_: (status, body)) as url, pytest.raises(SystemUnavailable, match=reason):
        ask(url)


def test_a_server_that_is_gone_or_silent_is_given_up() -> None:
    with pytest.raises(SystemUnavailable, match="ConnectError"):
        ask(f"http://{closed_port()}")
    with tcp_server(hangs=True) as place, pytest.raises(SystemUnavailable, match="ReadTimeout"):
        ask(f"http://{place}", within_s=0.3)


@contextmanager
def dripping() -> Iterator[str]:
    """A server that sends one byte after the other and never ends."""
    ends = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not ends.wait(0.02):
                connection.sendall(b" ")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ends.set()
        thread.join()
        listener.close()


@pytest.mark.slow
def test_a_server_that_drips_is_given_up_at_the_end_of_the_time() -> None:
    with dripping() as url, pytest.raises(SystemUnavailable, match="does not end in time"):
        ask(url, within_s=0.5)


def test_no_further_request_starts_once_the_time_or_their_number_is_used_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(lambda *_: (200, {})) as url:
        with bounded_http.opened(url, 0.01) as http:
            time.sleep(0.02)
            with pytest.raises(SystemUnavailable, match="no time is left"):
                http.get("/x")
        monkeypatch.setattr(bounded_http, "MOST_REQUESTS", 1)
        with bounded_http.opened(url, 60) as http:
            http.get("/x")
            with pytest.raises(SystemUnavailable, match="no time is left"):
                http.get("/x")
