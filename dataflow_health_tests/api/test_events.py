import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.sse import ServerSentEvent
from sqlalchemy import Engine

from dataflow_health.api.app import create_app
from dataflow_health.api.events import MAX_PENDING, EventQueue, event_stream
from dataflow_health.client import Client, StreamEvent
from dataflow_health.settings import Settings
from dataflow_health.storage.records import status_changes
from dataflow_health.storage.records.status_changes import StatusChangeRow, append, writing_in_order
from dataflow_health_tests import installation
from dataflow_health_tests.api import token_factory
from dataflow_health_tests.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.server

PROMISED_S = 5.0


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").mkdir()
    return installation.settings(tmp_path)


@pytest.fixture
def url(chosen: Settings) -> Iterator[str]:
    """The API as it runs: a real server, real probes."""
    with installation.served(create_app(chosen)) as where:
        yield where


def collected(url: str, last_id: int | None = None) -> tuple[list[StreamEvent], threading.Thread]:
    events: list[StreamEvent] = []

    def read() -> None:
        with Client(url) as api:
            for event in api.events(last_id):
                events.append(event)
                if event.data.get("process") == "stop":
                    return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return events, thread


def test_a_client_gets_changes_and_resumes_after_the_last_event(url: str, chosen: Settings) -> None:
    with Client(url) as api:
        wait_until(lambda: api.status().find("landing_folder").status == "HEALTHY")
    events, _ = collected(url)
    wait_until(lambda: events and events[0].kind == "status")
    assert events[0].data["processes"]["landing_folder"] == "HEALTHY"
    (chosen.home / "landing").rmdir()
    wait_until(lambda: "landing_folder" in [each.data.get("process") for each in events])
    (failed,) = [each for each in events if each.data.get("process") == "landing_folder"]
    assert (failed.kind, failed.data["before"], failed.data["after"]) == (
        "status_change", "HEALTHY", "FAILED",
    )  # fmt: skip
    again, _ = collected(url, failed.id - 1)
    wait_until(lambda: failed in again)
    later, _ = collected(url, failed.id)
    wait_until(lambda: bool(later))
    assert failed not in later


@pytest.mark.timing
def test_a_change_reaches_the_client_within_five_seconds(url: str, chosen: Settings) -> None:
    with Client(url) as api:
        wait_until(lambda: api.status().find("landing_folder").status == "HEALTHY")
    events, _ = collected(url)
    wait_until(lambda: bool(events))
    (chosen.home / "landing").rmdir()
    changed = {"landing_folder"}
    wait_until(lambda: changed & {each.data.get("process") for each in events}, limit_s=PROMISED_S)


def test_without_follow_the_stream_sends_past_changes_and_ends(url: str) -> None:
    with Client(url) as api:
        wait_until(lambda: api.status().find("landing_folder").status == "HEALTHY")
    headers = {"Last-Event-ID": "0"}

    def stream() -> httpx.Response:
        return httpx.get(f"{url}/api/v1/events", params={"follow": False}, headers=headers)

    def values(key: str) -> list[str]:
        lines = stream().text.splitlines()
        return [line.removeprefix(key) for line in lines if line.startswith(key)]

    def saved() -> bool:
        return {json.loads(each)["process"] for each in values("data: ")[1:]} >= {"parse", "load"}

    wait_until(saved)
    assert stream().headers["content-type"].startswith("text/event-stream")
    ids = [int(each) for each in values("id: ")]
    assert ids == sorted(ids)


def save_changes(engine: Engine, *processes: str) -> list[StatusChangeRow]:
    """Saves one change to FAILED per process, and returns all that are in the history."""
    rows = [
        StatusChangeRow(
            name, "HEALTHY", "FAILED", "broken", installation.NOW, f"{number} {name}", {}
        )
        for number, name in enumerate(processes)
    ]
    with writing_in_order(engine) as connection:
        append(connection, rows)
    return status_changes.read_after(engine, 0)


def not_in_history(process: str, change_id: int) -> StatusChangeRow:
    """A change that only the queue can deliver."""
    return StatusChangeRow(
        process, "HEALTHY", "FAILED", "broken", installation.NOW, process, {}, id=change_id
    )


def run(client: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(client, LIMIT_S))


def sent(event: ServerSentEvent) -> tuple[str | None, str]:
    return event.id, event.data["process"]


def test_a_change_that_was_sent_from_the_history_is_not_sent_again(chosen: Settings) -> None:
    engine = installation.filled(chosen)

    async def client() -> None:
        queues: set[EventQueue] = set()
        stream = event_stream(installation.monitor(chosen), queues, 0, follow=True)
        await anext(stream)
        (queue,) = queues
        queue.put(save_changes(engine, "parse", "load"))
        queue.put([not_in_history("spark", 3)])
        assert sent(await anext(stream)) == ("1", "parse")
        assert sent(await anext(stream)) == ("2", "load")
        assert sent(await anext(stream)) == ("3", "spark")
        await stream.aclose()
        assert queues == set()

    run(client())


def test_a_client_that_resumes_gets_only_changes_after_its_last_event(chosen: Settings) -> None:
    engine = installation.filled(chosen)
    changes = save_changes(engine, "parse", "load", "spark")

    async def client() -> None:
        queues: set[EventQueue] = set()
        stream = event_stream(installation.monitor(chosen), queues, changes[1].id, follow=True)
        first = await anext(stream)
        assert (first.event, first.id) == ("status", str(changes[1].id))
        (queue,) = queues
        queue.put(changes)
        queue.put([not_in_history("store", 4)])
        assert sent(await anext(stream)) == ("3", "spark")
        assert sent(await anext(stream)) == ("4", "store")
        await stream.aclose()

    run(client())


def test_a_change_that_is_not_saved_yet_carries_the_last_known_id(chosen: Settings) -> None:
    engine = installation.filled(chosen)
    (saved,) = save_changes(engine, "parse")
    unsaved = StatusChangeRow("load", "HEALTHY", "BLOCKED", "waits", installation.NOW, "1", {})

    async def client() -> None:
        queues: set[EventQueue] = set()
        stream = event_stream(installation.monitor(chosen), queues, saved.id, follow=True)
        await anext(stream)
        (queue,) = queues
        queue.put([unsaved])
        assert sent(await anext(stream)) == (str(saved.id), "load")
        await stream.aclose()

    run(client())


def test_the_queue_of_a_client_that_is_too_slow_is_closed() -> None:
    async def client() -> None:
        queue = EventQueue(asyncio.get_running_loop())
        for _ in range(MAX_PENDING):
            queue.put(())
        await asyncio.sleep(0)
        assert not queue.is_closed
        queue.put(())
        await asyncio.sleep(0)
        assert queue.is_closed

    run(client())


def test_closing_the_queue_ends_the_stream(chosen: Settings) -> None:
    installation.filled(chosen).dispose()

    async def client() -> None:
        queues: set[EventQueue] = set()
        stream = event_stream(installation.monitor(chosen), queues, None, follow=True)
        await anext(stream)
        (queue,) = queues
        queue.close()
        assert [event async for event in stream] == []

    run(client())


def test_the_stream_of_a_token_ends_when_the_token_expires(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    chosen = installation.settings(tmp_path, **token_factory.token_fields(tmp_path))
    given = token_factory.token_for(3.0)  # long enough for a request; whole seconds count
    with installation.served(create_app(chosen)) as where:
        headers = {"Authorization": f"Bearer {given}"}
        with httpx.stream("GET", f"{where}/api/v1/events", headers=headers, timeout=LIMIT_S) as got:
            assert got.status_code == httpx.codes.OK
            lines = list(got.iter_lines())
        assert "event: status" in lines
        assert httpx.get(f"{where}/api/v1/events", headers=headers).status_code == 401
