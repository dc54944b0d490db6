import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dataflow_health.api.app import create_app
from dataflow_health.client import Client, StreamEvent
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene
from dataflow_health_tests.waiting import wait_until

PROMISED_S = 5.0


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").mkdir()
    return scene.settings(tmp_path)


@pytest.fixture
def url(chosen: Settings) -> Iterator[str]:
    """The API as it runs: a real server, real probes."""
    with scene.served(create_app(chosen)) as where:
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


def test_a_change_is_told_to_who_listens_and_can_be_resumed(url: str, chosen: Settings) -> None:
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


def test_what_is_there_is_given_and_the_stream_ends_when_not_followed(url: str) -> None:
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
