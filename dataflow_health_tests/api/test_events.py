import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataflow_health.api.app import create_app
from dataflow_health.client import Client, Event
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene

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


def collected(url: str, last_id: int | None = None) -> tuple[list[Event], threading.Thread]:
    events: list[Event] = []

    def read() -> None:
        with Client(url) as api:
            for event in api.events(last_id):
                events.append(event)
                if event.data.get("process") == "stop":
                    return

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return events, thread


def until(what: Any, within_s: float = PROMISED_S) -> None:
    begun_s = time.monotonic()
    while not what():
        assert time.monotonic() - begun_s < within_s
        time.sleep(0.02)


def test_a_change_is_told_to_who_listens_and_can_be_resumed(url: str, chosen: Settings) -> None:
    with Client(url) as api:
        until(lambda: api.status().find("landing_folder").status == "HEALTHY")
    events, _ = collected(url)
    until(lambda: events and events[0].kind == "board")
    assert events[0].data["processes"]["landing_folder"] == "HEALTHY"
    (chosen.home / "landing").rmdir()
    until(lambda: "landing_folder" in [each.data.get("process") for each in events])
    (failed,) = [each for each in events if each.data.get("process") == "landing_folder"]
    assert (failed.kind, failed.data["before"], failed.data["after"]) == (
        "transition", "HEALTHY", "FAILED",
    )  # fmt: skip
    again, _ = collected(url, failed.id - 1)
    until(lambda: failed in again)
    later, _ = collected(url, failed.id)
    until(lambda: bool(later))
    assert failed not in later


def test_what_is_there_is_given_and_the_stream_ends_when_not_followed(url: str) -> None:
    import httpx

    with Client(url) as api:
        until(lambda: api.status().find("landing_folder").status == "HEALTHY")
    time.sleep(1.5)
    headers = {"Last-Event-ID": "0"}
    answer = httpx.get(f"{url}/api/v1/events", params={"follow": False}, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in answer.text.split("\n\n") if block]
    ids = [int(line[4:]) for block in blocks for line in block.splitlines() if line[:4] == "id: "]
    assert ids == sorted(ids)
    datas = [line[6:] for block in blocks for line in block.splitlines() if line[:6] == "data: "]
    assert {json.loads(data)["process"] for data in datas[1:]} >= {"parse", "load"}
