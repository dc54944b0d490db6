import fcntl
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from dataflow_health.settings import Settings
from dataflow_health.storage.files import lineage_outbox
from dataflow_health_tests import installation

AT = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
pytestmark = pytest.mark.server


class Receiver(HTTPServer):
    """A receiver of events on loopback; each answer has the next status, at last 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.received: list[tuple[str, str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, self.headers.get("Authorization", ""), body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def filled(home: Path, url: str, count: int = 3) -> Settings:
    chosen = installation.settings(home, openlineage_url=url, openlineage_key="k3y")
    for number in range(count):
        lineage_outbox.add(chosen, json.dumps({"n": number}), AT + timedelta(seconds=number))
    return chosen


def test_events_are_sent_in_order_with_the_key(tmp_path: Path, receiver: Receiver) -> None:
    chosen = filled(tmp_path, receiver.url)
    assert lineage_outbox.deliver(chosen) == 3
    assert receiver.received == [("/api/v1/lineage", "Bearer k3y", {"n": n}) for n in range(3)]
    assert lineage_outbox.waiting(chosen) == []
    assert lineage_outbox.deliver(chosen) == 0


def test_events_wait_while_the_receiver_does_not_answer_or_is_busy(
    tmp_path: Path, receiver: Receiver
) -> None:
    chosen = filled(tmp_path, "http://127.0.0.1:9")
    assert lineage_outbox.deliver(chosen) == 0
    assert lineage_outbox.added_at_s(lineage_outbox.waiting(chosen)[0]) == AT.timestamp()
    back = installation.settings(tmp_path, openlineage_url=receiver.url)
    receiver.statuses = [200, 503]
    assert lineage_outbox.deliver(back) == 1
    receiver.statuses = [401]
    assert lineage_outbox.deliver(back) == 0
    assert lineage_outbox.deliver(back) == 2
    assert [body["n"] for *_, body in receiver.received] == [0, 1, 1, 1, 2]


def test_an_event_that_the_receiver_refuses_is_put_aside(
    tmp_path: Path, receiver: Receiver
) -> None:
    chosen = filled(tmp_path, receiver.url)
    receiver.statuses = [400]
    assert lineage_outbox.deliver(chosen) == 3
    assert [json.loads(each.read_text()) for each in lineage_outbox.refused(chosen)] == [{"n": 0}]
    assert lineage_outbox.waiting(chosen) == []


def test_a_file_gets_one_event_a_line(tmp_path: Path) -> None:
    file = tmp_path / "out" / "events.jsonl"
    chosen = filled(tmp_path, file.as_uri())
    lineage_outbox.deliver(chosen)
    lineage_outbox.add(chosen, '{"n": 3}', AT)
    lineage_outbox.deliver(chosen)
    assert [json.loads(line)["n"] for line in file.read_text().splitlines()] == [0, 1, 2, 3]


def test_one_process_at_a_time_sends(tmp_path: Path, receiver: Receiver) -> None:
    chosen = filled(tmp_path, receiver.url)
    with (lineage_outbox.folder(chosen) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert lineage_outbox.deliver(chosen) == 0
    assert lineage_outbox.deliver(chosen) == 3


def test_of_too_many_events_the_oldest_go(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage_outbox, "MOST", 2)
    chosen = filled(tmp_path, receiver.url)
    lineage_outbox.deliver(chosen)
    assert [body["n"] for *_, body in receiver.received] == [1, 2]
